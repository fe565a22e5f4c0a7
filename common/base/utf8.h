// A streaming UTF-8 validator that fails at the first byte that can no longer become valid
// (RFC 3629 section 4; RFC 6455 8.1 asks for the check). It knows nothing of messages: the caller
// says where one begins and ends. Pieces may be cut anywhere, inside a code point too.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>

#include "base/bytes.h"

class Utf8Validator {
 public:
  /// Checks the next piece. Returns the offset in `piece` of the first impossible byte, and is then
  /// of no more use until reset(); nullopt: everything so far is a prefix of valid UTF-8.
  std::optional<std::size_t> feed(ConstBytes piece) {
    if (state_ == kBetween && is_short_ascii(piece)) return std::nullopt;
    const std::size_t bad = check(piece);
    if (bad == piece.size()) return std::nullopt;
    return bad;
  }

  /// True when no code point is left half-way.
  bool complete() const { return state_ == kBetween; }

  void reset() { *this = {}; }

  static constexpr std::uint8_t kBetween = 6;  ///< the automaton's state between two code points

 private:
  /// Short messages are many, and mostly ASCII. False also when `piece` is not short.
  static bool is_short_ascii(ConstBytes piece) {
    constexpr std::uint64_t kHighBits = 0x8080808080808080;
    const std::size_t size = piece.size();
    if (size > 256) return false;
    std::uint64_t word = 0;
    if (size < sizeof word) {
      for (const std::uint8_t byte : piece) word |= byte;
      return (word & kHighBits) == 0;
    }
    for (std::size_t at = 0; at < size; at += sizeof word) {  // the last overlaps the one before it
      std::memcpy(&word, piece.data() + std::min(at, size - sizeof word), sizeof word);
      if ((word & kHighBits) != 0) return false;
    }
    return true;
  }

  /// The offset of the first impossible byte; the size when there is none.
  std::size_t check(ConstBytes piece);

  std::uint8_t state_ = kBetween;  // of the automaton in utf8.cc
};

/// True when `bytes` as a whole is valid UTF-8.
bool is_utf8(ConstBytes bytes);

/// Appends `bytes` as text, with U+FFFD in the place of what is not UTF-8: one for each maximal
/// subpart, as the Encoding Standard decodes (The Unicode Standard, chapter 3, U+FFFD Substitution
/// of Maximal Subparts). A code point cut by the end is one too. At most three times as long.
void append_valid_utf8(std::string& out, ConstBytes bytes);
