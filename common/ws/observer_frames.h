// The frames of one direction as an observer sees them (RFC 6455 sections 5 to 8, RFC 7692 section
// 6): every rule that an endpoint applies, by the same functions (ws/judge), but it goes on behind
// a broken one wherever the frame boundaries are still known.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>

#include "base/bytes.h"
#include "base/utf8.h"
#include "ws/close.h"
#include "ws/deflate.h"
#include "ws/frame.h"
#include "ws/judge.h"
#include "ws/observation.h"

namespace ws {

class FrameObserver {
 public:
  /// `offset` is that of the first frame in the stream.
  FrameObserver(Direction direction, const MessageLimits& limits, std::uint64_t offset)
      : direction_(direction), limits_(limits), decoder_(offset) {}

  /// What the handshake agreed on. `others`: an extension that may give any meaning to the reserved
  /// bits. A compressed message that is open goes on as it began.
  void agree(const std::optional<DeflateParameters>& deflate, bool others);

  /// Takes bytes off the front of `in`, up to the end of a frame at most, and tells of them. False:
  /// where the next frame begins cannot be known any more. `frame_count` numbers the frames.
  bool take(Bytes& in, std::uint64_t& frame_count, ObservationQueue& out);

  /// Nothing more comes: tells what that cuts.
  void cut(std::uint64_t frame_count, ObservationQueue& out);

  /// Between two messages.
  bool at_boundary() const { return decoder_.at_boundary() && reading_ == Reading::nothing; }
  bool closed() const { return closed_; }  ///< a Close frame has come

 private:
  enum class Reading : std::uint8_t { nothing, plain, compressed, lost };
  enum class Use : std::uint8_t { none, control, message };  // of a frame's payload

  void begin_frame(const FramePiece& piece, ObservationQueue& out);
  void judge_start(const FrameHeader& header, std::uint64_t offset, ObservationQueue& out);
  void judge_key(const FrameHeader& header, ObservationQueue& out);
  void begin_data(const FramePiece& piece, ObservationQueue& out);
  void take_plain(const FramePiece& piece, ObservationQueue& out);
  void take_inflated(const Inflater::Piece& inflated, bool ends, ObservationQueue& out);
  void take_control(const FramePiece& piece, ObservationQueue& out);
  void end_frame(const FrameHeader& header, bool cut, ObservationQueue& out);
  Observation& push_message(ConstBytes piece, bool last, ObservationQueue& out);
  void cut_message(ObservationQueue& out);
  void tell(const std::optional<diag::Violation>& violation, ObservationQueue& out) const;

  Direction direction_;
  MessageLimits limits_;
  FrameDecoder decoder_;

  // Of the frame
  std::uint64_t number_ = 0;
  std::uint64_t offset_ = 0;
  std::uint64_t position_ = 0;  // payload bytes that have come
  Use use_ = Use::none;
  std::array<std::uint8_t, kMaxHeaderSize> header_bytes_ = {};
  std::array<std::uint8_t, kMaxControlSize> control_ = {};
  std::optional<MaskKey> last_key_;
  bool key_told_ = false;
  bool closed_ = false;

  // Of the message
  Reading reading_ = Reading::nothing;
  MessageKind kind_ = MessageKind::text;
  bool delivered_ = false;
  bool judges_text_ = false;
  bool judges_size_ = false;
  std::uint64_t announced_ = 0;  // by the headers, or inflated
  std::uint64_t told_ = 0;       // bytes that have been told of
  std::uint32_t fragment_count_ = 0;
  Utf8Validator utf8_;

  // Of permessage-deflate
  std::unique_ptr<Inflater> inflater_;  // null: not agreed
  bool context_takeover_ = false;
  bool inflater_broken_ = false;  // to be replaced before the next compressed message
  bool window_lost_ = false;      // what comes may refer to what could not be inflated
  bool others_ = false;
};

}  // namespace ws
