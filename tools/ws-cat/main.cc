// ws-cat: a WebSocket client for a terminal, a pipe or a script.

#include <unistd.h>

#include <csignal>
#include <memory>
#include <span>

#include "cli/docs.h"
#include "cli/help.h"
#include "cli/parse.h"
#include "cli/term.h"
#include "net/loop.h"
#include "net/recorder.h"
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

/// Formats with unescaped bytes of the server's between our own.
bool upsets_terminal(const Args& args) {
  const bool bytes = args.to == Format::wire || args.to == Format::len32;
  return bytes && cli::look_of(STDOUT_FILENO, args.talk.color).terminal;
}

/// nullptr without --record.
Result<std::unique_ptr<net::Recorder>> open_recorder(net::Loop& loop, const Args& args) {
  if (args.talk.record.empty()) return std::unique_ptr<net::Recorder>();
  const rec::Header header{
      .tool = cli::name_and_version(kTool), .side = rec::Side::client, .url = args.url.text()};
  return net::Recorder::open(
      loop, args.talk.record, header,
      args.talk.record_secrets ? rec::Secrets::kept : rec::Secrets::overwritten);
}

/// A recording that is not complete is a failure of its own, if there is no other.
int exit_code(const Session& session, net::Recorder* recorder) {
  if (recorder != nullptr) recorder->flush();
  const bool incomplete = recorder != nullptr && recorder->failed();
  if (session.exit_code() != 0 || !incomplete) return session.exit_code();
  return to_int(cli::Exit::write);
}

int run(const Args& args, cli::Talk& talk) {
  if (upsets_terminal(args)) {
    return usage_error(talk, {"option --to: these bytes can upset a terminal",
                              "redirect them, or pipe them into xxd"});
  }
  net::ignore_sigpipe();
  net::Loop loop;
  auto recorder = open_recorder(loop, args);
  if (!recorder) {
    talk.error(recorder.error().message, recorder.error().hint);
    return to_int(cli::Exit::write);
  }
  if (*recorder != nullptr) {
    (*recorder)->on_failed([&](const Error& error) { talk.error(error.message, error.hint); });
  }
  Session session(loop, args, talk, recorder->get());
  const net::Signal interrupt(loop, SIGINT, [&] { session.interrupt(); });
  session.start();
  loop.run();
  if (args.stats) talk.report(session.stats());
  return exit_code(session, recorder->get());
}

}  // namespace
}  // namespace ws_cat

int main(int argc, char** argv) {
  using namespace ws_cat;
  net::fill_standard_descriptors();
  cli::Talk usage_talk(kTool.name, false);
  usage_talk.set_look(cli::look_of(STDERR_FILENO, cli::ColorMode::automatic));

  const std::span<const char* const> words(argv, static_cast<std::size_t>(argc));
  const auto parsed = cli::parse(kTool, words.subspan(argc > 0 ? 1 : 0));
  if (!parsed) return usage_error(usage_talk, parsed.error());
  if (const auto exit = cli::tell_about_itself(kTool, *parsed, usage_talk)) return to_int(*exit);

  const auto read = read_args(*parsed);
  if (const auto* error = std::get_if<cli::ArgsError>(&read)) {
    return usage_error(usage_talk, error->error, error->exit);
  }
  const Args& args = std::get<Args>(read);
  cli::Talk talk(kTool.name, args.talk.silent);
  talk.set_look(cli::look_of(STDERR_FILENO, args.talk.color));
  talk.set_verbosity(args.talk.verbosity);
  return run(args, talk);
}
