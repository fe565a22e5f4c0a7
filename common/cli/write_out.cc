#include "cli/write_out.h"

#include <algorithm>
#include <utility>

#include "base/json_writer.h"
#include "base/text.h"
#include "cli/escape.h"
#include "cli/value.h"

namespace cli {
namespace {

/// "007" is no number of JSON.
std::string_view without_zeros(std::string_view number) {
  while (number.size() > 1 && number[0] == '0' && number[1] != '.') number.remove_prefix(1);
  return number;
}

std::string json_of(std::span<const OutVariable> variables) {
  std::string text;
  JsonWriter json(text);
  json.begin();
  for (const OutVariable& variable : variables) {
    if (!variable.text) {
      json.literal(variable.name, "null");
    } else if (variable.number) {
      json.literal(variable.name, without_zeros(*variable.text));
    } else {
      json.field(variable.name, *variable.text);
    }
  }
  json.end();
  text.pop_back();  // its line end: the format says where lines end
  return text;
}

const OutVariable* find(std::span<const OutVariable> list, std::string_view name) {
  const auto found = std::ranges::find_if(
      list, [&](const OutVariable& variable) { return equals_ignoring_case(variable.name, name); });
  return found == list.end() ? nullptr : &*found;
}

class Writer {
 public:
  explicit Writer(const OutFacts& facts) : facts_(facts) {}

  void add(std::string_view text) {
    if (silent_) return;
    if (!to_stderr_) out_.to_stdout = true;
    if (text.empty()) return;
    std::vector<OutPiece>& pieces = out_.pieces;
    if (pieces.empty() || pieces.back().to_stderr != to_stderr_) pieces.push_back({to_stderr_, ""});
    pieces.back().text += text;
  }

  void add_variable(std::string_view name) {
    if (equals_ignoring_case(name, "stderr")) {
      to_stderr_ = true;
    } else if (equals_ignoring_case(name, "stdout")) {
      to_stderr_ = false;
    } else if (equals_ignoring_case(name, "onerror")) {
      silent_ = silent_ || !facts_.failed;
    } else if (equals_ignoring_case(name, "json")) {
      add(json_of(facts_.variables));
    } else if (const OutVariable* const found = find(facts_.variables, name)) {
      add_value(found);
    } else if (!silent_) {
      out_.unknown.emplace_back(name);
    }
  }

  void add_field(std::string_view name) { add_value(find(facts_.fields, name)); }

  WrittenOut result() { return std::move(out_); }

 private:
  void add_value(const OutVariable* variable) {
    if (variable == nullptr || !variable->text) return add({});
    const bool safe = variable->number || (!to_stderr_ && !facts_.terminal);
    add(safe ? *variable->text : escape(*variable->text, Escape::line));
  }

  const OutFacts& facts_;
  bool to_stderr_ = false;
  bool silent_ = false;
  WrittenOut out_;
};

/// Of the letter behind a backslash; empty: it has no meaning.
std::string_view control(char letter) {
  switch (letter) {
    case 'n': return "\n";
    case 'r': return "\r";
    case 't': return "\t";
    default: return {};
  }
}

/// The size of what stands at the front of `text`, which begins with % or a backslash.
std::size_t take_special(std::string_view text, Writer& writer) {
  constexpr std::string_view kVariable = "%{";
  constexpr std::string_view kField = "%header{";
  const std::string_view two = text.substr(0, 2);
  if (text[0] == '\\') {
    const std::string_view meaning = control(two.back());
    writer.add(meaning.empty() ? two : meaning);
    return two.size();
  }
  const std::string_view opening = text.starts_with(kField) ? kField : kVariable;
  if (!text.starts_with(opening)) {
    writer.add(two == "%%" ? "%" : two);
    return two.size();
  }
  const std::size_t end = text.find('}');
  if (end == text.npos) {
    writer.add(opening);
    return opening.size();
  }
  const std::string_view name = text.substr(opening.size(), end - opening.size());
  opening == kField ? writer.add_field(name) : writer.add_variable(name);
  return end + 1;
}

}  // namespace

WrittenOut write_out(std::string_view format, const OutFacts& facts) {
  Writer writer(facts);
  while (!format.empty()) {
    const std::size_t plain = std::min(format.find_first_of("%\\"), format.size());
    if (plain > 0) writer.add(format.substr(0, plain));
    format.remove_prefix(plain);
    if (!format.empty()) format.remove_prefix(take_special(format, writer));
  }
  return writer.result();
}

Result<std::string> read_out_format(std::string_view text) {
  if (!text.starts_with('@')) return std::string(text);
  auto content = read_file(std::string(text.substr(1)));
  if (!content) return content.error();
  std::erase_if(*content, [](char c) { return c == '\r' || c == '\n'; });
  return content;
}

}  // namespace cli
