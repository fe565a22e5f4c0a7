#include "ws/mask.h"

#include "base/clones.h"

namespace ws {

/// A plain loop, which the compiler turns into vectors; with an index modulo 4 it would not.
STREAMUTILS_CLONES
void mask_words(std::uint8_t* words, std::size_t count, std::uint64_t key) {
  for (std::size_t i = 0; i < count; ++i) {
    std::uint64_t value;
    std::memcpy(&value, words + i * sizeof value, sizeof value);
    value ^= key;
    std::memcpy(words + i * sizeof value, &value, sizeof value);
  }
}

}  // namespace ws
