#include "ws/mask.h"

#include "base/clones.h"

namespace ws {
namespace {

/// A plain loop, which the compiler turns into vectors; with an index modulo 4 it would not.
STREAMUTILS_CLONES
void mask_words(std::uint8_t* words, std::size_t count, std::uint64_t word) {
  for (std::size_t i = 0; i < count; ++i) {
    std::uint64_t value;
    std::memcpy(&value, words + i * sizeof value, sizeof value);
    value ^= word;
    std::memcpy(words + i * sizeof value, &value, sizeof value);
  }
}

}  // namespace

void mask_many(Bytes bytes, std::uint64_t word) {
  const std::size_t count = bytes.size() / sizeof word;
  mask_words(bytes.data(), count, word);
  mask_few(bytes.subspan(count * sizeof word), word);
}

}  // namespace ws
