// The body of an answer, over all connections: as an event stream, as lines of JSON, or as one JSON
// value. What comes out are the events of sse/parser.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "sse/ndjson.h"
#include "sse/parser.h"

namespace sse_tail {

enum class Framing : std::uint8_t {
  events,  ///< text/event-stream
  lines,   ///< of JSON, each as an event
  whole,   ///< one JSON value, as one event, with the end of the body
};

class BodyReader {
 public:
  /// As for sse::Parser.
  BodyReader(std::string_view last_id, std::uint64_t max_event)
      : max_event_(max_event), parser_(last_id, max_event), lines_(sse::LineParser::Unit::line) {}

  /// Another body begins.
  void begin(Framing framing) {
    framing_ = framing;
    parser_.reset();
    const bool lines = framing == Framing::lines;
    lines_ = sse::LineParser(lines ? sse::LineParser::Unit::line : sse::LineParser::Unit::body,
                             max_event_);
  }

  Framing framing() const { return framing_; }

  std::optional<sse::Event> next(ConstBytes& in) {
    return framing_ == Framing::events ? parser_.next(in) : lines_.next(in);
  }

  /// The body is over: what that makes complete.
  std::optional<sse::Event> last() {
    return framing_ == Framing::events ? std::nullopt : lines_.end();
  }

  /// And what it cuts off.
  std::optional<sse::Unfinished> end() {
    return framing_ == Framing::events ? parser_.end() : std::nullopt;
  }

  /// The last event ID string: only events have one, and it stays.
  const std::string& last_id() const { return parser_.last_id(); }

  /// How many bytes of an event stream have been taken.
  std::uint64_t offset() const { return parser_.offset(); }

 private:
  std::uint64_t max_event_;
  Framing framing_ = Framing::events;
  sse::Parser parser_;
  sse::LineParser lines_;
};

}  // namespace sse_tail
