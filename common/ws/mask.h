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
  auto half = std::bit_cast<std::uint32_t>(key);
  const int turn = static_cast<int>(position & 3) * 8;
  half = std::endian::native == std::endian::little ? std::rotr(half, turn) : std::rotl(half, turn);
  return std::uint64_t{half} << 32 | half;
}

/// XORs any number of bytes with those of `word`.
void mask_many(Bytes bytes, std::uint64_t word);

/// The same for few, in words, without a call.
inline void mask_few(Bytes bytes, std::uint64_t word) {
  std::uint8_t* at = bytes.data();
  std::size_t left = bytes.size();
  const auto mask_one = [&]<typename Word>(Word part) {
    Word value;
    std::memcpy(&value, at, sizeof value);
    value = static_cast<Word>(value ^ part);
    std::memcpy(at, &value, sizeof value);
    at += sizeof value;
    left -= sizeof value;
  };
  const auto half = static_cast<std::uint32_t>(word);
  while (left >= 8) mask_one(word);
  if (left >= 4) mask_one(half);
  const auto single = std::bit_cast<MaskKey>(half);
  for (std::size_t i = 0; left > 0; ++i) mask_one(single[i]);
}

/// XORs `bytes` in place. `position` is the offset of bytes[0] in the frame's payload, so that a
/// payload may be masked in pieces. Masking twice gives the original.
inline void apply_mask(Bytes bytes, MaskKey key, std::uint64_t position) {
  const std::uint64_t word = mask_word(key, position);
  if (bytes.size() < 64) return mask_few(bytes, word);
  mask_many(bytes, word);
}

}  // namespace ws
