#include "flood.h"

#include <array>

#include "base/bytes.h"
#include "ws/deflate.h"
#include "ws/frame.h"

namespace stream_echo {
namespace {

constexpr std::array<char, 65536> kZeros = {};
constexpr std::uint64_t kCompressedZeros = std::uint64_t{1} << 20;  // in one block of a bomb

std::string header_bytes(std::uint64_t length, std::uint8_t rsv) {
  ws::FrameHeader header;
  header.rsv = rsv;
  header.opcode = ws::Opcode::binary;
  header.length = length;
  std::array<std::uint8_t, ws::kMaxHeaderSize> bytes;
  const std::size_t size = encode_header(header, bytes);
  return std::string(as_text(ConstBytes(bytes).first(size)));
}

/// With an empty window, as all others may be too.
std::string compressed_zeros(std::uint64_t count, bool last) {
  ws::Deflater deflater(15, false);
  const std::string zeros(static_cast<std::size_t>(count), '\0');
  return std::string(as_text(deflater.compress(as_bytes(zeros), last)));
}

}  // namespace

Flood oversize_frame(std::uint64_t size) {
  return {.head = header_bytes(size, 0),
          .block = {kZeros.data(), kZeros.size()},
          .times = size / kZeros.size(),
          .behind = std::string(static_cast<std::size_t>(size % kZeros.size()), '\0')};
}

Flood bomb_frame(std::uint64_t size) {
  static const std::string block = compressed_zeros(kCompressedZeros, false);
  Flood bomb{.head = {},
             .block = block,
             .times = size / kCompressedZeros,
             .behind = compressed_zeros(size % kCompressedZeros, true)};
  bomb.head = header_bytes(bomb.times * block.size() + bomb.behind.size(), ws::kRsv1);
  return bomb;
}

}  // namespace stream_echo
