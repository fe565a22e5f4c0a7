// sse-tail: tail -f for an event stream (Server-Sent Events).

#include <fcntl.h>
#include <unistd.h>

#include <memory>
#include <span>

#include "cli/docs.h"
#include "cli/help.h"
#include "cli/parse.h"
#include "cli/term.h"
#include "id_file.h"
#include "measure.h"
#include "net/loop.h"
#include "net/recorder.h"
#include "net/socket.h"
#include "net/stdio.h"
#include "options.h"
#include "runs.h"

namespace sse_tail {
namespace {

int usage_error(cli::Talk& talk, const Error& error, cli::Exit exit = cli::Exit::usage) {
  talk.error(error.message, error.hint);
  return to_int(exit);
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

/// What has to be right before anything is requested.
Result<void> check_outputs(const Args& args, bool stdout_open) {
  const bool writes_out =
      args.write_out && Measure(args).write_out(to_int(cli::Exit::usage), false).to_stdout;
  const bool prints = args.each.empty() || args.to || writes_out;
  if (prints && !stdout_open) return Error{"cannot write to standard output: it is closed", {}};
  if (args.id_file.empty()) return {};
  return check_id_file(args.id_file);
}

int run(const Args& args, cli::Talk& talk) {
  net::ignore_sigpipe();
  net::Loop loop;
  auto recorder = open_recorder(loop, args);
  if (!recorder) return usage_error(talk, recorder.error(), cli::Exit::write);
  if (*recorder != nullptr) {
    (*recorder)->on_failed([&](const Error& error) { talk.error(error.message, error.hint); });
  }
  return run_all(loop, args, talk, recorder->get());
}

}  // namespace
}  // namespace sse_tail

int main(int argc, char** argv) {
  using namespace sse_tail;
  const bool stdout_open = fcntl(STDOUT_FILENO, F_GETFD) >= 0;
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
  if (const auto good = check_outputs(args, stdout_open); !good) {
    return usage_error(talk, good.error(), cli::Exit::write);
  }
  return run(args, talk);
}
