// A `complete` command for each option, in the language of fish 3.
#include <fmt/format.h>

#include "cli/complete.h"

namespace cli {
namespace {

constexpr std::string_view kHead = R"(# fish completion for @NAME@, made by `@NAME@ --generate=fish`

complete -c @NAME@ -f
)";

constexpr std::string_view kCommand = R"(
# After -- stands a command line of its own.
function __@IDENTIFIER@_command
    set -l words (commandline -opc)
    set -l dashes (contains -i -- -- $words); or return
    set -l command (string escape -- $words[(math $dashes + 1)..]) (commandline -ct)
    complete -C (string join -- ' ' $command)
end

complete -c @NAME@ -n 'contains -- -- (commandline -opc)' -a '(__@IDENTIFIER@_command)'
)";

constexpr std::string_view kAtFile = R"(
# A file after a leading @.
function __@IDENTIFIER@_at_file
    set -l name (string match -r -g -- '^(?:-.*=)?@(.*)' (commandline -ct)); or return
    string replace -r '^' '@' -- (__fish_complete_path "$name")
end

)";

std::string quote(std::string_view text) {
  std::string out = replace_all(std::string(text), "\\", "\\\\");
  return fmt::format("'{}'", replace_all(std::move(out), "'", "\\'"));
}

// The part of `complete` that tells about the value. -x: it must follow, and is no file.
std::string value(const Tool& tool, const Option& option) {
  if (option.takes == Takes::none) return {};
  const std::string_view needed = option.takes == Takes::attached ? "" : " -x";
  if (const std::string words = offered_words(tool, option); !words.empty()) {
    return fmt::format("{} -a {}", needed, quote(words));
  }
  switch (option.offers) {
    case Offers::nothing: break;
    case Offers::file: return " -r -F";
    case Offers::directory: return fmt::format("{} -a '(__fish_complete_directories)'", needed);
    case Offers::at_file: return fmt::format("{} -a '(__{}_at_file)'", needed, identifier(tool));
  }
  return std::string(needed);
}

bool has_at_file(const Tool& tool) {
  for (const Option* option : visible_options(tool)) {
    if (option->offers == Offers::at_file) return true;
  }
  return false;
}

}  // namespace

std::string fish_completion(const Tool& tool) {
  std::string out(kHead);
  if (tool.takes_command) out += kCommand;
  out += has_at_file(tool) ? kAtFile : "\n";
  out = replace(out, {{"@NAME@", std::string(tool.name)}, {"@IDENTIFIER@", identifier(tool)}});
  for (const Option* option : visible_options(tool)) {
    out += fmt::format("complete -c {}", tool.name);
    if (option->letter != 0) out += fmt::format(" -s {}", option->letter);
    out += fmt::format(" -l {}{} -d {}\n", option->name, value(tool, *option), quote(option->help));
  }
  return out;
}

}  // namespace cli
