// The demonstration stream of /sse: which of its messages are due, and their bytes. Pure; it is
// told the time, and whoever sends says how much there is room for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/output_buffer.h"
#include "base/time.h"
#include "sse_request.h"

namespace stream_echo {

class DemoStream {
 public:
  /// The first message is due at `now`.
  DemoStream(SseRequest request, Time now);

  /// Appends the messages that are due at `now`, one after the other until `out` has `limit` bytes
  /// or more; without a pause between them that is all of them. `unix_ms` is the time that they
  /// tell, in milliseconds since 1970. Returns how many.
  std::uint64_t append_due(OutputBuffer& out, std::size_t limit, Time now, std::uint64_t unix_ms);

  bool finished() const { return next_ == end_; }

  /// When the next message is due; of no meaning when it has finished.
  Time due() const { return due_; }

  /// Appends what stands behind the last message, `event: close`. It has no id, so that a client
  /// that comes back tells the id of the last message, and is told to stop.
  void append_end(OutputBuffer& out, std::uint64_t unix_ms);

 private:
  void make_template(std::uint64_t unix_ms);

  SseRequest request_;
  std::uint64_t next_;
  std::uint64_t end_;
  Time due_;
  // What all messages of one go have in common. The number of each stands in front, and again at
  // `number_at_` unless the request says what the content is.
  OutputBuffer template_;
  std::size_t number_at_ = 0;
  std::string json_;
};

}  // namespace stream_echo
