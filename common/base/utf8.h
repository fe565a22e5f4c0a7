// A streaming UTF-8 validator that fails at the first byte that can no longer become valid
// (RFC 3629 section 4; RFC 6455 8.1 asks for the check). It knows nothing of messages: the caller
// says where one begins and ends. Pieces may be cut anywhere, inside a code point too.
#pragma once

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

  /// Short messages are many, and mostly ASCII. False also when `piece` is not short.
  static bool is_short_ascii(ConstBytes piece) {
    if (piece.size() > 256) return false;
    // In the steps of a mask that may just have been taken off: loads that lie across fresh stores
    // have to wait for them.
    constexpr std::uint64_t kHighBits = 0x8080808080808080;
    std::uint64_t all = 0;
    const std::uint8_t* at = piece.data();
    std::size_t left = piece.size();
    const auto see = [&]<typename Word>(Word word) {
      std::memcpy(&word, at, sizeof word);
      all |= word;
      at += sizeof word;
      left -= sizeof word;
    };
    while (left >= 8) {
      see(std::uint64_t{});
      if ((all & kHighBits) != 0) return false;
    }
    if (left >= 4) see(std::uint32_t{});
    while (left > 0) see(std::uint8_t{});
    return (all & kHighBits) == 0;
  }

  static constexpr std::uint8_t kBetween = 6;  ///< the automaton's state between two code points

 private:
  /// The offset of the first impossible byte; the size when there is none.
  std::size_t check(ConstBytes piece);

  std::uint8_t state_ = kBetween;  // of the automaton in utf8.cc
};

/// True when `bytes` as a whole is valid UTF-8.
inline bool is_utf8(ConstBytes bytes) {
  if (Utf8Validator::is_short_ascii(bytes)) return true;
  Utf8Validator validator;
  return !validator.feed(bytes) && validator.complete();
}

/// Appends `bytes` as text, with U+FFFD in the place of what is not UTF-8: one for each maximal
/// subpart, as the Encoding Standard decodes (The Unicode Standard, chapter 3, U+FFFD Substitution
/// of Maximal Subparts). A code point cut by the end is one too. At most three times as long.
void append_valid_utf8(std::string& out, ConstBytes bytes);
