// Lines of JSON (application/x-ndjson) as the messages of an event stream, so that what reads the
// one can read the other: a line is a message, blank lines are none. Whether it is JSON is not
// looked at. There are no types, IDs, comments or retry times.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "sse/parser.h"

namespace sse {

class LineParser {
 public:
  enum class Unit : std::uint8_t {
    line,  ///< LF ends a message; a CR before it is no part of it
    body,  ///< all there is, line ends too, is one message
  };

  /// `max_event` limits, in bytes, a message; memory grows to about that, and by up to three times
  /// a line that is not UTF-8.
  explicit LineParser(Unit unit, std::uint64_t max_event = kMaxEventSize)
      : unit_(unit), max_event_(max_event) {}

  /// Takes bytes off the front of `in` up to the next event, a message or a violation; nullopt:
  /// `in` is used up. As in Parser, U+FFFD stands for what is not UTF-8, a byte order mark at the
  /// very beginning is passed over, and the views live until the next call. After a violation (only
  /// the limit is one) or the end all is swallowed.
  std::optional<Event> next(ConstBytes& in);

  /// The body has ended: a line without its end is a message like any other.
  std::optional<Event> end();

  /// How many bytes have been taken.
  std::uint64_t offset() const { return offset_; }

 private:
  std::optional<Event> message(ConstBytes line, std::uint64_t offset);
  Event fail(std::uint64_t offset);

  Unit unit_;
  std::uint64_t max_event_;
  std::uint64_t offset_ = 0;  // of the next byte
  bool finished_ = false;     // after a violation or the end
  std::string line_;          // LineBuffer: a message whose end has not come
  std::string cut_;           // one that was begun in line_, complete
  std::string repaired_;      // text with U+FFFD
};

}  // namespace sse
