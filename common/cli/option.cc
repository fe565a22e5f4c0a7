#include "cli/option.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/text.h"
#include "cli/help.h"

namespace cli {
namespace {

bool is_name_char(char c) {
  return (c >= 'a' && c <= 'z') || is_ascii_digit(c) || c == '-' || c == '.';
}

bool is_name(std::string_view text) {
  return !text.empty() && text.front() != '-' && std::ranges::all_of(text, is_name_char);
}

std::vector<std::string> problems_of(const Tool& tool, const Option& option) {
  std::vector<std::string> found;
  const auto say = [&](std::string what) {
    found.push_back(fmt::format("{}: option --{}: {}", tool.name, option.name, what));
  };
  if (!is_name(option.name)) say("name has other characters than a-z, 0-9, '-' and '.'");
  if (option.letter == '-' || option.letter == '=') say("letter cannot be typed");
  if (option.takes == Takes::none && !option.arg.empty()) say("names a value but takes none");
  if (option.takes != Takes::none && option.arg.empty()) say("takes a value without naming it");
  const bool offers = !option.words.empty() || option.offers != Offers::nothing;
  if (option.takes == Takes::none && offers) say("offers values but takes none");
  for (const std::string_view word : words_of(option)) {
    if (!is_name(word)) say(fmt::format("offers \"{}\", which is no plain word", word));
  }
  for (std::size_t at = 0; const auto reference = find_reference(option.doc, at);) {
    if (find_option(tool, reference->name) == nullptr) {
      say(fmt::format("doc refers to *{}*, which is no option", reference->name));
    }
    at = reference->end;
  }
  if (option.group.empty()) return found;

  if (option.help.empty()) say("has no help");
  if (option.doc.empty()) say("has no doc");
  const std::size_t width = help_column(tool, option.group) + option.help.size();
  if (width > kHelpWidth) say(fmt::format("help line is {} columns wide", width));
  return found;
}

}  // namespace

constinit const Option kSharedOptions[3] = {
    {.name = "help",
     .letter = 'h',
     .takes = Takes::if_any,
     .arg = "CATEGORY",
     .group = "General",
     .help = "Show help, or that for a category or an option",
     .doc = "Show all options, those of one CATEGORY, or what one option does in full when its "
            "name is given instead."},
    {.name = "version",
     .letter = 'V',
     .group = "General",
     .help = "Show the version",
     .doc = "Show the name and the version of this program."},
    {.name = "generate", .takes = Takes::one, .arg = "KIND", .words = "man bash zsh fish"},
};

std::vector<const Option*> all_options(const Tool& tool) {
  std::vector<const Option*> options;
  for (const std::span<const Option> group : tool.groups) {
    for (const Option& option : group) options.push_back(&option);
  }
  for (const Option& option : kSharedOptions) options.push_back(&option);
  return options;
}

const Option* find_option(const Tool& tool, std::string_view name) {
  for (const Option* option : all_options(tool)) {
    if (option->name == name) return option;
  }
  return nullptr;
}

const Option* find_letter(const Tool& tool, char letter) {
  if (letter == 0) return nullptr;
  for (const Option* option : all_options(tool)) {
    if (option->letter == letter) return option;
  }
  return nullptr;
}

std::vector<std::string_view> categories(const Tool& tool) {
  std::vector<std::string_view> names;
  for (const Option* option : all_options(tool)) {
    if (option->group.empty()) continue;
    if (std::ranges::find(names, option->group) == names.end()) names.push_back(option->group);
  }
  return names;
}

std::vector<std::string_view> words_of(const Option& option) {
  std::vector<std::string_view> words;
  for (std::string_view rest = option.words; !rest.empty();) {
    const std::size_t size = std::min(rest.find(' '), rest.size());
    words.push_back(rest.substr(0, size));
    rest.remove_prefix(std::min(size + 1, rest.size()));
  }
  return words;
}

std::string spelling(const WordRow& row) {
  const bool bare = row.arg.empty() || row.arg.front() == '[';
  return fmt::format("{}{}{}", row.name, bare ? "" : "=", row.arg);
}

std::string spelling(const Option& option) {
  std::string text = option.letter == 0 ? "" : fmt::format("-{}, ", option.letter);
  text += fmt::format("--{}", option.name);
  switch (option.takes) {
    case Takes::none: break;
    case Takes::one:
    case Takes::many: text += fmt::format(" {}", option.arg); break;
    case Takes::attached: text += fmt::format("[={}]", option.arg); break;
    case Takes::if_any: text += fmt::format(" [{}]", option.arg); break;
  }
  return text;
}

std::optional<Reference> find_reference(std::string_view doc, std::size_t from) {
  for (std::size_t begin = doc.find('*', from); begin != std::string_view::npos;
       begin = doc.find('*', begin + 1)) {
    const std::size_t second = doc.find('*', begin + 1);
    if (second == std::string_view::npos) return std::nullopt;
    const std::string_view name = doc.substr(begin + 1, second - begin - 1);
    if (is_name(name)) return Reference{.begin = begin, .end = second + 1, .name = name};
  }
  return std::nullopt;
}

std::vector<std::string> problems(const Tool& tool) {
  std::vector<std::string> found;
  std::set<std::string_view> names;
  std::set<char> letters;
  for (const Option* option : all_options(tool)) {
    if (!names.insert(option->name).second) {
      found.push_back(fmt::format("{}: option --{}: is listed twice", tool.name, option->name));
    }
    if (option->letter != 0 && !letters.insert(option->letter).second) {
      found.push_back(fmt::format("{}: option --{}: letter -{} is taken already", tool.name,
                                  option->name, option->letter));
    }
    for (std::string& problem : problems_of(tool, *option)) found.push_back(std::move(problem));
  }
  if (tool.max_operands > 0 && tool.operand.empty()) {
    found.push_back(fmt::format("{}: takes operands without naming them", tool.name));
  }
  if (tool.min_operands > tool.max_operands) {
    found.push_back(fmt::format("{}: needs more operands than it takes", tool.name));
  }
  return found;
}

}  // namespace cli
