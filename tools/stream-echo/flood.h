// Frames of `oversize` and `bomb`: far larger, or far larger once inflated, than what is kept here,
// because most of each is one block that repeats.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace stream_echo {

struct Flood {
  std::string head;             ///< the frame's header
  std::string_view block = {};  ///< lives for ever
  std::uint64_t times = 0;      ///< that the block is still to be sent
  std::string behind;           ///< the rest of the frame
};

/// One binary frame of `size` zero bytes.
Flood oversize_frame(std::uint64_t size);

/// One binary message of `size` zero bytes, compressed (RFC 7692) to less than a two hundredth. It
/// refers to nothing before it.
Flood bomb_frame(std::uint64_t size);

}  // namespace stream_echo
