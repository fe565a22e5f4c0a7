// An answer that comes block by block, each in its time: that of a model, or of a tool. What the
// blocks are is the business of whoever makes it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/output_buffer.h"
#include "base/time.h"

namespace stream_echo {

class PacedStream {
 public:
  /// Appends the next block. Returns how long after it the one behind it is due; nullopt: it was
  /// the last one.
  using Append = std::function<std::optional<Duration>(OutputBuffer& out)>;

  /// There is one block at least, due at `first_due`. `end_mark` stands behind the last one, at the
  /// same time; empty: nothing does.
  PacedStream(Append append, Time first_due, std::string end_mark);

  /// Appends the blocks that are due at `now`, until `out` has `limit` bytes or more. Returns how
  /// many.
  std::uint64_t append_due(OutputBuffer& out, std::size_t limit, Time now);

  bool finished() const { return finished_; }

  /// When the next block is due; of no meaning when it has finished.
  Time due() const { return due_; }

  const std::string& end_mark() const { return end_mark_; }

 private:
  Append append_;
  Time due_;
  std::string end_mark_;
  bool finished_ = false;
};

}  // namespace stream_echo
