#include "cli/write_out.h"

#include <algorithm>
#include <utility>

#include "base/json_writer.h"
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

class Writer {
 public:
  Writer(std::span<const OutVariable> variables, bool failed)
      : variables_(variables), failed_(failed) {}

  void add(std::string_view text) {
    if (silent_ || text.empty()) return;
    std::vector<OutPiece>& pieces = out_.pieces;
    if (pieces.empty() || pieces.back().to_stderr != to_stderr_) pieces.push_back({to_stderr_, ""});
    pieces.back().text += text;
  }

  void add_variable(std::string_view name) {
    if (name == "stderr" || name == "stdout") {
      to_stderr_ = name == "stderr";
    } else if (name == "onerror") {
      silent_ = silent_ || !failed_;
    } else if (name == "json") {
      add(json_of(variables_));
    } else {
      const auto found = std::ranges::find(variables_, name, &OutVariable::name);
      if (found == variables_.end()) {
        if (!silent_) out_.unknown.emplace_back(name);
      } else {
        add(found->text.value_or(""));
      }
    }
  }

  WrittenOut result() { return std::move(out_); }

 private:
  std::span<const OutVariable> variables_;
  bool failed_;
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
  const char next = text.size() > 1 ? text[1] : '\0';
  if (text[0] == '\\') {
    const std::string_view meaning = control(next);
    writer.add(meaning.empty() ? text.substr(0, 2) : meaning);
    return std::min<std::size_t>(text.size(), 2);
  }
  const std::size_t end = next == '{' ? text.find('}') : text.npos;
  if (end != text.npos) {
    writer.add_variable(text.substr(2, end - 2));
    return end + 1;
  }
  writer.add(text.substr(0, 1));
  return next == '%' ? 2 : 1;
}

}  // namespace

WrittenOut write_out(std::string_view format, std::span<const OutVariable> variables, bool failed) {
  Writer writer(variables, failed);
  while (!format.empty()) {
    const std::size_t plain = std::min(format.find_first_of("%\\"), format.size());
    writer.add(format.substr(0, plain));
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
