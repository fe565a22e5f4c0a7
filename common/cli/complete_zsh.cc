// Specifications for zsh's own _arguments function (zshcompsys(1)), which has every form of option
// that ours can take.
#include <fmt/format.h>

#include "cli/complete.h"

namespace cli {
namespace {

constexpr std::string_view kHead = R"(#compdef @NAME@
# zsh completion for @NAME@, made by `@NAME@ --generate=zsh`

)";

constexpr std::string_view kCommand = R"(# After -- stands a command line of its own.
integer dashes=${words[(i)--]}
if (( CURRENT > dashes )); then
  shift dashes words
  (( CURRENT -= dashes ))
  _normal
  return
fi

)";

std::string quote(std::string_view text) {
  return fmt::format("'{}'", replace_all(std::string(text), "'", "'\\''"));
}

// Within brackets, and between colons.
std::string escape_part(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\' || c == ':' || c == '[' || c == ']') out += '\\';
    out += c;
  }
  return out;
}

std::string action(const Tool& tool, const Option& option) {
  if (const std::string words = offered_words(tool, option); !words.empty()) {
    return fmt::format("({})", words);
  }
  switch (option.offers) {
    case Offers::nothing: break;
    case Offers::file: return "_files";
    case Offers::directory: return "_files -/";
    case Offers::at_file: return "{ compset -P @ && _files }";
  }
  return " ";  // shows the value's name, and offers nothing
}

// How often an option may be given: any number of times, or once in either spelling.
std::string repetition(const Option& option) {
  if (option.takes == Takes::many) return "*";
  if (option.letter == 0) return {};
  return fmt::format("(-{} --{})", option.letter, option.name);
}

// One way to write an option, as a word of the array.
std::string specification(const Tool& tool, const Option& option, bool letter) {
  std::string out = repetition(option);
  const std::string value = fmt::format("{}:{}", escape_part(option.arg), action(tool, option));
  const std::string help = fmt::format("[{}]", escape_part(option.help));
  out += letter ? fmt::format("-{}", option.letter) : fmt::format("--{}", option.name);
  switch (option.takes) {
    case Takes::none: out += help; break;
    case Takes::one:
    case Takes::many: out += fmt::format("{}{}:{}", letter ? '+' : '=', help, value); break;
    case Takes::attached: out += letter ? help : fmt::format("=-{}::{}", help, value); break;
    case Takes::if_any: out += fmt::format("{}{}::{}", letter ? '+' : '=', help, value); break;
  }
  return fmt::format("  {}\n", quote(out));
}

}  // namespace

std::string zsh_completion(const Tool& tool) {
  std::string out = replace(kHead, {{"@NAME@", std::string(tool.name)}});
  if (tool.takes_command) out += kCommand;
  out += "local -a specifications=(\n";
  for (const Option* option : visible_options(tool)) {
    if (option->letter != 0) out += specification(tool, *option, true);
    out += specification(tool, *option, false);
  }
  if (tool.max_operands > 0) {
    // Named only while it is being typed: otherwise the message would keep options from being
    // completed at once.
    const std::string name = escape_part(tool.operand);
    out += fmt::format("  {}\n", quote(fmt::format("{}:{}:_guard \"^-*\" {}",
                                                   tool.max_operands > 1 ? "*" : "", name, name)));
  }
  return out + ")\n_arguments -s -S : $specifications\n";
}

}  // namespace cli
