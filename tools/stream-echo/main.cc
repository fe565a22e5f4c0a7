// stream-echo: a WebSocket echo server to test clients against.
#include <unistd.h>

#include <span>

#include "cli/exit.h"
#include "cli/help.h"
#include "cli/parse.h"
#include "cli/term.h"
#include "fault.h"
#include "net/stdio.h"
#include "options.h"
#include "program.h"

namespace {

int usage_error(cli::Talk& talk, const Error& error) {
  talk.error(error.message, error.hint);
  return to_int(cli::Exit::usage);
}

int print(const std::string& text) {
  return to_int(cli::print(text) ? cli::Exit::ok : cli::Exit::write);
}

}  // namespace

int main(int argc, char** argv) {
  net::fill_standard_descriptors();
  cli::Talk talk(stream_echo::kTool.name, false);
  talk.set_look(cli::look_of(STDERR_FILENO, cli::ColorMode::automatic));

  const std::span<const char* const> words(argv, static_cast<std::size_t>(argc));
  const auto parsed = cli::parse(stream_echo::kTool, words.subspan(argc > 0 ? 1 : 0));
  if (!parsed) return usage_error(talk, parsed.error());
  if (const auto topic = parsed->last("help")) {
    if (*topic == "faults") return print(stream_echo::fault_help());
    const auto text = cli::help(stream_echo::kTool, *topic);
    return text ? print(*text) : usage_error(talk, text.error());
  }
  if (parsed->has("version")) return print(cli::version(stream_echo::kTool));

  const auto args = stream_echo::read_args(*parsed);
  if (!args) return usage_error(talk, args.error());
  return stream_echo::Program(*args, talk).run();
}
