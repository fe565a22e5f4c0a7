#include "sse/line.h"

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

namespace sse {
namespace {

// Half a block. g++ and clang make the vector instructions of each processor of it; memchr(), which
// knows one byte at a time, would have to be called for CR and for LF.
using Vector = std::uint8_t __attribute__((vector_size(16)));
using Words = std::uint64_t __attribute__((vector_size(16)));

constexpr std::size_t kBlockSize = 2 * sizeof(Vector);
constexpr std::uint64_t kHighBits = 0x8080808080808080;

Vector load(const std::uint8_t* at) {
  Vector vector;
  std::memcpy(&vector, at, sizeof vector);
  return vector;
}

std::uint64_t both_words(Vector vector) {
  const Words words = std::bit_cast<Words>(vector);
  return words[0] | words[1];
}

/// The first byte in memory that is not 0; 16 when all are.
std::size_t first_hit(Vector hits) {
  const Words words = std::bit_cast<Words>(hits);
  const auto place = [](std::uint64_t word) {
    constexpr bool kLittleEndian = std::endian::native == std::endian::little;
    return static_cast<std::size_t>(kLittleEndian ? std::countr_zero(word)
                                                  : std::countl_zero(word)) /
           8;
  };
  return words[0] != 0 ? place(words[0]) : 8 + place(words[1]);
}

class Scanner {
 public:
  /// False: the block holds a line end, and `end` says where.
  bool pass(const std::uint8_t* block, std::size_t& end) {
    const Vector first = load(block);
    const Vector second = load(block + sizeof(Vector));
    seen_ |= first | second;
    const Vector hits = line_ends(first);
    const Vector more_hits = line_ends(second);
    if (both_words(hits | more_hits) == 0) return true;
    end = first_hit(hits);
    if (end == sizeof(Vector)) end += first_hit(more_hits);
    return false;
  }
  bool ascii() const { return (both_words(seen_) & kHighBits) == 0; }

 private:
  static Vector line_ends(Vector bytes) {
    return std::bit_cast<Vector>(bytes == '\n') | std::bit_cast<Vector>(bytes == '\r');
  }

  Vector seen_ = {};
};

}  // namespace

LineScan scan_line(ConstBytes bytes) {
  Scanner scanner;
  const std::size_t size = bytes.size();
  std::size_t end = 0;
  std::size_t at = 0;
  for (; at + kBlockSize <= size; at += kBlockSize) {
    if (!scanner.pass(bytes.data() + at, end)) return {at + end, scanner.ascii()};
  }
  if (at == size) return {size, scanner.ascii()};
  if (size >= kBlockSize) {  // the last block overlaps the one before it, where no line ends
    at = size - kBlockSize;
    if (!scanner.pass(bytes.data() + at, end)) return {at + end, scanner.ascii()};
    return {size, scanner.ascii()};
  }
  std::array<std::uint8_t, kBlockSize> padded = {};
  std::memcpy(padded.data(), bytes.data(), size);
  if (!scanner.pass(padded.data(), end)) return {end, scanner.ascii()};
  return {size, scanner.ascii()};
}

}  // namespace sse
