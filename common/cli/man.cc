#include "cli/man.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/text.h"
#include "cli/escape.h"
#include "cli/exit.h"
#include "cli/mdoc.h"
#include "diag/rule.h"

namespace cli {
namespace {

constexpr std::string_view kBeginList = ".Bl -tag -width Ds\n";
constexpr std::string_view kEndList = ".El\n";

bool is_upper(char c) {
  return is_ascii_alpha(c) && ascii_lower(c) != c;
}

bool is_part_of_name(char c) {
  return is_upper(c) || is_ascii_digit(c);
}

// "LINE" is a name that stands for a value; "jsonl" is the value itself.
std::string value_macro(std::string_view text) {
  return fmt::format("{} {}", std::ranges::any_of(text, is_upper) ? "Ar" : "Cm", mdoc_escape(text));
}

// ".It Fl d , Fl -data Ar TEXT"
std::string heading(const Option& option) {
  std::string out = ".It ";
  if (option.letter != 0) out += fmt::format("Fl {} , ", option.letter);
  out += fmt::format("Fl -{}", option.name);
  const std::string value = value_macro(option.arg);
  switch (option.takes) {
    case Takes::none: break;
    case Takes::one:
    case Takes::many: out += fmt::format(" {}", value); break;
    case Takes::attached: out += fmt::format(" Ns Oo = Ns {} Oc", value); break;
    case Takes::if_any: out += fmt::format(" Op {}", value); break;
  }
  return out + '\n';
}

// A word of a doc around one reference, or around the name of the value.
struct Marked {
  std::string_view before;
  std::string call;
  std::string_view after;
};

std::optional<Marked> find_marked(std::string_view word, const Option& option) {
  if (const auto reference = find_reference(word, 0)) {
    return Marked{word.substr(0, reference->begin), fmt::format("Fl -{}", reference->name),
                  word.substr(reference->end)};
  }
  const auto begin = std::ranges::find_if(word, is_part_of_name);
  const auto end = std::find_if_not(begin, word.end(), is_part_of_name);
  const std::string_view name(begin, end);
  const std::string_view before(word.begin(), begin);
  const std::string_view after(end, word.end());
  // CODE in CODE[:REASON], but not in CODEC; and only a word that is nothing else.
  const std::size_t at = name.empty() ? option.arg.npos : option.arg.find(name);
  const std::size_t after_at = at == option.arg.npos ? 0 : at + name.size();
  if (at == option.arg.npos || (at > 0 && is_part_of_name(option.arg[at - 1])) ||
      (after_at < option.arg.size() && is_part_of_name(option.arg[after_at])) ||
      std::ranges::none_of(name, is_upper) || before.size() > 1 ||
      after.find_first_not_of(".,:;)") != after.npos) {
    return std::nullopt;
  }
  return Marked{before, value_macro(name), after};
}

void fill(MdocText& text, std::string_view words, const Option& option) {
  while (!words.empty()) {
    const std::size_t size = std::min(words.find(' '), words.size());
    const std::string_view word = words.substr(0, size);
    words.remove_prefix(std::min(size + 1, words.size()));
    if (word.empty()) continue;
    if (const auto marked = find_marked(word, option)) {
      text.macro(marked->call, marked->before, marked->after);
    } else {
      text.word(word);
    }
  }
}

std::string explain(const Option& option) {
  MdocText text;
  fill(text, fmt::format("{}{}", option.help, option.help.ends_with('.') ? "" : "."), option);
  text.end_line();
  for (std::string_view rest = option.doc; !rest.empty();) {
    const std::size_t size = std::min(rest.find('\n'), rest.size());
    fill(text, rest.substr(0, size), option);
    rest.remove_prefix(std::min(size + 1, rest.size()));
    if (!rest.empty()) text.paragraph();
  }
  return text.take();
}

// Between the placeholder's name and the last @: the codes that are wanted, or nothing for all.
Result<std::string> exit_status(std::string_view wanted) {
  std::vector<std::uint64_t> codes;
  while (!wanted.empty()) {
    const std::size_t size = std::min(wanted.find(' '), wanted.size());
    if (const auto code = parse_integer(wanted.substr(0, size))) codes.push_back(*code);
    wanted.remove_prefix(std::min(size + 1, wanted.size()));
  }
  const bool all = codes.empty();
  std::string out(kBeginList);
  for (const ExitInfo& info : all_exits()) {
    const auto found = std::ranges::find(codes, static_cast<std::uint64_t>(to_int(info.code)));
    if (!all && found == codes.end()) continue;
    if (!all) codes.erase(found);
    MdocText text;
    text.words(fmt::format("{}.", info.meaning));
    out += fmt::format(".It {}\n{}", to_int(info.code), text.take());
  }
  if (!codes.empty()) return Error{fmt::format("{} is no exit code", codes.front()), {}};
  return out += kEndList;
}

// In an error message the rule follows a colon; here it is a sentence.
std::string capitalised(std::string_view text) {
  std::string out(text);
  if (!out.empty() && is_ascii_alpha(out[0]) && !is_upper(out[0])) {
    out[0] = static_cast<char>(out[0] - 'a' + 'A');
  }
  return out;
}

std::string words(const Tool& tool) {
  std::string out(kBeginList);
  for (const WordRow& row : tool.words) {
    MdocText text;
    text.words(capitalised(fmt::format("{}.", row.help)));
    out += fmt::format(".It Cm {}\n{}", mdoc_escape(spelling(row)), text.take());
  }
  return out += kEndList;
}

std::string_view part_of_protocol(const diag::RuleInfo& rule) {
  if (rule.id.starts_with("http-")) return "HTTP heads";
  if (rule.id.starts_with("sse-")) return "Event streams";
  return rule.rule < diag::Rule::ws_rsv ? "The opening handshake" : "Frames and messages";
}

/// `Answered with Close 1009; a limit.`
std::string consequence(const diag::RuleInfo& rule) {
  const bool limit = rule.severity == diag::Severity::limit;
  if (rule.severity == diag::Severity::should) return "Not enforced.";
  if (rule.severity == diag::Severity::note) return "A note.";
  if (rule.answer == 0)
    return limit ? "The stream is given up; a limit." : "Not answered any more.";
  return fmt::format("Answered with {} {}{}.", rule.answer < 1000 ? "status" : "Close", rule.answer,
                     limit ? "; a limit" : "");
}

std::string rules() {
  std::string out;
  std::string_view part;
  for (const diag::RuleInfo& rule : diag::all_rules()) {
    if (part_of_protocol(rule) != part) {
      if (!part.empty()) out += kEndList;
      part = part_of_protocol(rule);
      out += fmt::format(".Ss {}\n{}", part, kBeginList);
    }
    MdocText text;
    text.words(capitalised(rule.must));
    text.macro(fmt::format("Pq {}", rule.cite), "", ".");
    text.words(consequence(rule));
    if (!rule.hint.empty()) {
      text.words(fmt::format("Hint: {}{}", rule.hint, rule.hint.ends_with('?') ? "" : "."));
    }
    out += fmt::format(".It Sy {}\n{}", mdoc_escape(rule.id), text.take());
  }
  return out += kEndList;
}

class Template {
 public:
  Template(const Tool& tool, std::string_view text) : tool_(tool), rest_(text) {}

