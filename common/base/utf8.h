// A streaming UTF-8 validator that fails at the first byte that can no longer become valid
// (RFC 3629 section 4; RFC 6455 8.1 asks for the check). It knows nothing of messages: the caller
// says where one begins and ends. Pieces may be cut anywhere, inside a code point too.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"

class Utf8Validator {
 public:
  /// Checks the next piece. Returns the offset in `piece` of the first impossible byte, and is then
  /// of no more use until reset(); nullopt: everything so far is a prefix of valid UTF-8.
  std::optional<std::size_t> feed(ConstBytes piece);

  /// True when no code point is left half-way.
  bool complete() const { return state_ == kBetween; }

  void reset() { *this = {}; }

  static constexpr std::uint8_t kBetween = 6;  ///< the automaton's state between two code points

 private:
  std::uint8_t state_ = kBetween;  // of the automaton in utf8.cc
};

/// True when `bytes` as a whole is valid UTF-8.
bool is_utf8(ConstBytes bytes);
