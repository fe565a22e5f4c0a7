// Where the lines of an event stream end (HTML Living Standard 9.2.5): at CR LF, CR or LF, and at
// no other character that means a new line elsewhere.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.h"

namespace sse {

struct LineScan {
  std::size_t size = 0;  ///< bytes in front of the first CR or LF, or all when there is neither
  bool ascii = false;    ///< they are ASCII; false also when that was not looked at
};

inline bool is_line_end(std::uint8_t byte) {
  return byte == '\n' || byte == '\r';
}

/// Looks beyond the line at times, never beyond `bytes`.
LineScan scan_line(ConstBytes bytes);

}  // namespace sse
