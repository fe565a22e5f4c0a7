// ws-cat: a WebSocket client for a terminal, a pipe or a script.

#include <fmt/format.h>
#include <unistd.h>

#include <csignal>

#include "cli/help.h"
#include "cli/term.h"
#include "net/loop.h"
#include "net/socket.h"
#include "options.h"
#include "session.h"

namespace {

int print_help(const Args& args, cli::Talk& talk) {
  const auto text = cli::help(kTool, args.help_topic);
  if (!text) {
    talk.error(text.error().message, text.error().hint);
    return to_int(cli::Exit::usage);
  }
  fmt::print("{}", *text);
  return to_int(cli::Exit::ok);
}

int run(const Args& args, cli::Talk& talk) {
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

int main(int argc, char** argv) {
  const auto parsed = parse_args({argv + 1, static_cast<std::size_t>(argc > 0 ? argc - 1 : 0)});
  if (const auto* error = std::get_if<ArgsError>(&parsed)) {
    cli::Talk talk(kTool.name, false);
    talk.set_look(cli::look_of(STDERR_FILENO, cli::ColorMode::automatic));
    talk.error(error->error.message, error->error.hint);
    return to_int(error->exit);
  }
  const Args& args = std::get<Args>(parsed);
  cli::Talk talk(kTool.name, args.silent);
  talk.set_look(cli::look_of(STDERR_FILENO, args.color));
  talk.set_verbosity(args.verbosity);
  if (args.help) return print_help(args, talk);
  if (args.version) {
    fmt::print("{}", cli::version(kTool));
    return to_int(cli::Exit::ok);
  }
  return run(args, talk);
}
