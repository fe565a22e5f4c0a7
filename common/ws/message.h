// From frames to messages (RFC 6455 sections 5.4 to 5.6 and 8.1, RFC 7692 section 6.2), and the
// judge of what the peer sends: every rule about frames is checked here, each as early as its first
// byte allows. It answers nothing; ws/connection does.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>

#include "base/bytes.h"
#include "base/utf8.h"
#include "diag/rule.h"
#include "ws/close.h"
#include "ws/deflate.h"
#include "ws/deflate_offer.h"
#include "ws/frame.h"

namespace ws {

/// Which end of the connection this is.
enum class Role : std::uint8_t { client, server };

enum class MessageKind : std::uint8_t { text, binary };

/// `opcode` is text or binary.
inline MessageKind kind_of(Opcode opcode) {
  return opcode == Opcode::text ? MessageKind::text : MessageKind::binary;
}

/// How a connection came to its end.
enum class Ending : std::uint8_t {
  peer,        ///< the peer's Close came first
  us,          ///< our Close came first and was answered
  unanswered,  ///< our Close was not answered before the transport ended or the time was up
  violation,   ///< the peer broke a rule
  timeout,     ///< no pong, or a message that never ended
  cut,         ///< the transport ended without a Close
};

enum class EventType : std::uint8_t { message, ping, pong, close, violation, ended };

/// One thing that happened, flat. Views live until the next call of whoever returned it.
struct Event {
  EventType type = EventType::message;
  /// message: a piece of one, which lies wholly here when `first` and `last`. A text may be cut
  /// inside a character. Only the last piece of a message may be empty.
  MessageKind kind = MessageKind::text;
  bool first = true;
  bool last = true;
  bool compressed = false;         ///< the message came compressed; `payload` is inflated
  Ending ending = Ending::cut;     ///< ended
  CloseCode code = 0;              ///< close, ended
  Bytes payload = {};              ///< message, ping, pong; the reason of close and ended
  diag::Violation violation = {};  ///< violation
};

/// What an end of the stream would cut.
struct Unfinished {
  enum class Frame : std::uint8_t { none, header, payload };
  Frame frame = Frame::none;
  Opcode opcode = Opcode::cont;  ///< of the frame whose payload is cut
  std::uint64_t left = 0;        ///< of that payload, bytes that have not come
  bool message = false;          ///< one has begun and not ended
  MessageKind kind = MessageKind::text;
  std::uint64_t received = 0;  ///< of that message, bytes that have come (and are inflated)
};

struct MessageLimits {
  std::uint64_t max_message = std::uint64_t{64} << 20;  ///< bytes, what a debugging tool may meet
  /// Conformance suites send 65536; no object is kept per fragment, so that this costs no memory.
  std::uint32_t max_fragments = 262144;
};

class MessageReader {
 public:
  /// `role` is that of the reading end: a server reads masked frames, a client unmasked ones.
  /// `deflate`: permessage-deflate is agreed.
  MessageReader(Role role, const MessageLimits& limits,
                const std::optional<DeflateParameters>& deflate = std::nullopt);

  /// Takes bytes off the front of `in` up to the next event, never `ended`; nullopt: `in` is used
  /// up. Payloads are unmasked in `in`, or inflated elsewhere: what would inflate to too much for
  /// one event stays in `in`. After a close or a violation everything is swallowed.
  std::optional<Event> next(Bytes& in);

  /// Takes a whole message of one frame off the front of `in` if that is what lies there, and
  /// leaves the payload as it came. False: nothing was taken, as it is for next(). What becomes of
  /// the payload is to be shown to is_sound(), and if need be to fail_plain().
  bool take_plain(Bytes& in, PlainFrame& frame);

  /// Whether `payload`, which is that of `frame` without its mask, keeps the rules.
  static bool is_sound(const PlainFrame& frame, ConstBytes payload) {
    return frame.opcode != Opcode::text || is_utf8(payload);
  }

  /// The rule that an unsound payload breaks.
  Event fail_plain(const PlainFrame& frame, ConstBytes payload);

  /// A message or a frame has begun and has not ended.
  bool is_unfinished() const { return message_open_ || !decoder_.at_boundary(); }
  Unfinished unfinished() const;

  /// Of permessage-deflate: nullptr when it is not agreed.
  const Inflater* inflater() const { return inflater_.get(); }

  /// There is memory that release_idle() can give back: no compressed message is open.
  bool holds_idle() const {
    return inflater_ != nullptr && inflater_->holds_state() && !(message_open_ && compressed_);
  }
  void release_idle();

 private:
  void take(const FramePiece& piece, Bytes& in, std::optional<Event>& event);
  void take_data(const FramePiece& piece, std::optional<Event>& event);
  std::optional<Event> take_compressed(const FramePiece& piece, Bytes& in);
  std::optional<Event> take_control(const FramePiece& piece);
  Event close_event(Bytes body, std::uint64_t offset);
  std::optional<diag::Violation> judge_start(const FrameHeader& header, std::uint64_t offset) const;
  std::optional<diag::Violation> judge_rest(const FramePiece& piece);
  Event fail(const diag::Violation& violation);

  Role role_;
  Utf8Validator utf8_;
  MessageKind kind_ = MessageKind::text;
  bool message_open_ = false;
  bool compressed_ = false;  // the open message
  bool delivered_ = false;   // a piece of the open message has been returned
  bool finished_ = false;    // after a close or a violation
  std::uint8_t control_size_ = 0;
  std::uint32_t fragment_count_ = 0;
  MessageLimits limits_;
  FrameDecoder decoder_;
  // Of the open message so far: announced by its headers, or inflated.
  std::uint64_t message_size_ = 0;
  std::unique_ptr<std::array<std::uint8_t, 125>> control_;  // a frame cut by a buffer's end
  std::unique_ptr<Inflater> inflater_;
};

}  // namespace ws
