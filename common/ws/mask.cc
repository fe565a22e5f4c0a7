#include "ws/mask.h"

#include "base/clones.h"

namespace ws {
namespace {

// From so many bytes on it pays to have the vectors lie within cache lines.
constexpr std::size_t kLong = 2048;
constexpr std::size_t kCacheLine = 64;

/// A plain loop, which the compiler turns into vectors; with an index modulo 4 it would not.
STREAMUTILS_CLONES
void mask_words(const std::uint8_t* from, std::size_t count, std::uint64_t word, std::uint8_t* to) {
  // `to` does not lie behind `from`: no store changes what is yet to load.
#ifndef __clang__
#pragma GCC ivdep
#endif
  for (std::size_t i = 0; i < count; ++i) {
    std::uint64_t value;
    std::memcpy(&value, from + i * sizeof value, sizeof value);
    value ^= word;
    std::memcpy(to + i * sizeof value, &value, sizeof value);
  }
}

}  // namespace

void mask_many(ConstBytes from, std::uint64_t word, std::uint8_t* to) {
  if (from.size() >= kLong) {
    const std::size_t head = -std::bit_cast<std::uintptr_t>(to) % kCacheLine;
    mask_few(from.first(head), word, to);
    from = from.subspan(head);
    to += head;
    word = mask_word(std::bit_cast<MaskKey>(static_cast<std::uint32_t>(word)), head);
  }
  const std::size_t count = from.size() / sizeof word;
  const std::size_t size = count * sizeof word;
  mask_words(from.data(), count, word, to);
  mask_few(from.subspan(size), word, to + size);
}

}  // namespace ws
