// What an observer of a connection (ws/observer) tells, and the queue it tells it through: flat
// events that are views. Those of them that carry bytes of the wire, one behind the other, are the
// whole input: nothing is lost, nothing told twice.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/check.h"
#include "diag/rule.h"
#include "http/head.h"
#include "ws/close.h"
#include "ws/deflate_offer.h"
#include "ws/frame.h"
#include "ws/message.h"

namespace ws {

/// Of the bytes: to the server, which the client sends, or to the client.
enum class Direction : std::uint8_t { to_server, to_client };

enum class ObservationType : std::uint8_t {
  // These carry bytes of the wire.
  head,     ///< a request or an answer, whole: `bytes`, `head`
  body,     ///< content behind a head, without chunk framing; the last piece of it may be empty
  frame,    ///< begins: `bytes` is its header as it came, at most 14 bytes
  payload,  ///< of the frame, unmasked: wire_payload() masks it again
  raw,      ///< bytes that are none of these: see `raw`
  // These say what the bytes mean.
  message,    ///< a piece of one, inflated
  ping,       ///< `bytes`: the payload, or its first 125 bytes
  pong,       ///< likewise
  close,      ///< `code`; `bytes`: the reason, as far as it is in the first 125 bytes
  frame_end,  ///< with `cut`: the frame's payload is not complete
  violation,
  hole,  ///< bytes are missing from here on; what follows in this direction is raw
  end,   ///< of this direction: see `end`
};

/// Why bytes are raw.
enum class RawKind : std::uint8_t {
  head,     ///< a head that is broken or was cut
  framing,  ///< sizes of chunks and what stands between them, trailers
  header,   ///< the beginning of a frame's header that was cut
  rest,     ///< behind something that cannot be told apart, or another protocol than these
};

/// How a direction ended.
enum class StreamEnd : std::uint8_t {
  closed,    ///< behind a Close frame
  unclosed,  ///< between two messages, without a Close frame: 1006
  cut,       ///< inside a head, a body, a frame or a message
  http,      ///< between two heads: there were no frames
};

/// A head, and what it says.
struct ObservedHead {
  http::Head head;
  bool upgrade = false;   ///< a request asks for a WebSocket; an answer is the 101 to one
  bool accepted = false;  ///< that 101 keeps every rule
  bool matched = false;   ///< it was held against the request that it answers
  std::vector<std::string> protocols = {};        ///< offered, or the one that was chosen
  std::string extensions = {};                    ///< offered, or agreed, as they were written
  std::optional<DeflateParameters> deflate = {};  ///< an answer: permessage-deflate is agreed
};

/// Views live until the observer's next call, `bytes` of the caller's buffer as long as that is not
/// changed.
struct Observation {
  ObservationType type = ObservationType::raw;
  Direction direction = Direction::to_server;
  /// In the direction's stream: of bytes[0] for what carries bytes of the wire; of the frame's
  /// first byte for what has to do with a frame; of the byte that shows a violation.
  std::uint64_t offset = 0;
  ConstBytes bytes = {};
  const ObservedHead* head = nullptr;  ///< head

  std::uint64_t frame = 0;  ///< its number in the connection, from 1; 0: there is none
  FrameHeader header = {};  ///< frame, payload, frame_end, ping, pong, close
  /// payload, message: the bytes of it that came before these.
  std::uint64_t position = 0;
  MessageKind kind = MessageKind::text;  ///< message
  bool first = true;                     ///< message
  bool last = true;                      ///< message, body: nothing more comes of it
  bool compressed = false;               ///< message
  bool cut = false;  ///< message, body, frame_end: it ended too early, `bytes` is empty
  CloseCode code = 0;
  diag::Violation violation = {};
  RawKind raw = RawKind::rest;
  StreamEnd end = StreamEnd::http;
  std::optional<std::uint64_t> missing = {};  ///< hole: so many bytes, when that is known
};

/// The bytes of the wire that `observation` stands for are as many as its `bytes`.
inline bool is_wire(const Observation& observation) {
  return observation.type <= ObservationType::raw;
}

/// Turns a copy of `payload.bytes` into what was on the wire. `payload` is such an observation.
inline void wire_payload(const Observation& payload, Bytes copy) {
  if (payload.header.masked) apply_mask(copy, payload.header.key, payload.position);
}

/// What one step of an observer has to tell, which is bounded: a frame can only break so many
/// rules.
class ObservationQueue {
 public:
  static constexpr std::size_t kRoom = 32;

  bool empty() const { return taken_ == size_; }

  Observation& push(ObservationType type, Direction direction, std::uint64_t offset,
                    ConstBytes bytes = {}) {
    if (empty()) taken_ = size_ = 0;
    CHECK(size_ < kRoom);
    Observation& added = queue_[size_++];
    added = Observation{.type = type, .direction = direction, .offset = offset, .bytes = bytes};
    return added;
  }

  void push_violation(Direction direction, const diag::Violation& violation,
                      std::uint64_t frame = 0) {
    Observation& told = push(ObservationType::violation, direction, violation.offset);
    told.violation = violation;
    told.frame = frame;
  }

  std::optional<Observation> pop() {
    return empty() ? std::nullopt : std::optional(queue_[taken_++]);
  }

 private:
  std::array<Observation, kRoom> queue_;
  std::size_t taken_ = 0;
  std::size_t size_ = 0;
};

}  // namespace ws
