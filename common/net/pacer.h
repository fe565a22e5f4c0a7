// Cuts what is to be written into pieces of chosen sizes, with pauses between: for a side that is
// slow on purpose. Without a pace everything may leave at once. Knows no clock and no stream.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>

#include "base/bytes.h"
#include "base/time.h"

namespace net {

class Pacer {
 public:
  /// The next write is of at most `size` bytes (0 counts as 1), and is followed by a pause.
  struct Slice {
    std::size_t size = SIZE_MAX;
    Duration pause = Duration(0);
  };
  /// Asked before each write how much of the `waiting` bytes may leave in it.
  using Pace = std::function<Slice(std::size_t waiting)>;

  /// An empty one ends the pace; what was in force is forgotten.
  void set(Pace pace);
  bool active() const { return pace_ != nullptr; }

  /// Whether a pause lasts at `now`; one that is over is forgotten.
  bool pauses(Time now);

  /// When the pause ends; nullopt when there is none.
  std::optional<Time> pause_end() const { return pause_end_; }

  /// The front of `waiting` that may be written now. A slice that begins here is no shorter than
  /// `refused`: what the stream took nothing of the last time (see Stream::write).
  ConstBytes next(ConstBytes waiting, std::size_t refused);

  /// `size` bytes of next() have gone at `now`.
  void sent(std::size_t size, Time now);

 private:
  Pace pace_;
  std::size_t left_ = 0;          // of the slice that is being written; 0: ask for the next
  Duration pause_ = Duration(0);  // after that slice
  std::optional<Time> pause_end_;
};

}  // namespace net
