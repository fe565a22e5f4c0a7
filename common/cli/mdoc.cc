#include "cli/mdoc.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace cli {
namespace {

constexpr std::size_t kSourceWidth = 78;

// Punctuation that mdoc itself keeps close to the word before it, when each stands alone.
constexpr std::string_view kClosing = ".,:;)]?!";

// A stop, perhaps within quotes or brackets, ends a sentence; a lone "..." does not.
bool ends_sentence(std::string_view word) {
  while (!word.empty() && (word.back() == ')' || word.back() == '"')) word.remove_suffix(1);
  return word.size() > 1 && (word.back() == '.' || word.back() == '?' || word.back() == '!') &&
         !word.ends_with("..");
}

}  // namespace

std::string mdoc_escape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '\\': out += "\\e"; break;
      case '-': out += "\\-"; break;
      case '\'': out += "\\(aq"; break;
      case '`': out += "\\(ga"; break;
      case '"': out += "\\(dq"; break;
      case '^': out += "\\(ha"; break;
      case '~': out += "\\(ti"; break;
      default: out += c;
    }
  }
  return out;
}

std::string mdoc_line(std::string_view text) {
  return (text.starts_with('.') ? "\\&" : "") + mdoc_escape(text);
}

void MdocText::word(std::string_view word) {
  const std::string escaped = mdoc_escape(word);
  if (!line_.empty() && line_.size() + 1 + escaped.size() > kSourceWidth) end_line();
  line_ += line_.empty() ? mdoc_line(word) : " " + escaped;
  if (ends_sentence(word)) end_line();
}

void MdocText::macro(std::string_view call, std::string_view before, std::string_view after) {
  end_line();
  out_ += '.';
  // A lone bracket would be taken for a delimiter, which goes its own ways.
  if (!before.empty()) out_ += fmt::format("No \\&{} Ns ", mdoc_escape(before));
  out_ += call;
  const bool closing =
      std::ranges::all_of(after, [](char c) { return kClosing.find(c) != kClosing.npos; });
  if (closing) {
    for (const char c : after) out_ += fmt::format(" {}", c);
  } else {
    out_ += fmt::format(" Ns \\&{}", mdoc_escape(after));
  }
  out_ += '\n';
}

void MdocText::end_line() {
  if (line_.empty()) return;
  out_ += line_ + '\n';
  line_.clear();
}

void MdocText::words(std::string_view text) {
  while (!text.empty()) {
    const std::size_t size = std::min(text.find(' '), text.size());
    if (size > 0) word(text.substr(0, size));
    text.remove_prefix(std::min(size + 1, text.size()));
  }
}

void MdocText::paragraph() {
  end_line();
  if (!out_.empty()) out_ += ".Pp\n";
}

std::string MdocText::take() {
  end_line();
  return std::exchange(out_, {});
}

}  // namespace cli
