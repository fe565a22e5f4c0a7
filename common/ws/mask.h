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

/// XORs `count` words in place with the same eight bytes.
void mask_words(std::uint8_t* words, std::size_t count, std::uint64_t key);

/// XORs `bytes` in place. `position` is the offset of bytes[0] in the frame's payload, so that a
/// payload may be masked in pieces. Masking twice gives the original.
inline void apply_mask(Bytes bytes, MaskKey key, std::uint64_t position) {
  auto half = std::bit_cast<std::uint32_t>(key);
  // Turned so that it begins, in memory, with the byte that bytes[0] needs.
  const int turn = static_cast<int>(position & 3) * 8;
  half = std::endian::native == std::endian::little ? std::rotr(half, turn) : std::rotl(half, turn);
  const std::uint64_t word = std::uint64_t{half} << 32 | half;

  std::uint8_t* at = bytes.data();
  std::size_t left = bytes.size();
  const auto mask_one = [&]<typename Word>(Word part_of_key) {
    Word value;
    std::memcpy(&value, at, sizeof value);
    value = static_cast<Word>(value ^ part_of_key);
    std::memcpy(at, &value, sizeof value);
    at += sizeof value;
    left -= sizeof value;
  };
  // Below this the call costs more than vectors save.
  if (left >= 64) {
    mask_words(at, left / 8, word);
    at += left / 8 * 8;
    left %= 8;
  }
  while (left >= 8) mask_one(word);
  if (left >= 4) mask_one(half);
  const auto turned = std::bit_cast<MaskKey>(half);
  for (std::size_t i = 0; left > 0; ++i) mask_one(turned[i]);
}

}  // namespace ws
