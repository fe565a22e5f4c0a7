// Masking (RFC 6455 section 5.3): XOR with a 4-byte key that starts anew in every frame. It keeps
// script-chosen bytes from looking like HTTP to old proxies; it hides nothing.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <functional>

#include "base/bytes.h"

namespace ws {

using MaskKey = std::array<std::uint8_t, 4>;

/// Where the masking keys of a client come from: unpredictable ones in the tools (RFC 6455 10.3),
/// fixed ones in tests. Called once per frame.
using MaskSource = std::function<MaskKey()>;

/// The key as a word of which every byte lies, in memory, over the byte of a payload that it masks:
/// the first one over that at `position`, the offset in the frame's payload.
inline std::uint64_t mask_word(MaskKey key, std::uint64_t position) {
  const auto half = std::bit_cast<std::uint32_t>(key);
  const std::uint64_t word = std::uint64_t{half} << 32 | half;
  const int turn = static_cast<int>(position & 3) * 8;
  return std::endian::native == std::endian::little ? std::rotr(word, turn) : std::rotl(word, turn);
}

/// Copies any number of bytes XORed with those of `word`; `to` may be `from`, or lie before it.
void mask_many(ConstBytes from, std::uint64_t word, std::uint8_t* to);

/// The same for few, in words, without a call.
inline void mask_few(ConstBytes from, std::uint64_t word, std::uint8_t* to) {
  const std::uint8_t* at = from.data();
  std::size_t left = from.size();
  const auto mask_one = [&]<typename Word>(Word part) {
    Word value;
    std::memcpy(&value, at, sizeof value);
    value = static_cast<Word>(value ^ part);
    std::memcpy(to, &value, sizeof value);
    at += sizeof value;
    to += sizeof value;
    left -= sizeof value;
  };
  const auto half = static_cast<std::uint32_t>(word);
  while (left >= 8) mask_one(word);
  if (left >= 4) mask_one(half);
  const auto tail = std::bit_cast<MaskKey>(half);
  for (std::size_t i = 0, count = left; i < count; ++i) mask_one(tail[i]);
}

/// Copies `from` XORed with the bytes of a mask_word(); `to` may be where `from` is, or lie before
/// it.
inline void copy_masked(ConstBytes from, std::uint64_t word, std::uint8_t* to) {
  if (from.size() < 64) return mask_few(from, word, to);
  mask_many(from, word, to);
}

/// XORs `bytes` in place. `position` is the offset of bytes[0] in the frame's payload, so that a
/// payload may be masked in pieces. Masking twice gives the original.
inline void apply_mask(Bytes bytes, MaskKey key, std::uint64_t position) {
  copy_masked(bytes, mask_word(key, position), bytes.data());
}

}  // namespace ws