  Result<std::string> page() {
    while (!rest_.empty()) {
      const std::string_view line = next_line();
      if (!line.starts_with('@')) {
        out_ += fmt::format("{}\n", line);
      } else if (auto done = placeholder(line); !done) {
        return done.error();
      }
    }
    return std::move(out_);
  }

 private:
  std::string_view next_line() {
    const std::size_t size = std::min(rest_.find('\n'), rest_.size());
    const std::string_view line = rest_.substr(0, size);
    rest_.remove_prefix(std::min(size + 1, rest_.size()));
    ++number_;
    return line;
  }

  Error wrong(std::string_view what) const {
    return {fmt::format("line {} of the template: {}", number_, what), {}};
  }

  Result<void> placeholder(std::string_view line) {
    constexpr std::string_view kExitStatus = "@EXIT_STATUS";
    if (line == "@EXAMPLE@") return example();
    if (line == "@OPTIONS@") {
      out_ += man_options(tool_);
    } else if (line == "@WORDS@") {
      out_ += words(tool_);
    } else if (line == "@RULES@") {
      out_ += rules();
    } else if (line.starts_with(kExitStatus) && line.size() > kExitStatus.size() &&
               line.ends_with('@')) {
      line.remove_prefix(kExitStatus.size());
      line.remove_suffix(1);
      const auto list = exit_status(line);
      if (!list) return wrong(list.error().message);
      out_ += *list;
    } else {
      return wrong(fmt::format("{} is no placeholder", escape(line, Escape::line)));
    }
    return {};
  }

  Result<void> example() {
    out_ += ".Bd -literal -offset 3n\n";
    while (!rest_.empty()) {
      const std::string_view line = next_line();
      if (line == "@END@") {
        out_ += ".Ed\n";
        return {};
      }
      out_ += mdoc_line(line) + '\n';
    }
    return wrong("@EXAMPLE@ without @END@");
  }

  const Tool& tool_;
  std::string_view rest_;
  std::size_t number_ = 0;
  std::string out_;
};

}  // namespace

std::string man_options(const Tool& tool) {
  std::string out;
  for (const std::string_view category : categories(tool)) {
    out += fmt::format(".Ss {}\n{}", category, kBeginList);
    for (const Option* option : all_options(tool)) {
      if (option->group == category) out += heading(*option) + explain(*option);
    }
    out += kEndList;
  }
  return out;
}

Result<std::string> man_page(const Tool& tool, std::string_view text) {
  return Template(tool, text).page();
}

}  // namespace cli
