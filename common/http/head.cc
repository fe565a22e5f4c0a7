#include "http/head.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace http {
namespace {

using diag::Rule;
using diag::Violation;

constexpr std::string_view kVersionPrefix = "HTTP/";

bool is_digit_pair(std::string_view text) {  // "1.1"
  return text.size() == 3 && is_ascii_digit(text[0]) && text[1] == '.' && is_ascii_digit(text[2]);
}

/// RFC 9112 3.2: origin-form and absolute-form; asterisk-form for OPTIONS and authority-form for
/// CONNECT are left to whoever knows those methods. A fragment is never sent.
bool is_target(std::string_view method, std::string_view target) {
  const bool visible = std::all_of(target.begin(), target.end(),
                                   [](char c) { return c > 0x20 && c < 0x7F && c != '#'; });
  if (!visible) return false;
  if (target.front() == '/' || method == "CONNECT") return true;
  if (target == "*") return method == "OPTIONS";
  const std::size_t colon = target.find("://");
  return colon != target.npos && colon > 0 &&
         std::all_of(target.begin(), target.begin() + static_cast<std::ptrdiff_t>(colon),
                     is_ascii_alpha);
}

}  // namespace

std::optional<std::variant<Head, Violation>> HeadReader::next(Bytes& in) {
  if (broken_) in = {};
  if (done_) start_over();
  while (!in.empty()) {
    const std::uint8_t byte = take_front(in, 1).front();
    if (auto broken = take(byte)) {
      broken_ = true;
      return *broken;
    }
    if (done_) return finish();
  }
  return std::nullopt;
}

std::optional<Violation> HeadReader::take(std::uint8_t byte) {
  const std::size_t at = text_.size();
  const bool after_cr = at > line_begin_ && text_.back() == '\r';
  text_ += static_cast<char>(byte);

  if (auto broken = check_start(byte)) return broken;
  if (after_cr != (byte == '\n')) {  // RFC 9112 2.2: neither stands alone
    return violation(Rule::http_line_end, after_cr ? at - 1 : at, byte);
  }
  if ((byte < 0x20 && byte != '\t' && byte != '\r' && byte != '\n') || byte == 0x7F) {
    return violation(Rule::http_control_character, at, byte);
  }
  if (offset_ + text_.size() > kMaxHeadSize) return violation(Rule::http_head_size, at);
  if (!start_line_done_ && kind_ == HeadKind::request &&
      text_.size() - line_begin_ > kMaxRequestLineSize) {
    return violation(Rule::http_target_size, at);
  }
  return byte == '\n' ? end_line() : std::nullopt;
}

/// What is not HTTP at all is seen before its first line ends, if it has lines.
std::optional<Violation> HeadReader::check_start(std::uint8_t byte) const {
  if (start_line_done_) return std::nullopt;
  const std::size_t column = text_.size() - 1 - line_begin_;
  if (kind_ == HeadKind::response) {
    if (column < kVersionPrefix.size() && static_cast<char>(byte) != kVersionPrefix[column]) {
      return violation(Rule::http_status_line, text_.size() - 1, byte);
    }
    return std::nullopt;
  }
  // RFC 9112 2.2: one empty line before the request line is skipped.
  const bool may_be_empty_line = line_begin_ == 0 && byte == '\r';
  if (column == 0 && !is_token_char(static_cast<char>(byte)) && !may_be_empty_line) {
    return violation(Rule::http_request_line, text_.size() - 1, byte);
  }
  return std::nullopt;
}

std::optional<Violation> HeadReader::end_line() {
  const std::string_view line =
      std::string_view(text_).substr(line_begin_, text_.size() - 2 - line_begin_);
  std::optional<Violation> broken;
  if (!start_line_done_) {
    if (!line.empty()) {
      broken = kind_ == HeadKind::request ? parse_request_line(line) : parse_status_line(line);
      start_line_done_ = true;
    }
  } else if (line.empty()) {
    done_ = true;
  } else {
    broken = parse_field_line(line);
  }
  line_begin_ = text_.size();
  return broken;
}

