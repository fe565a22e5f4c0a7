#include "rec/redact.h"

#include <algorithm>

#include "base/text.h"

namespace rec {
namespace {

constexpr std::size_t kVersionWordSize = 5;  // "HTTP/"

bool is_space(char c) {
  return c == ' ' || c == '\t';
}

bool holds_url(std::string_view field_name) {
  return field_name.ends_with("location") || field_name.ends_with("url") ||
         field_name.ends_with("uri") || field_name == "referer" || field_name == "refresh" ||
         field_name == "link";
}

/// The value of a hexadecimal digit, or nothing.
std::optional<unsigned> digit_value(char c) {
  if (is_ascii_digit(c)) return static_cast<unsigned>(c - '0');
  const char lower = ascii_lower(c);
  if (lower < 'a' || lower > 'f') return std::nullopt;
  return static_cast<unsigned>(lower - 'a' + 10);
}

}  // namespace

bool UrlScanner::hides(char c) {
  const bool hidden = part_ == Part::secret || part_ == Part::password;
  if (escape_size_ > 0) {  // RFC 3986 2.1
    const auto digit = digit_value(c);
    if (digit) {
      escape_ = escape_ * 16 + *digit;
      if (++escape_size_ < 3) return hidden;
      escape_size_ = 0;
      take(static_cast<char>(escape_), true);
      return hidden;
    }
    escape_size_ = 0;  // no escape after all
  }
  if (c == '%') {
    escape_size_ = 1;
    escape_ = 0;
    return hidden;
  }
  take(c, false);
  return hidden && (part_ == Part::secret || part_ == Part::password);
}

void UrlScanner::take(char c, bool encoded) {
  const bool ends_part = !encoded || encoded_;
  switch (part_) {
    case Part::plain:
    case Part::name: take_plain(c, encoded); break;
    case Part::authority:
    case Part::password: {
      const bool divides = in_query_ && !encoded && (c == '&' || c == ';');
      if (divides || (ends_part && (c == '/' || c == '?' || c == '#'))) {
        part_ = Part::plain;
        take_plain(c, encoded);
        break;
      }
      if (c == '[') in_brackets_ = true;
      if (c == ']') in_brackets_ = false;
      // RFC 3986 3.2: it may be a port, but whether an "@" follows is not known yet.
      if (spotter_.add(c) || (c == ':' && !in_brackets_)) part_ = Part::password;
      break;
    }
    case Part::secret:
      if (ends_part && (c == '&' || c == '#')) {
        part_ = Part::plain;
        take_plain(c, encoded);
      }
      break;
  }
  before_[0] = before_[1];
  before_[1] = c;
}

void UrlScanner::take_plain(char c, bool encoded) {
  if (starts_authority(c)) {
    part_ = Part::authority;
    encoded_ = encoded;
    spotter_.clear();
    in_brackets_ = false;
  } else if (c == '?' || c == '&' || c == ';' || c == '#') {
    part_ = Part::name;
    in_query_ = in_query_ || c != ';';
    name_.clear();
  } else if (part_ == Part::name && c == '=') {
    part_ = is_secret_name(name_.text()) ? Part::secret : Part::plain;
    encoded_ = encoded;
  } else if (part_ == Part::name) {
    name_.add(c);
  }
}

/// "//" at the beginning or behind a colon.
bool UrlScanner::starts_authority(char c) const {
  return c == '/' && before_[1] == '/' && (before_[0] == ':' || before_[0] == 0);
}

bool ProtocolScanner::hides(char c) {
  if (is_space(c)) return false;
  const bool names_secret = is_secret_name(word_.text());
  if (c == ',') {
    hidden_ = names_secret;
    word_.clear();
    spotter_.clear();
    return false;
  }
  if (hidden_) return true;
  if (is_ascii_alpha(c) || is_ascii_digit(c)) {
    word_.add(c);
    hidden_ = spotter_.add(c) || word_.text() == "eyj";  // how a JSON Web Token begins
  } else {
    hidden_ = names_secret;
    word_.clear();
    spotter_.add(c);
  }
  return false;
}

void Redactor::redact(Bytes in) {
  while (!in.empty()) {
    switch (state_) {
      case State::passing: return;
      case State::body:
        while (body_->next(in)) {
        }
        if (body_->done()) begin_head();
        break;
      case State::start_line:
      case State::name:
      case State::value: {
        std::uint8_t& byte = take_front(in, 1).front();
        if (hides(static_cast<char>(byte))) byte = '*';
        break;
      }
    }
  }
}

/// Of a head. Line ends are never hidden, so that a secret cannot swallow what follows it.
bool Redactor::hides(char c) {
  if (c == '\n') {
    end_line();
    return false;
  }
  // RFC 9112 2.2: a CR alone is no line end, but there are readers that take it for one.
  if (after_cr_ && line_size_ > 0) end_line();
  after_cr_ = c == '\r';
  if (after_cr_) return false;
  const bool begins_line = line_size_++ == 0;
  if (state_ == State::start_line) return hides_in_start_line(c);
  if (begins_line && is_space(c) && field_ != Field::other) {
    state_ = State::value;  // RFC 9112 5.2: the value before goes on
    return false;
  }
  if (state_ == State::value) return hides_in_value(c);
  if (c == ':') {
    begin_value();
  } else {
    name_.add(c);
  }
  return false;
}

bool Redactor::hides_in_value(char c) {
  if (!value_begun_ && is_space(c)) return false;
  value_begun_ = true;
  switch (field_) {
    case Field::other: return false;
    case Field::secret: return true;
    case Field::url: return url_.hides(c);
    case Field::protocols: return protocols_.hides(c);
    case Field::length: take_length(c); return false;
    case Field::coding: chunked_ = true; return false;
  }
  return false;
}

bool Redactor::hides_in_start_line(char c) {
  if (c == ' ') {
    ++word_;
    url_ = {};
    return false;
  }
  if (word_ == 0) {
    if (first_word_.size() < kVersionWordSize) first_word_ += c;
    return false;
  }
  if (!is_response()) return url_.hides(c);
  if (word_ == 1 && is_ascii_digit(c)) {
    status_ = (status_ * 10 + static_cast<unsigned>(c - '0')) % 1000;
  }
  return false;
}

/// RFC 9110 8.6: digits only.
void Redactor::take_length(char c) {
  if (is_space(c)) return;
  const std::uint64_t so_far = length_.value_or(0);
  const bool fits = is_ascii_digit(c) && so_far < UINT64_MAX / 10;
  bad_framing_ = bad_framing_ || !fits;
  if (fits) length_ = so_far * 10 + static_cast<std::uint64_t>(c - '0');
}

void Redactor::begin_value() {
  const std::string_view name = name_.text();
  state_ = State::value;
  value_begun_ = false;
  field_ = Field::other;
  if (is_secret_field(name)) {
    field_ = Field::secret;
  } else if (holds_url(name)) {
    field_ = Field::url;
    url_ = {};
  } else if (name == "secwebsocketprotocol") {
    field_ = Field::protocols;
    protocols_.hides(',');  // RFC 9110 5.3: another field goes on with the same list
  } else if (name == "contentlength") {
    field_ = Field::length;
    bad_framing_ = bad_framing_ || length_;
  } else if (name == "transferencoding") {
    field_ = Field::coding;
  }
}

void Redactor::end_line() {
  const bool empty = line_size_ == 0;
  line_size_ = 0;
  after_cr_ = false;
  if (empty && state_ == State::start_line) return;  // RFC 9112 2.2: before a request
  if (empty) return end_head();
  state_ = State::name;
  name_.clear();
}

/// RFC 9112 6.3, as far as it matters for finding the next head; where that cannot be known,
/// everything is taken for one. An answer to HEAD, which has no body, is not told apart.
void Redactor::end_head() {
  const bool has_body = status_ / 100 != 1 && status_ != 204 && status_ != 304;
  if (status_ == 101) {
    switched_ = true;
    state_ = State::passing;
  } else if (!has_body || bad_framing_ || (chunked_ && length_)) {
    begin_head();
  } else if (chunked_) {
    state_ = State::body;
    body_.emplace(http::BodyLength{.kind = http::BodyKind::chunked});
  } else if (length_) {
    state_ = State::body;
    body_.emplace(http::BodyLength{.kind = http::BodyKind::sized, .size = *length_});
  } else if (is_response()) {
    state_ = State::passing;  // the body goes on to the end
  } else {
    begin_head();
  }
}

void Redactor::begin_head() {
  state_ = State::start_line;
  line_size_ = 0;
  word_ = 0;
  first_word_.clear();
  status_ = 0;
  field_ = Field::other;
  url_ = {};
  protocols_ = {};
  length_.reset();
  chunked_ = false;
  bad_framing_ = false;
  body_.reset();
}

std::string redacted_url(std::string_view text) {
  std::string result(text);
  const std::size_t scheme = text.find("://");
  std::size_t begin = scheme == text.npos ? 0 : scheme + 3;
  const std::size_t end = std::min(text.find_first_of("/?#", begin), text.size());
  const std::size_t at = text.substr(0, end).rfind('@');
  if (at != text.npos && at >= begin) {
    std::fill(result.begin() + static_cast<std::ptrdiff_t>(begin),
              result.begin() + static_cast<std::ptrdiff_t>(at), '*');
  }
  UrlScanner scanner;
  for (begin = end; begin < result.size(); ++begin) {
    if (scanner.hides(result[begin])) result[begin] = '*';
  }
  return result;
}

}  // namespace rec
