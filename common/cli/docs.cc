#include "cli/docs.h"

#include <string>
#include <string_view>

#include "base/result.h"
#include "cli/complete.h"
#include "cli/help.h"
#include "cli/man.h"
#include "cli/value.h"

namespace cli {
namespace {

Result<std::string> man_page_of_input(const Tool& tool) {
  const auto text = read_file("-");
  if (!text) return text.error();
  return man_page(tool, *text);
}

Result<std::string> generate(const Tool& tool, std::string_view kind) {
  const auto known = choice(*find_option(tool, "generate"), kind);
  if (!known) return known.error();
  if (kind == "bash") return bash_completion(tool);
  if (kind == "zsh") return zsh_completion(tool);
  if (kind == "fish") return fish_completion(tool);
  return man_page_of_input(tool);
}

}  // namespace

std::optional<Exit> tell_about_itself(const Tool& tool, const Parsed& parsed, Talk& talk) {
  Result<std::string> text = std::string();
  if (const auto topic = parsed.last("help")) {
    text = help(tool, *topic);
  } else if (parsed.has("version")) {
    text = version(tool);
  } else if (const auto kind = parsed.last("generate")) {
    text = generate(tool, *kind);
  } else {
    return std::nullopt;
  }
  if (!text) {
    talk.error(text.error().message, text.error().hint);
    return Exit::usage;
  }
  return print(*text) ? Exit::ok : Exit::write;
}

}  // namespace cli
