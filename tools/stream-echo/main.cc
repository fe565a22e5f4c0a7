// stream-echo: a WebSocket echo server to test clients against.
#include <unistd.h>

#include <optional>
#include <span>

#include <fmt/format.h>

#include "cli/docs.h"
#include "cli/exit.h"
#include "cli/parse.h"
#include "cli/term.h"
#include "cli/value.h"
#include "fault.h"
#include "net/stdio.h"
#include "options.h"
#include "program.h"

namespace {

int usage_error(cli::Talk& talk, const Error& error) {
  talk.error(error.message, error.hint);
  return to_int(cli::Exit::usage);
}

/// Reads --fault-script into `args`; returns the exit code of a failure.
std::optional<cli::Exit> load_script(stream_echo::Args& args, cli::Talk& talk) {
  if (args.fault_script.empty()) return std::nullopt;
  const auto content = cli::read_file(args.fault_script);
  if (!content) {
    talk.error(content.error().message, content.error().hint);
    return cli::Exit::read;
  }
  auto script = stream_echo::parse_fault_script(*content);
  if (!script) {
    talk.error(fmt::format("{}: {}", cli::escape(args.fault_script, cli::Escape::line),
                           script.error().message),
               script.error().hint);
    return cli::Exit::usage;
  }
  args.server.faults.script = std::move(*script);
  return std::nullopt;
}

}  // namespace

int main(int argc, char** argv) {
  net::fill_standard_descriptors();
  cli::Talk talk(stream_echo::kTool.name, false);
  talk.set_look(cli::look_of(STDERR_FILENO, cli::ColorMode::automatic));

  const std::span<const char* const> words(argv, static_cast<std::size_t>(argc));
  const auto parsed = cli::parse(stream_echo::kTool, words.subspan(argc > 0 ? 1 : 0));
  if (!parsed) return usage_error(talk, parsed.error());
  // The fault words have a table of their own, which this topic shows.
  if (const auto exit = cli::tell_about_itself(stream_echo::kTool, *parsed, talk)) {
    return to_int(*exit);
  }

  auto args = stream_echo::read_args(*parsed);
  if (!args) return usage_error(talk, args.error());
  if (const auto failed = load_script(*args, talk)) return to_int(*failed);
  return stream_echo::Program(*args, talk).run();
}
