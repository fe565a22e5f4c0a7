// How what is sent leaves: in which writes, and with what pauses between them. `dribble` is about
// the answer, `slice`, `rate` and `jitter` about what follows it, `split` about the pieces of an
// event stream. Knows no clock and no stream; net/pacer asks it before each write.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <vector>

#include "fault.h"
#include "net/pacer.h"

namespace stream_echo {

class PaceFaults {
 public:
  /// `random` gives a number below its argument.
  explicit PaceFaults(std::function<std::uint64_t(std::uint64_t)> random)
      : random_(std::move(random)) {}

  /// An answer of `size` bytes is to leave first: by `dribble`, or in one write.
  void begin_answer(std::size_t size, std::optional<Fault> dribble);

  /// From now on; instead of an earlier fault of the same word.
  void add(const Fault& fault);

  /// From now on each piece that follows the answer is announced, and leaves in a write of its own.
  void keep_pieces_apart() { apart_ = true; }
  void announce(std::size_t size, Duration pause);

  /// Whether anything leaves otherwise than it would by itself.
  bool active() const { return !faults_.empty() || dribble_ || apart_; }

  net::Pacer::Slice next(std::size_t waiting);

 private:
  struct Piece {
    std::size_t size = 0;
    Duration pause = Duration(0);
  };

  const Fault* find(Word word) const;

  std::function<std::uint64_t(std::uint64_t)> random_;
  std::size_t answer_left_ = 0;  // bytes that have not been sliced yet
  std::optional<Fault> dribble_;
  std::vector<Fault> faults_;
  bool apart_ = false;
  std::deque<Piece> pieces_;
};

}  // namespace stream_echo
