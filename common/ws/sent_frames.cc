#include "ws/sent_frames.h"

#include <algorithm>

namespace ws {

void SentFrames::follow(ConstBytes bytes) {
  std::array<std::uint8_t, 512> copy;  // because the decoder unmasks in place
  while (!bytes.empty()) {
    const ConstBytes part = take_front(bytes, std::min(copy.size(), bytes.size()));
    std::copy(part.begin(), part.end(), copy.begin());
    Bytes in = Bytes(copy).first(part.size());
    while (const auto piece = decoder_.next(in)) take(*piece);
  }
}

void SentFrames::take(const FramePiece& piece) {
  if (piece.header.opcode != Opcode::close || close_code_) return;
  if (piece.first) body_size_ = 0;
  for (const std::uint8_t byte : piece.payload) {
    if (body_size_ < body_.size()) body_[body_size_++] = byte;
  }
  if (!piece.last) return;
  const bool has_code = body_size_ == body_.size();
  close_code_ = has_code ? static_cast<CloseCode>(body_[0] << 8 | body_[1]) : code::kNoStatus;
}

}  // namespace ws
