#include "cli/complete.h"

#include <algorithm>

#include "base/text.h"
#include "cli/help.h"

namespace cli {

std::vector<const Option*> visible_options(const Tool& tool) {
  std::vector<const Option*> options = all_options(tool);
  std::erase_if(options, [](const Option* option) { return option->group.empty(); });
  return options;
}

std::string offered_words(const Tool& tool, const Option& option) {
  if (option.name != "help") return std::string(option.words);
  std::string words = "all category";
  for (const std::string_view category : categories(tool)) {
    if (category.find(' ') != category.npos) continue;
    words += ' ';
    for (const char c : category) words += ascii_lower(c);
  }
  return words;
}

std::string identifier(const Tool& tool) {
  std::string name(tool.name);
  std::ranges::replace(name, '-', '_');
  return name;
}

std::string replace(std::string_view text, const Replacements& replacements) {
  std::string out(text);
  for (const auto& [what, with] : replacements) out = replace_all(std::move(out), what, with);
  return out;
}

std::string replace_all(std::string text, std::string_view what, std::string_view with) {
  for (std::size_t at = text.find(what); at != text.npos; at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
  }
  return text;
}

}  // namespace cli
