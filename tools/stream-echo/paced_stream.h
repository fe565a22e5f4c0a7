// An answer that comes block by block, each in its time: that of a model, or of a tool. What the
// blocks are is the business of whoever makes it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/output_buffer.h"
#include "base/time.h"

namespace stream_echo {

class PacedStream {
 public:
  /// Appends the next block. Returns how long after it the one behind it is due; nullopt: it was
  /// the last one. It may be empty, which counts for nothing.
  using Append = std::function<std::optional<Duration>(OutputBuffer& out)>;

  /// What not every stream has.
  struct Traits {
    /// Appends what stands behind the last block, at the same time.
    std::function<void(OutputBuffer& out)> append_end = {};
    /// Appends the block that tells of an error. Whoever sends it ends the stream.
    std::function<void(OutputBuffer& out, std::string_view text)> append_error = {};
    /// Whether the latest block is what faults happen to, and not what stands around that. Without
    /// it all blocks are.
    std::function<bool()> is_content = {};
    /// A client may come back for the rest; if it is sent away, it is told when.
    bool resumable = false;
  };

  /// There is one block at least, due at `first_due`.
  PacedStream(Append append, Time first_due, Traits traits);

  /// Appends the blocks that are due at `now`, until `out` has `limit` bytes or more. Returns how
  /// many.
  std::uint64_t append_due(OutputBuffer& out, std::size_t limit, Time now);

  bool finished() const { return finished_; }

  /// When the next block is due; of no meaning when it has finished.
  Time due() const { return due_; }

  void append_end(OutputBuffer& out) const;

  /// False when it knows no such block, and nothing is appended.
  bool append_error(OutputBuffer& out, std::string_view text) const;

  bool is_content() const { return !traits_.is_content || traits_.is_content(); }

  bool resumable() const { return traits_.resumable; }

  /// What is next has become due at `now`, whenever it was to be.
  void wake(Time now);

  /// Called when wake() was.
  void on_woken(std::function<void()> woken) { woken_ = std::move(woken); }

 private:
  Append append_;
  Time due_;
  Traits traits_;
  std::function<void()> woken_;
  bool finished_ = false;
};

}  // namespace stream_echo
