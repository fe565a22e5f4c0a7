// The option table of a tool as plain data: one row an option, several arrays a tool, some of them
// shared by all tools. The parser, --help, the man page and the completions are all made from it.
// A row says how an option is spelled and explained; what it means is the tool's business.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cli {

/// What follows the option. In `one` and `many` the value is the rest of the word (`--name=x`,
/// `-nx`) or else the next word, whatever that looks like.
enum class Takes {
  none,
  one,       ///< given twice: the last one wins
  many,      ///< each one counts, in order
  attached,  ///< `--name` or `--name=VALUE`; never the next word, and no rest after the letter
  if_any,    ///< the next word, if there is one (`--help [CATEGORY]`)
};

/// Names that a shell can look up for the value, beside Option::words.
enum class Offers {
  nothing,
  file,
  directory,
  at_file,  ///< a file after a leading `@`
};

struct Option {
  std::string_view name = {};  ///< long name without dashes
  char letter = 0;             ///< 0: has none
  Takes takes = Takes::none;
  std::string_view arg = {};    ///< the value's name in help, "LINE"; empty with Takes::none only
  std::string_view group = {};  ///< category in help; empty: accepted, but shown nowhere
  std::string_view help = {};   ///< one line, verb first, no full stop
  std::string_view doc = {};  ///< sentences; `*name*` refers to another option, LF ends a paragraph
  std::string_view words = {};  ///< where the value is one of a few words: these, a space between
  Offers offers = Offers::nothing;
};

/// A word that is no option, but has a meaning within the value of one.
struct WordRow {
  std::string_view name = {};
  std::string_view arg = {};   ///< the value's name, "SIZE"; an optional one with all: "[=split]"
  std::string_view help = {};  ///< one line, verb first, no full stop
};

struct Tool {
  std::string_view name = {};
  std::string_view summary = {};                         ///< one line
  std::string_view usage = {};                           ///< what follows the name: "[OPTIONS] URL"
  std::span<const std::span<const Option>> groups = {};  ///< without kSharedOptions
  std::size_t min_operands = 0;
  std::size_t max_operands = 0;
  std::string_view operand = {};         ///< what an operand is called: "URL"
  bool takes_command = false;            ///< what follows the first `--` is a command, not operands
  std::string_view words_category = {};  ///< the category whose help has `words` below its options
  std::span<const WordRow> words = {};
};

/// -h/--help, -V/--version and the hidden --generate: part of every tool without being listed in
/// Tool::groups.
extern const Option kSharedOptions[3];

/// Every option of the tool in the order of its tables, the shared ones last. The pointers live as
/// long as the tables.
std::vector<const Option*> all_options(const Tool& tool);

/// nullptr: there is none.
const Option* find_option(const Tool& tool, std::string_view name);
const Option* find_letter(const Tool& tool, char letter);

/// The categories that have a visible option, in the order of their first appearance.
std::vector<std::string_view> categories(const Tool& tool);

/// The single words of Option::words, views into it.
std::vector<std::string_view> words_of(const Option& option);

/// "close=CODE[,REASON]", "bad-utf8[=split]"
std::string spelling(const WordRow& row);

/// As help and manual show it: "-H, --header LINE", "--deflate[=PARAMS]", "-h, --help [CATEGORY]".
std::string spelling(const Option& option);

/// The next `*name*` in `doc` at or after `from`. A lone asterisk is just an asterisk.
struct Reference {
  std::size_t begin = 0;  ///< offset of the first asterisk
  std::size_t end = 0;    ///< just after the second one
  std::string_view name = {};
};
std::optional<Reference> find_reference(std::string_view doc, std::size_t from);

/// What is wrong with the tables, one sentence each; empty for a tool that may ship. For a test.
std::vector<std::string> problems(const Tool& tool);

}  // namespace cli
