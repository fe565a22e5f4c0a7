// The heads of one direction as an observer sees them (RFC 9112, RFC 6455 section 4), and the
// bodies behind them: requests before the upgrade, and answers that are no 101. The rules are those
// of http/head and ws/handshake; behind a broken one it goes on where the head's end can be found.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include "base/bytes.h"
#include "http/body.h"
#include "http/head.h"
#include "ws/handshake.h"
#include "ws/observation.h"

namespace ws {

/// What the heads of one direction have to know of those of the other.
class Exchange {
 public:
  struct Request {
    bool head = false;     ///< HEAD: the answer has no body
    bool connect = false;  ///< CONNECT: behind the answer there is another protocol
    bool upgrade = false;  ///< asks for a WebSocket
  };

  void add(const Request& request);

  /// The request that the next answer belongs to; nullopt: it was not seen.
  std::optional<Request> next() const;
  void answered();  ///< by a final answer

  std::optional<Asked> asked;  ///< by the latest request for a WebSocket, until it is refused
  bool upgraded = false;       ///< by a 101: behind it, and behind the request, there are frames
  bool tunnel = false;         ///< both directions go on with another protocol
  std::optional<DeflateParameters> deflate;  ///< agreed
  bool others = false;                       ///< another extension is agreed

 private:
  // Whoever sends more before the first answer comes is no client for whom it matters.
  static constexpr std::size_t kMaxRequests = 64;

  std::deque<Request> requests_;  // not answered yet
};

class HeadObserver {
 public:
  explicit HeadObserver(Direction direction) : direction_(direction), reader_(kind()) {}

  /// Takes bytes off the front of `in`, up to the end of a head or of a piece of a body at most,
  /// and tells of them. `offset` is that of in[0] in the stream. False: what follows cannot be
  /// read.
  bool take(Bytes& in, std::uint64_t offset, Exchange& exchange, ObservationQueue& out);

  /// Nothing more comes: tells what that cuts; false: nothing. `ended`: the stream has, which is
  /// the end of some bodies.
  bool cut(bool ended, ObservationQueue& out);

  /// Between two heads.
  bool at_boundary() const { return awaits_ == Awaits::head; }

 private:
  enum class Awaits : std::uint8_t { head, head_rest, broken_head_end, body };

  http::HeadKind kind() const {
    return direction_ == Direction::to_server ? http::HeadKind::request : http::HeadKind::response;
  }
  bool take_head(Bytes& in, Exchange& exchange, ObservationQueue& out);
  bool take_broken(const diag::Violation& violation, Exchange& exchange, ObservationQueue& out);
  bool take_broken_rest(Bytes& in, std::uint64_t offset, Exchange& exchange, ObservationQueue& out);
  bool end_broken(Exchange& exchange);
  bool take_request(Exchange& exchange, ObservationQueue& out);
  bool take_answer(Exchange& exchange, ObservationQueue& out);
  void judge_upgrade(Exchange& exchange, ObservationQueue& out);
  bool begin_body(bool judged, ObservationQueue& out);
  bool take_body(Bytes& in, std::uint64_t offset, ObservationQueue& out);
  void end_body(std::uint64_t offset, bool cut, ObservationQueue& out);
  bool ends_head(std::uint8_t byte);
  void tell(const diag::Violation& violation, ObservationQueue& out) const;

  Direction direction_;
  Awaits awaits_ = Awaits::head;
  http::HeadReader reader_;
  bool interim_ = false;      // the latest head was a 1xx: the next one counts with it
  std::uint64_t base_ = 0;    // what the reader counts from, in the stream
  std::uint64_t begin_ = 0;   // of the head
  std::uint64_t offset_ = 0;  // behind what has been taken of a body
  ObservedHead head_;
  std::optional<http::BodyReader> body_;
  http::BodyKind body_kind_ = http::BodyKind::none;
  std::uint64_t line_size_ = 0;  // of a broken head's current line
  unsigned status_ = 0;          // of a broken answer
};

}  // namespace ws
