// Plays a recording through the protocol core, both directions of every connection: what the bytes
// of a file say happened, in the words of support/event_log. For tests of recordings, and of what
// is made from them.
//
//   #1 > GET /ws HTTP/1.1
//   #1 > text "hello"
//   #1 < 101
//   #1 < text "hello"
//   #1 < end
#pragma once

#include <string>

#include "base/bytes.h"
#include "support/event_log.h"

namespace test {

/// A line for each thing, sorted by connection, what was sent before what was received; a damaged
/// line is the last one. The file is given to the reader in `pieces`.
std::string replay(ConstBytes recording, const Pieces& pieces);

}  // namespace test
