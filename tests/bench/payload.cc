#include "payload.h"

#include <zlib.h>

#include <fmt/format.h>

#include "sockets.h"
#include "ws/frame.h"

namespace bench {

std::vector<std::uint8_t> make_text(std::size_t size) {
  std::vector<std::uint8_t> text(size);
  std::uint32_t state = 6455;
  for (std::uint8_t& byte : text) {
    state = state * 1664525 + 1013904223;
    byte = static_cast<std::uint8_t>(' ' + (state >> 16) % 95);
  }
  return text;
}

std::vector<std::uint8_t> make_json(std::size_t size) {
  std::string text = "[";
  for (unsigned i = 0; text.size() < size; ++i) {
    text += fmt::format(R"({{"id":{},"user":"user{}","price":{}.{:02},"tags":["new","sale"],)"
                        R"("active":{}}},)",
                        10000 + i * 37, i * 7919 % 1000, i * 31 % 200, i * 17 % 100, i % 3 == 0);
  }
  return {text.begin(), text.begin() + static_cast<std::ptrdiff_t>(size)};
}

std::vector<std::uint8_t> make_frame(ConstBytes payload, bool text, bool compressed) {
  ws::FrameHeader header;
  header.opcode = text ? ws::Opcode::text : ws::Opcode::binary;
  header.rsv = compressed ? 4 : 0;
  header.masked = true;
  header.key = {0x37, 0xfa, 0x21, 0x3d};
  header.length = payload.size();
  std::vector<std::uint8_t> frame(ws::kMaxHeaderSize);
  const std::size_t header_size = ws::encode_header(header, frame);
  frame.resize(header_size);
  frame.insert(frame.end(), payload.begin(), payload.end());
  ws::apply_mask(Bytes(frame).subspan(header_size), header.key, 0);
  return frame;
}

std::vector<std::uint8_t> compress(ConstBytes payload) {
  constexpr std::size_t kEmptyBlock = 4;  // 00 00 FF FF, which the other end puts back
  z_stream stream = {};
  if (deflateInit2(&stream, 6, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) != Z_OK) fail("deflate");
  std::vector<std::uint8_t> out(deflateBound(&stream, payload.size()) + 64);
  stream.next_in = const_cast<Bytef*>(payload.data());
  stream.avail_in = static_cast<uInt>(payload.size());
  stream.next_out = out.data();
  stream.avail_out = static_cast<uInt>(out.size());
  if (deflate(&stream, Z_SYNC_FLUSH) != Z_OK || stream.avail_in != 0) fail("deflate");
  out.resize(stream.total_out - kEmptyBlock);
  deflateEnd(&stream);
  return out;
}

}  // namespace bench
