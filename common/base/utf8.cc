#include "base/utf8.h"

#include <algorithm>
#include <cstring>

namespace {

std::uint64_t load_word(const std::uint8_t* at) {
  std::uint64_t word;
  std::memcpy(&word, at, sizeof word);
  return word;
}

constexpr std::uint64_t kHighBits = 0x8080808080808080;

/// The index of the first byte at or after `at` that is not ASCII, in steps of words: it may stop
/// up to 7 bytes early.
std::size_t skip_ascii(ConstBytes bytes, std::size_t at) {
  const std::uint8_t* data = bytes.data();
  while (at + 32 <= bytes.size() && ((load_word(data + at) | load_word(data + at + 8) |
                                      load_word(data + at + 16) | load_word(data + at + 24)) &
                                     kHighBits) == 0) {
    at += 32;
  }
  while (at + 8 <= bytes.size() && (load_word(data + at) & kHighBits) == 0) at += 8;
  return at;
}

bool is_continuation(std::uint8_t byte) {
  return (byte & 0xC0) == 0x80;
}

/// The size of the valid multi-byte sequence at `p`, of which 4 bytes can be read; 0 when there is
/// none (RFC 3629 section 4, the table).
std::size_t sequence_size(const std::uint8_t* p) {
  if (p[0] >= 0xC2 && p[0] <= 0xDF) return is_continuation(p[1]) ? 2 : 0;
  if ((p[0] & 0xF0) == 0xE0) {
    const bool second = p[0] == 0xE0   ? (p[1] & 0xE0) == 0xA0
                        : p[0] == 0xED ? (p[1] & 0xE0) == 0x80
                                       : is_continuation(p[1]);
    return second && is_continuation(p[2]) ? 3 : 0;
  }
  if (p[0] >= 0xF0 && p[0] <= 0xF4) {
    const bool second = p[0] == 0xF0   ? p[1] >= 0x90 && p[1] <= 0xBF
                        : p[0] == 0xF4 ? (p[1] & 0xF0) == 0x80
                                       : is_continuation(p[1]);
    return second && is_continuation(p[2]) && is_continuation(p[3]) ? 4 : 0;
  }
  return 0;
}

}  // namespace

std::optional<std::size_t> Utf8Validator::feed(ConstBytes piece) {
  std::size_t at = 0;
  while (awaited_ > 0 && at < piece.size()) {  // the rest of a code point cut before
    if (!step(piece[at])) return at;
    ++at;
  }
  while (at + 4 <= piece.size()) {
    if (piece[at] < 0x80) {
      const std::size_t past = skip_ascii(piece, at);
      at = std::max(past, at + 1);
      continue;
    }
    const std::size_t size = sequence_size(piece.data() + at);
    if (size == 0) break;
    at += size;
  }
  for (; at < piece.size(); ++at) {  // the last bytes, or up to the one that is wrong
    if (!step(piece[at])) return at;
  }
  return std::nullopt;
}

bool Utf8Validator::step(std::uint8_t byte) {
  if (awaited_ > 0) {
    if (byte < low_ || byte > high_) return false;
    low_ = 0x80;
    high_ = 0xBF;
    --awaited_;
    return true;
  }
  if (byte < 0x80) return true;
  if (byte < 0xC2 || byte > 0xF4) return false;
  awaited_ = byte < 0xE0 ? 1 : byte < 0xF0 ? 2 : 3;
  if (byte == 0xE0) low_ = 0xA0;   // below: overlong
  if (byte == 0xED) high_ = 0x9F;  // above: surrogates
  if (byte == 0xF0) low_ = 0x90;   // below: overlong
  if (byte == 0xF4) high_ = 0x8F;  // above: beyond U+10FFFF
  return true;
}

bool is_utf8(ConstBytes bytes) {
  Utf8Validator validator;
  return !validator.feed(bytes) && validator.complete();
}
