#include "net/http_answer.h"

#include "base/check.h"
#include "base/text.h"
#include "http/head.h"

namespace net {
namespace {

constexpr std::string_view kStart = "HTTP/";

bool is_space(char c) {
  return c == ' ' || c == '\t';
}

}  // namespace

HttpAnswerReader::Line HttpAnswerReader::take(std::string_view line) {
  size_ += line.size();
  if (size_ > http::kMaxHeadSize) return Line::too_large;
  if (complete_) return Line::trailer;
  if (text_.empty() && !line.starts_with(kStart)) return Line::malformed;
  text_ += line;
  if (line != "\r\n" && line != "\n") return Line::more;

  finish();
  const bool interim = status_ >= 100 && status_ < 200 && (status_ != 101 || upgrades_);
  if (interim) {  // RFC 9110 15.2
    text_.clear();
    fields_.clear();
    return Line::more;
  }
  complete_ = true;
  return Line::last;
}

/// Makes out of the text what is asked for later.
void HttpAnswerReader::finish() {
  // RFC 9112 5.2: a folded line is one, whose fold is spaces.
  for (std::size_t at = text_.find('\n'); at != text_.npos; at = text_.find('\n', at + 1)) {
    if (at + 1 == text_.size() || !is_space(text_[at + 1])) continue;
    text_[at] = ' ';
    if (text_[at - 1] == '\r') text_[at - 1] = ' ';
  }

  std::string_view rest = text_;
  for (bool first = true; !rest.empty(); first = false) {
    std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(line.size() + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (first) {
      const std::size_t space = std::min(line.find(' '), line.size());
      version_ = {kStart.size(), space - kStart.size()};
      const auto status = parse_integer(trim_spaces(line.substr(space)).substr(0, 3));
      status_ = static_cast<unsigned>(status.value_or(0));
      continue;
    }
    const std::size_t colon = line.find(':');
    if (colon == line.npos) continue;  // the empty line; and libcurl does not mind others
    fields_.push_back({line.substr(0, colon), trim_spaces(line.substr(colon + 1))});
  }
}

HttpAnswer HttpAnswerReader::answer(std::string_view url) const {
  CHECK(complete_);
  return {
      .status = status_, .version = view(version_), .url = url, .fields = fields_, .head = text_};
}

bool HttpAnswerReader::ends_by_close(bool to_head) const {
  if (!complete_ || !view(version_).starts_with('1')) return false;
  if (to_head || status_ == 204 || status_ == 304) return false;
  return !http::list_has_token(fields_, "Transfer-Encoding", "chunked") &&
         http::find_field(fields_, "Content-Length") == nullptr;
}

}  // namespace net