std::optional<Violation> HeadReader::parse_request_line(std::string_view line) {
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  const auto broken = [&](Rule rule) { return violation(rule, line_begin_); };
  if (first == line.npos || last == first) return broken(Rule::http_request_line);

  const std::string_view method = line.substr(0, first);
  const std::string_view target = line.substr(first + 1, last - first - 1);
  const std::string_view version = line.substr(last + 1);
  if (!is_token(method) || target.empty() || target.find(' ') != target.npos) {
    return broken(Rule::http_request_line);
  }
  if (!version.starts_with(kVersionPrefix) || !is_digit_pair(version.substr(5))) {
    return broken(Rule::http_request_line);
  }
  if (version[5] != '1') return broken(Rule::http_version);
  if (!is_target(method, target)) return broken(Rule::http_target);

  method_or_reason_ = span_of(method);
  target_ = span_of(target);
  minor_version_ = static_cast<unsigned>(version[7] - '0');
  return std::nullopt;
}

std::optional<Violation> HeadReader::parse_status_line(std::string_view line) {
  // HTTP/1.1 SP 101 SP reason; the second SP stands even before an empty reason (RFC 9112 4).
  const bool shape = line.size() >= 13 && is_digit_pair(line.substr(5, 3)) && line[8] == ' ' &&
                     line[12] == ' ' && line[9] != '0';
  const auto status = shape ? parse_integer(line.substr(9, 3)) : std::nullopt;
  if (!status) return violation(Rule::http_status_line, line_begin_);
  if (line[5] != '1') return violation(Rule::http_version, line_begin_);

  status_ = static_cast<unsigned>(*status);
  minor_version_ = static_cast<unsigned>(line[7] - '0');
  method_or_reason_ = span_of(line.substr(13));
  return std::nullopt;
}

std::optional<Violation> HeadReader::parse_field_line(std::string_view line) {
  if (line.front() == ' ' || line.front() == '\t') {  // RFC 9112 5.2
    return violation(Rule::http_line_folding, line_begin_);
  }
  const std::size_t colon = line.find(':');
  if (colon == line.npos || !is_token(line.substr(0, colon))) {  // RFC 9112 5.1
    return violation(Rule::http_field_name, line_begin_);
  }
  if (field_spans_.size() == kMaxFieldCount) {
    return violation(Rule::http_field_count, line_begin_, kMaxFieldCount + 1);
  }
  field_spans_.push_back(
      {span_of(line.substr(0, colon)), span_of(trim_spaces(line.substr(colon + 1)))});
  return std::nullopt;
}

Violation HeadReader::violation(Rule rule, std::size_t at, std::uint64_t got) const {
  return {rule, offset_ + at, got};
}

HeadReader::Span HeadReader::span_of(std::string_view part) const {
  const auto begin = static_cast<std::size_t>(part.data() - text_.data());
  return {begin, begin + part.size()};
}

std::string_view HeadReader::view(Span span) const {
  return std::string_view(text_).substr(span.begin, span.end - span.begin);
}

Head HeadReader::finish() {
  // Only now does text_ stay where it is, so that views of it last.
  for (const FieldSpan& span : field_spans_) fields_.push_back({view(span.name), view(span.value)});
  const bool request = kind_ == HeadKind::request;
  return {.method = request ? view(method_or_reason_) : std::string_view{},
          .target = view(target_),
          .status = status_,
          .reason = request ? std::string_view{} : view(method_or_reason_),
          .minor_version = minor_version_,
          .fields = fields_,
          .text = text_,
          .offset = offset_};
}

void HeadReader::start_over() {
  const HeadKind kind = kind_;
  const std::uint64_t offset = offset_ + text_.size();
  *this = HeadReader(kind);
  offset_ = offset;
}

std::string_view other_protocol(ConstBytes first) {
  // A record's type, then the version, which a short first read may not hold yet.
  const bool tls_record = !first.empty() && first[0] >= 0x14 && first[0] <= 0x17;
  if (tls_record && (first.size() == 1 || first[1] == 3)) return "TLS";
  const std::string_view text = as_text(first);
  if (text.starts_with("SSH-")) return "SSH";
  if (text.starts_with("PRI * HTTP/2")) return "HTTP/2";
  // A server's first HTTP/2 frame is SETTINGS on stream 0 (RFC 9113 3.4).
  const bool settings =
      first.size() >= 9 && first[0] == 0 && first[3] == 4 &&
      std::all_of(first.begin() + 5, first.begin() + 9, [](std::uint8_t b) { return b == 0; });
  return settings ? "HTTP/2" : std::string_view{};
}

}  // namespace http
