#include "http/body.h"

#include <algorithm>

#include "base/text.h"

namespace http {
namespace {

// A chunk size of 15 hex digits is an exbibyte; what is longer only pretends to be a size.
constexpr std::uint64_t kMaxChunkSize = UINT64_MAX >> 4;

int hex_digit(std::uint8_t byte) {
  const char c = ascii_lower(static_cast<char>(byte));
  if (is_ascii_digit(c)) return c - '0';
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

}  // namespace

std::variant<BodyLength, diag::Violation> body_length(const Head& head, HeadKind kind) {
  // RFC 9112 6.3 (1): no body whatever the fields say; a 304 tells the length of what it leaves
  // out.
  const bool bodiless = head.status / 100 == 1 || head.status == 204 || head.status == 304;
  if (kind == HeadKind::response && bodiless) return BodyLength{};

  const Field* const length = find_field(head.fields, "Content-Length");
  const Field* const coding = find_field(head.fields, "Transfer-Encoding");
  const auto broken = [&](const Field& field) {
    const auto at = static_cast<std::uint64_t>(field.value.data() - head.text.data());
    return diag::Violation{diag::Rule::http_body_length, head.offset + at, 0};
  };
  if (length != nullptr) {
    const auto size = parse_integer(length->value);
    const bool once = count_fields(head.fields, "Content-Length") == 1;
    if (!size || !once || coding != nullptr) return broken(*length);
    return BodyLength{*size == 0 ? BodyKind::none : BodyKind::sized, *size};
  }
  if (coding != nullptr) {
    const bool chunked = equals_ignoring_case(coding->value, "chunked") &&
                         count_fields(head.fields, "Transfer-Encoding") == 1;
    return BodyLength{chunked ? BodyKind::chunked : BodyKind::until_end};
  }
  return BodyLength{kind == HeadKind::request ? BodyKind::none : BodyKind::until_end};
}

bool BodyReader::done() const {
  switch (kind_) {
    case BodyKind::none: return true;
    case BodyKind::sized: return left_ == 0;
    case BodyKind::chunked: return awaits_ == Awaits::nothing;
    case BodyKind::until_end: return false;
  }
  return true;
}

std::optional<Bytes> BodyReader::next(Bytes& in) {
  if (kind_ == BodyKind::chunked) {
    while (awaits_ != Awaits::data) {
      if (!take_framing(in)) return std::nullopt;
    }
  }
  if (done() || in.empty()) return std::nullopt;
  if (kind_ == BodyKind::until_end) return take_front(in, in.size());

  const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(left_, in.size()));
  left_ -= size;
  if (kind_ == BodyKind::chunked && left_ == 0) awaits_ = Awaits::data_end;
  return take_front(in, size);
}

/// Takes one byte of chunk framing (RFC 9112 7.1); false when there is none to take.
bool BodyReader::take_framing(Bytes& in) {
  if (in.empty() || awaits_ == Awaits::nothing) return false;
  const std::uint8_t byte = take_front(in, 1).front();
  switch (awaits_) {
    case Awaits::size:
      if (const int digit = hex_digit(byte); digit >= 0 && left_ <= kMaxChunkSize) {
        left_ = left_ << 4 | static_cast<unsigned>(digit);
        ++line_size_;
        break;
      }
      // Behind the digits spaces, an extension or the end of the line; "0x5" is no size.
      if (line_size_ == 0 ||
          std::string_view(" \t;\r\n").find(static_cast<char>(byte)) == std::string_view::npos) {
        give_up();
        break;
      }
      awaits_ = Awaits::size_line_end;
      if (byte == '\n') end_size_line();
      break;
    case Awaits::size_line_end:  // a chunk extension, ignored
      if (++line_size_ > kMaxHeadSize) {
        give_up();
      } else if (byte == '\n') {
        end_size_line();
      }
      break;
    case Awaits::data_end:  // CR LF; anything else: the chunk is longer than its size
      if (byte == '\n') {
        awaits_ = Awaits::size;
        line_size_ = 0;
      } else if (byte != '\r') {
        give_up();
      }
      break;
    case Awaits::trailer:
      if (byte == '\n') {
        if (line_size_ == 0) awaits_ = Awaits::nothing;
        line_size_ = 0;
      } else if (byte != '\r') {
        ++line_size_;
      }
      if (++trailer_size_ > kMaxHeadSize) give_up();
      break;
    case Awaits::data:
    case Awaits::nothing: break;
  }
  return true;
}

void BodyReader::give_up() {
  awaits_ = Awaits::nothing;
  broken_ = true;
}

void BodyReader::end_size_line() {
  awaits_ = left_ == 0 ? Awaits::trailer : Awaits::data;
  line_size_ = 0;
}

}  // namespace http
