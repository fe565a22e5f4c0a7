#include "ws/mask.h"

#include <bit>
#include <cstring>

#include "base/clones.h"

namespace ws {
namespace {

// Below this a call of the vector loop costs more than it saves.
constexpr std::size_t kShort = 64;

/// XORs one Word with the same bytes of `key`.
template <typename Word>
void xor_word(std::uint8_t* data, std::uint64_t key) {
  Word value;
  std::memcpy(&value, data, sizeof value);
  value = static_cast<Word>(value ^ static_cast<Word>(key));
  std::memcpy(data, &value, sizeof value);
}

/// Whole words in a plain loop, which the compiler turns into vectors; an index modulo 4 it would
/// not.
STREAMUTILS_CLONES
void xor_words(std::uint8_t* data, std::size_t count, std::uint64_t key) {
  for (std::size_t i = 0; i < count; ++i) {
    std::uint64_t value;
    std::memcpy(&value, data + i * sizeof value, sizeof value);
    value ^= key;
    std::memcpy(data + i * sizeof value, &value, sizeof value);
  }
}

}  // namespace

void apply_mask(Bytes bytes, MaskKey key, std::uint64_t position) {
  std::uint32_t half;
  std::memcpy(&half, key.data(), sizeof half);
  // Turned so that it begins, in memory, with the byte that bytes[0] needs.
  const int turn = static_cast<int>(position & 3) * 8;
  half = std::endian::native == std::endian::little ? std::rotr(half, turn) : std::rotl(half, turn);
  const std::uint64_t word = std::uint64_t{half} << 32 | half;

  std::uint8_t* at = bytes.data();
  std::size_t left = bytes.size();
  if (left >= kShort) {
    xor_words(at, left / 8, word);
    at += left / 8 * 8;
    left %= 8;
  }
  for (; left >= 8; at += 8, left -= 8) xor_word<std::uint64_t>(at, word);
  if (left >= 4) {
    xor_word<std::uint32_t>(at, word);
    at += 4;
    left -= 4;
  }
  const auto turned = std::bit_cast<MaskKey>(half);
  for (std::size_t i = 0; i < left; ++i) at[i] ^= turned[i];
}

}  // namespace ws
