// How a body is to be read of which the media type tells nothing (--any-type), by how it begins:
// with a bracket it is JSON, one value or one in each line; with anything else it is an event
// stream.
#pragma once

#include <string>

#include "base/bytes.h"
#include "json_check.h"

namespace sse_tail {

enum class Framing : std::uint8_t {
  events,  ///< text/event-stream
  lines,   ///< of JSON, each as an event
  whole,   ///< one JSON value, as one event, with the end of the body
  any,     ///< one of these, as the body itself tells: FramingGuess
};

class FramingGuess {
 public:
  /// Takes bytes off the front of `in`, until they tell. A line of JSON is the first of several
  /// only when something follows it.
  Framing take(ConstBytes& in);

  /// The body is over.
  Framing end() const { return begun_ ? Framing::whole : Framing::events; }

  /// What was taken, which is to be read first. Memory grows up to the size of the first line.
  const std::string& taken() const { return taken_; }

 private:
  std::string taken_;
  JsonCheck check_;
  bool begun_ = false;  // with a bracket
};

}  // namespace sse_tail
