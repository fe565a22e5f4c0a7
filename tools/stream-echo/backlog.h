// What faults want to send and the connection has no room for yet, in its order: floods, bodies
// that leave in chunks, and whatever follows them. Each is kept once, as it is, and becomes bytes
// only when they are asked for, so that a large one that is cut small costs no more. No I/O.
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <variant>

#include "base/text.h"
#include "base/time.h"
#include "flood.h"

namespace stream_echo {

/// RFC 9112 7.1. `body` is not empty: that would be the last chunk.
std::string as_chunk(std::string_view body);

class Backlog {
 public:
  bool empty() const { return items_.empty(); }

  void add(Flood flood);

  /// Exactly these.
  void add_bytes(std::string_view bytes);

  /// A body in pieces of a size, each a chunk (as_chunk) or, when `chunked` is false, itself.
  void add_body(std::string body, const Slices& pieces, bool chunked);

  /// Floods end where they are, and nothing follows them.
  void stop_floods();

  struct Piece {
    std::string_view bytes = {};   ///< until the next call; may be empty
    Duration pause = Duration(0);  ///< that follows it
  };
  /// Takes what comes first. There is something.
  Piece next();

 private:
  struct Body {
    std::string text = {};
    std::size_t offset = 0;  // of what has not been taken
    Slices pieces = {};
    bool chunked = true;
  };

  Piece next_of(Flood& flood);
  Piece next_of(std::string& bytes);
  Piece next_of(Body& body);

  std::deque<std::variant<Flood, std::string, Body>> items_;
  std::string taken_;  // what the latest piece views
};

}  // namespace stream_echo
