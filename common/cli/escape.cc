#include "cli/escape.h"

#include <fmt/format.h>

namespace cli {
namespace {

using PlainTable = std::array<bool, 256>;

constexpr PlainTable plain_bytes(Escape mode) {
  PlainTable plain{};
  for (std::size_t byte = 0x20; byte < 0x7f; ++byte) plain[byte] = true;
  plain['\\'] = mode == Escape::reading;
  plain['\n'] = plain['\t'] = mode != Escape::line;
  return plain;
}

constexpr PlainTable kPlainInMessage = plain_bytes(Escape::message);
constexpr PlainTable kPlainInLine = plain_bytes(Escape::line);
constexpr PlainTable kPlainInReading = plain_bytes(Escape::reading);

const PlainTable& plain_in(Escape mode) {
  switch (mode) {
    case Escape::message: return kPlainInMessage;
    case Escape::line: return kPlainInLine;
    case Escape::reading: break;
  }
  return kPlainInReading;
}

std::uint8_t byte_of(char c) {
  return static_cast<std::uint8_t>(c);
}

// RFC 3629 section 4, first column: the length that a lead byte announces; 0: it leads nothing.
std::uint8_t sequence_size(std::uint8_t lead) {
  if (lead >= 0xc2 && lead <= 0xdf) return 2;
  if (lead >= 0xe0 && lead <= 0xef) return 3;
  if (lead >= 0xf0 && lead <= 0xf4) return 4;
  return 0;
}

// The second byte is where overlong forms, surrogates and code points above U+10FFFF show.
bool may_be_second(std::uint8_t lead, std::uint8_t byte) {
  const std::uint8_t low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
  const std::uint8_t high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
  return byte >= low && byte <= high;
}

bool may_be_later(std::uint8_t byte) {
  return byte >= 0x80 && byte <= 0xbf;
}

char32_t decode(std::string_view bytes) {
  char32_t code = byte_of(bytes[0]) & (0xffU >> (bytes.size() + 1));
  for (const char c : bytes.substr(1)) code = (code << 6) | (byte_of(c) & 0x3fU);
  return code;
}

// Only code points above U+007F come here; all that are dangerous have four digits.
bool is_dangerous(char32_t code, Escape mode) {
  if (code <= 0x9f) return true;  // C1
  if (code == 0x2028 || code == 0x2029) return mode == Escape::line;
  return code == 0x061c || code == 0x200e || code == 0x200f || (code >= 0x202a && code <= 0x202e) ||
         (code >= 0x2066 && code <= 0x2069);
}

void append_byte(std::string& out, char c) {
  switch (c) {
    case '\\': out += "\\\\"; break;
    case '\n': out += "\\n"; break;
    case '\r': out += "\\r"; break;
    case '\t': out += "\\t"; break;
    default: fmt::format_to(std::back_inserter(out), "\\x{:02x}", byte_of(c));
  }
}

}  // namespace

void Escaper::append(std::string& out, std::string_view piece) {
  const PlainTable& plain = plain_in(mode_);
  std::size_t at = 0;
  while (at < piece.size()) {
    if (held_size_ == 0) {
      const std::size_t begin = at;
      while (at < piece.size() && plain[byte_of(piece[at])]) ++at;
      out.append(piece, begin, at - begin);
      if (at == piece.size()) return;
    }
    take(out, piece[at++]);
  }
}

void Escaper::take(std::string& out, char c) {
  const std::uint8_t byte = byte_of(c);
  if (held_size_ > 0) {
    const bool fits = held_size_ == 1 ? may_be_second(byte_of(held_[0]), byte) : may_be_later(byte);
    if (!fits) {
      finish(out);
      // Nothing is held any more, so the byte is read as the start of something new, once.
      if (plain_in(mode_)[byte]) {
        out += c;
      } else {
        take(out, c);
      }
      return;
    }
    held_[held_size_++] = c;
    if (held_size_ < wanted_size_) return;
    const std::string_view bytes{held_.data(), held_size_};
    const char32_t code = decode(bytes);
    if (is_dangerous(code, mode_)) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<std::uint32_t>(code));
    } else {
      out += bytes;
    }
    held_size_ = 0;
    return;
  }
  wanted_size_ = sequence_size(byte);
  if (wanted_size_ == 0) {
    append_byte(out, c);
  } else {
    held_[held_size_++] = c;
  }
}

void Escaper::finish(std::string& out) {
  for (std::size_t i = 0; i < held_size_; ++i) append_byte(out, held_[i]);
  held_size_ = 0;
}

std::string escape(std::string_view text, Escape mode) {
  std::string out;
  append_escaped(out, text, mode);
  return out;
}

void append_escaped(std::string& out, std::string_view text, Escape mode) {
  Escaper escaper(mode);
  escaper.append(out, text);
  escaper.finish(out);
}

}  // namespace cli
