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
  bool complete() const { return awaited_ == 0; }

  void reset() { *this = {}; }

 private:
  bool step(std::uint8_t byte);

  std::uint8_t awaited_ = 0;  // continuation bytes still to come in this code point
  std::uint8_t low_ = 0x80;   // what the next one may be: after E0, ED, F0 and F4 the range is
  std::uint8_t high_ = 0xBF;  // narrower, which keeps out overlong forms, surrogates, > U+10FFFF
};

/// True when `bytes` as a whole is valid UTF-8.
bool is_utf8(ConstBytes bytes);
