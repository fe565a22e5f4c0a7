// Follows frames that were encoded elsewhere on their way out (RFC 6455 section 5.2): whether they
// end where a frame ends, and the first Close among them. It judges nothing: a length that lies is
// believed, as the peer will have to.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "ws/close.h"
#include "ws/frame.h"

namespace ws {

class SentFrames {
 public:
  void follow(ConstBytes bytes);

  bool at_boundary() const { return decoder_.at_boundary(); }

  /// Of the first Close frame, once it is complete; 1005 when it carries none.
  std::optional<CloseCode> close_code() const { return close_code_; }

 private:
  void take(const FramePiece& piece);

  FrameDecoder decoder_;
  std::array<std::uint8_t, 2> body_ = {};  // of a Close frame, as far as its code goes
  std::size_t body_size_ = 0;
  std::optional<CloseCode> close_code_;
};

}  // namespace ws
