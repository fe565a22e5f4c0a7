#include "ws/mask.h"

#include <cstring>

#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && !defined(__SANITIZE_THREAD__)
#define STREAMUTILS_CLONES __attribute__((target_clones("default", "avx2")))
#else
#define STREAMUTILS_CLONES
#endif

namespace ws {
namespace {

/// Whole words in a plain loop, which the compiler turns into vectors; an index modulo 4 it would
/// not.
STREAMUTILS_CLONES
void xor_words(std::uint8_t* data, std::size_t count, std::uint64_t word) {
  for (std::size_t i = 0; i < count; ++i) {
    std::uint64_t value;
    std::memcpy(&value, data + i * sizeof value, sizeof value);
    value ^= word;
    std::memcpy(data + i * sizeof value, &value, sizeof value);
  }
}

}  // namespace

void apply_mask(Bytes bytes, MaskKey key, std::uint64_t position) {
  std::array<std::uint8_t, 8> turned;  // the key, twice, from the byte that bytes[0] needs
  for (std::size_t i = 0; i < turned.size(); ++i) turned[i] = key[(position + i) & 3];
  std::uint64_t word;
  std::memcpy(&word, turned.data(), sizeof word);

  const std::size_t words = bytes.size() / sizeof word;
  xor_words(bytes.data(), words, word);
  for (std::size_t i = words * sizeof word; i < bytes.size(); ++i) bytes[i] ^= turned[i & 3];
}

}  // namespace ws
