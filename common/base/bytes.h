// Views of bytes, and the two conversions between text and bytes that everything else uses.
// A view never owns: whoever hands one over says how long it lives.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

using Bytes = std::span<std::uint8_t>;
using ConstBytes = std::span<const std::uint8_t>;

inline ConstBytes as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

inline std::string_view as_text(ConstBytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Cuts the first `size` bytes off `bytes` and returns them; `size` is at most bytes.size().
template <typename Byte>
std::span<Byte> take_front(std::span<Byte>& bytes, std::size_t size) {
  std::span<Byte> front = bytes.first(size);
  bytes = bytes.subspan(size);
  return front;
}
