// Writes what is of our own making as an event: that cannot fail.
#pragma once

#include "base/check.h"
#include "sse/encoder.h"

namespace stream_echo {

/// sse::encode() of a block that can be written.
inline void encode_or_die(OutputBuffer& out, const sse::Block& block) {
  const bool encoded = bool(sse::encode(out, block));
  CHECK(encoded);
}

}  // namespace stream_echo
