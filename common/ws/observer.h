// Watches both directions of one connection from outside (RFC 6455, 7692, 9112): what ws/handshake,
// ws/message and http/head say to an endpoint, told of somebody else's bytes. It judges by the same
// rules and goes on: behind a broken one it is still told what comes, as long as it can be told
// where one thing ends and the next begins. It holds no message: memory is a head of 16 KiB and a
// window of permessage-deflate for each direction, whatever comes.
//
//   while (const auto told = observer.next(direction, in)) ...
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "ws/observation.h"
#include "ws/observer_frames.h"
#include "ws/observer_head.h"

namespace ws {

struct ObserverSettings {
  enum class Begin : std::uint8_t {
    by_first_byte,  ///< a direction whose first byte can begin a head, and no sound frame, does
    handshake,
    frames,
  };

  Begin begin = Begin::by_first_byte;
  /// permessage-deflate as it was agreed, for when no answer to a handshake is seen.
  std::optional<DeflateParameters> deflate = {};
  /// An observer needs none.
  MessageLimits limits = {.max_message = UINT64_MAX, .max_fragments = UINT32_MAX};
};

class Observer {
 public:
  explicit Observer(const ObserverSettings& settings);

  /// Takes bytes of `direction` off the front of `in` and tells what they are, one thing after the
  /// other; nullopt: `in` is used up and all has been told. Payloads are unmasked in `in`, which is
  /// to stay as it is until then. Nothing comes behind eof(). After eof() and hole() to be called
  /// with an empty `in`, before anything else.
  ///
  /// The directions may come in any order. But what a client sends is judged better when the answer
  /// to its handshake is known, and an answer when its request is: in the order of time, if
  /// possible.
  std::optional<Observation> next(Direction direction, Bytes& in);

  /// The direction ended.
  void eof(Direction direction);

  /// Bytes of the direction are lost, `size` of them if that is known; otherwise offsets count on
  /// as if there were none. Nothing that follows in this direction can be told apart: there is no
  /// guess where a frame may begin. A new handshake is a new connection, and another observer's.
  void hole(Direction direction, std::optional<std::uint64_t> size = std::nullopt);

  std::uint64_t frame_count() const { return frame_count_; }  ///< of both directions

  /// Bytes of the direction so far, with those of holes of a known size.
  std::uint64_t offset(Direction direction) const { return side(direction).offset; }

 private:
  enum class Reads : std::uint8_t { undecided, heads, frames, nothing };

  struct Side {
    explicit Side(Direction which) : direction(which), heads(which) {}

    Direction direction;
    Reads reads = Reads::undecided;
    bool after_head = false;  // the frames are
    bool ended = false;
    std::uint64_t offset = 0;  // bytes that have come
    HeadObserver heads;
    std::optional<FrameObserver> frames;
  };

  Side& side(Direction direction) { return sides_[static_cast<std::size_t>(direction)]; }
  const Side& side(Direction direction) const {
    return sides_[static_cast<std::size_t>(direction)];
  }
  void step(Side& from, Bytes& in);
  void decide(Side& from, std::uint8_t first);
  bool begins_frames(const Side& from, std::uint8_t first) const;
  void agree(FrameObserver& frames) const;
  void follow_answer();
  StreamEnd cut(Side& from, bool ended);

  ObserverSettings settings_;
  std::array<Side, 2> sides_ = {Side(Direction::to_server), Side(Direction::to_client)};
  Exchange exchange_;
  std::uint64_t frame_count_ = 0;
  ObservationQueue queue_;
};

/// The direction that `first` bytes of a lone one probably belong to: by its head, or by the mask
/// of its first frame. It takes two bytes.
Direction guess_direction(ConstBytes first);

}  // namespace ws
