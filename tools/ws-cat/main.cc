// ws-cat: a WebSocket client for a terminal, a pipe or a script.

#include <unistd.h>

#include <csignal>
#include <span>

#include "cli/help.h"
#include "cli/term.h"
#include "net/loop.h"
#include "net/socket.h"
#include "net/stdio.h"
#include "options.h"
#include "session.h"

namespace ws_cat {
namespace {

int usage_error(cli::Talk& talk, const Error& error, cli::Exit exit = cli::Exit::usage) {
  talk.error(error.message, error.hint);
  return to_int(exit);
}

int print(const std::string& text) {
  return to_int(cli::print(text) ? cli::Exit::ok : cli::Exit::write);
}

/// Formats with unescaped bytes of the server's between our own.
bool upsets_terminal(const Args& args) {
  const bool bytes = args.to == Format::wire || args.to == Format::len32;
  return bytes && cli::look_of(STDOUT_FILENO, args.color).terminal;
}

int run(const Args& args, cli::Talk& talk) {
  if (upsets_terminal(args)) {
    return usage_error(talk, {"option --to: these bytes can upset a terminal",
                              "redirect them, or pipe them into xxd"});
  }
  net::ignore_sigpipe();
  net::Loop loop;
  Session session(loop, args, talk);
  const net::Signal interrupt(loop, SIGINT, [&] { session.interrupt(); });
  session.start();
  loop.run();
  if (args.stats) talk.plain(session.stats());
  return session.exit_code();
}

}  // namespace
}  // namespace ws_cat

int main(int argc, char** argv) {
  using namespace ws_cat;
  net::fill_standard_descriptors();
  const std::span<const char* const> words(argv, static_cast<std::size_t>(argc));
  const auto parsed = parse_args(words.subspan(argc > 0 ? 1 : 0));
  if (const auto* error = std::get_if<ArgsError>(&parsed)) {
    cli::Talk talk(kTool.name, false);
    talk.set_look(cli::look_of(STDERR_FILENO, cli::ColorMode::automatic));
    return usage_error(talk, error->error, error->exit);
  }
  const Args& args = std::get<Args>(parsed);
  cli::Talk talk(kTool.name, args.silent);
  talk.set_look(cli::look_of(STDERR_FILENO, args.color));
  talk.set_verbosity(args.verbosity);
  if (args.help) {
    const auto text = cli::help(kTool, args.help_topic);
    return text ? print(*text) : usage_error(talk, text.error());
  }
  if (args.version) return print(cli::version(kTool));
  return run(args, talk);
}
