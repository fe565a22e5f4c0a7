// Masking (RFC 6455 section 5.3): XOR with a 4-byte key that starts anew in every frame. It keeps
// script-chosen bytes from looking like HTTP to old proxies; it hides nothing.
#pragma once

#include <array>
#include <cstdint>
#include <functional>

#include "base/bytes.h"

namespace ws {

using MaskKey = std::array<std::uint8_t, 4>;

/// Where the masking keys of a client come from: unpredictable ones in the tools (RFC 6455 10.3),
/// fixed ones in tests. Called once per frame.
using MaskSource = std::function<MaskKey()>;

/// XORs `bytes` in place. `position` is the offset of bytes[0] in the frame's payload, so that a
/// payload may be masked in pieces. Masking twice gives the original.
void apply_mask(Bytes bytes, MaskKey key, std::uint64_t position);

}  // namespace ws
