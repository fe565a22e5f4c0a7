// What was published to one channel and can still be had: events as they are on the wire, encoded
// once for all who get them, numbered from 1. A client that comes back goes on behind the id that
// it had last, as long as that is kept. An id has the number, and in front of it the epoch, which
// is another in each run of the server: so what a client had in an earlier run is not taken for
// what it has had in this one. Pure, and for one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/output_buffer.h"

namespace stream_echo {

class EventLog {
 public:
  /// What is kept, the latest event in any case: enough for a client that comes back in a minute,
  /// and for one that is slow; not so much that channels full of it fill the memory.
  static constexpr std::size_t kMaxCount = 1000;
  static constexpr std::size_t kMaxSize = std::size_t{4} << 20;  ///< bytes on the wire

  /// `epoch` is of digits and letters.
  explicit EventLog(std::string_view epoch) : epoch_(epoch) {}

  /// Returns the number. `type` is without line ends, empty for "message"; both are valid UTF-8.
  std::uint64_t append(std::string_view type, std::string_view data);

  std::uint64_t first() const { return first_; }  ///< of what is kept, or next()
  std::uint64_t next() const { return next_; }    ///< that the next event gets

  std::string id_of(std::uint64_t number) const;

  /// Why a client does not get everything behind what it had.
  enum class Gap {
    none,
    unknown,  ///< it had an id that is not of this run of the server
    lost,     ///< what came behind that is not kept any more
  };
  struct Position {
    std::uint64_t next = 1;  ///< the number of the event that it gets first
    Gap gap = Gap::none;
  };
  /// Where a client goes on that had `last_event_id`: without one at the end; with "0", which is
  /// none of ours, at the beginning.
  Position find(std::string_view last_event_id) const;

  struct Batch {
    ConstBytes bytes = {};   ///< whole events; until the next append()
    std::uint64_t next = 1;  ///< of the event behind them
  };
  /// Events from `number` on, of first() to next(): as many as fit into `limit` bytes, but one at
  /// least if there is one.
  Batch from(std::uint64_t number, std::size_t limit) const;

  /// Of event `number` alone, which is kept, what lies behind its first `offset` bytes; until the
  /// next append().
  ConstBytes rest_of(std::uint64_t number, std::size_t offset) const;

 private:
  void drop_first();

  /// The offset of the first byte behind event `number`, or of the first one kept.
  std::uint64_t end_of(std::uint64_t number) const;

  std::string epoch_;
  OutputBuffer bytes_{SIZE_MAX};
  std::uint64_t begin_ = 0;  // offset of bytes_: of the events there were, this many are gone
  std::vector<std::uint64_t> ends_;  // offsets behind events, by number modulo kMaxCount
  std::uint64_t first_ = 1;
  std::uint64_t next_ = 1;
};

}  // namespace stream_echo
