#include "cli/refusal.h"

#include <algorithm>

#include "cli/escape.h"

namespace cli {
namespace {

// Enough for the sentence in which an error page says what is wrong.
constexpr std::size_t kStartSize = std::size_t{4} << 10;

}  // namespace

std::string marked_lines(std::string_view head, std::string_view mark) {
  std::string text;
  while (!head.empty()) {
    const std::size_t end = std::min(head.find("\r\n"), head.size());
    if (!text.empty()) text += '\n';
    text += mark;
    append_escaped(text, head.substr(0, end), Escape::line);
    head.remove_prefix(std::min(end + 2, head.size()));
  }
  return text;
}

void RefusalBody::show(std::string_view piece) {
  piece = piece.substr(0, limit_ - size_);
  size_ += piece.size();
  start_ += piece.substr(0, kStartSize - start_.size());
  line_ += piece;
  if (const std::size_t end = line_.rfind('\n'); end != line_.npos) {
    talk_.plain(escape(std::string_view(line_).substr(0, end), Escape::message));
    line_.erase(0, end + 1);
  }
}

bool RefusalBody::full() const {
  return size_ == limit_;
}

void RefusalBody::finish() {
  if (!line_.empty()) talk_.plain(escape(line_, Escape::message));
  line_.clear();
}

}  // namespace cli
