#include "cli/help.h"

#include <algorithm>
#include <cstdint>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.h"
#include "cli/escape.h"
#include "cli/suggest.h"

namespace cli {
namespace {

constexpr std::size_t kTextWidth = 79;
constexpr std::string_view kTextIndent = "    ";

// "  -H, --header LINE"; without a letter the name keeps its column.
std::string left_side(const Option& option) {
  return (option.letter == 0 ? "      " : "  ") + spelling(option);
}

std::string list(const Tool& tool, std::string_view category) {
  const std::size_t column = help_column(tool, category);
  std::string out = fmt::format("{}:\n", category);
  for (const Option* option : all_options(tool)) {
    if (option->group != category) continue;
    out += fmt::format("{:<{}}{}\n", left_side(*option), column, option->help);
  }
  return out;
}

std::string list_words(const Tool& tool) {
  std::size_t widest = 0;
  for (const WordRow& row : tool.words) widest = std::max(widest, spelling(row).size());
  std::string out;
  for (const WordRow& row : tool.words) {
    out += fmt::format("  {:<{}}{}\n", spelling(row), widest + 2, row.help);
  }
  return out;
}

std::string list_all(const Tool& tool) {
  std::string out = fmt::format("usage: {} {}\n{}\n", tool.name, tool.usage, tool.summary);
  for (const std::string_view category : categories(tool)) out += "\n" + list(tool, category);
  return out;
}

// `*name*` reads `--name` on a terminal.
std::string resolve_references(std::string_view doc) {
  std::string out;
  std::size_t at = 0;
  while (const std::optional<Reference> reference = find_reference(doc, at)) {
    out += doc.substr(at, reference->begin - at);
    out += fmt::format("--{}", reference->name);
    at = reference->end;
  }
  return out += doc.substr(at);
}

// A word that is wider than the line stands alone on it.
std::string wrap_paragraph(std::string_view text) {
  std::string out;
  std::string line;
  while (!text.empty()) {
    const std::size_t size = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, size);
    text.remove_prefix(std::min(size + 1, text.size()));
    if (word.empty()) continue;
    if (!line.empty() && kTextIndent.size() + line.size() + 1 + word.size() > kTextWidth) {
      out += fmt::format("{}{}\n", kTextIndent, line);
      line.clear();
    }
    line += fmt::format("{}{}", line.empty() ? "" : " ", word);
  }
  if (!line.empty()) out += fmt::format("{}{}\n", kTextIndent, line);
  return out;
}

std::string explain(const Option& option) {
  std::string out = fmt::format("{}\n{}", spelling(option), wrap_paragraph(option.help));
  const std::string doc = resolve_references(option.doc);
  for (std::string_view rest = doc; !rest.empty();) {
    const std::size_t size = std::min(rest.find('\n'), rest.size());
    const std::string paragraph = wrap_paragraph(rest.substr(0, size));
    if (!paragraph.empty()) out += "\n" + paragraph;
    rest.remove_prefix(std::min(size + 1, rest.size()));
  }
  return out;
}

const Option* option_named(const Tool& tool, std::string_view topic) {
  if (topic.size() == 2 && topic[0] == '-') return find_letter(tool, topic[1]);
  if (topic.starts_with("--")) topic.remove_prefix(2);
  return find_option(tool, topic);
}

}  // namespace

std::size_t help_column(const Tool& tool, std::string_view category) {
  std::size_t widest = 0;
  for (const Option* option : all_options(tool)) {
    if (option->group == category) widest = std::max(widest, left_side(*option).size());
  }
  return widest + 2;
}

Result<std::string> help(const Tool& tool, std::string_view topic) {
  if (topic.empty() || equals_ignoring_case(topic, "all")) return list_all(tool);
  const std::vector<std::string_view> names = categories(tool);
  if (equals_ignoring_case(topic, "category")) return fmt::format("{}\n", fmt::join(names, "\n"));
  for (const std::string_view category : names) {
    if (!equals_ignoring_case(topic, category)) continue;
    const bool with_words = category == tool.words_category;
    return list(tool, category) + (with_words ? "\n" + list_words(tool) : "");
  }
  if (const Option* option = option_named(tool, topic)) return explain(*option);
  return Error{.message = fmt::format("option --help: \"{}\" is neither a category nor an option",
                                      escape(topic, Escape::line)),
               .hint = fmt::format("the categories are {}", fmt::join(names, ", "))};
}

std::string name_and_version(const Tool& tool) {
  return fmt::format("{} {}", tool.name, STREAMUTILS_VERSION);
}

std::string version(const Tool& tool) {
  return fmt::format("{} (streamutils)\n", name_and_version(tool));
}

std::string product(const Tool& tool) {
  return fmt::format("{}/{}", tool.name, STREAMUTILS_VERSION);
}

std::string_view version_number() {
  return STREAMUTILS_VERSION;
}

}  // namespace cli
