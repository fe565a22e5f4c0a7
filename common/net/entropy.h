// Unpredictable bytes from the kernel and from OpenSSL's generator, for masking keys and handshake
// nonces. Buffered for each thread, so that a 4-byte key does not cost a call into the generator.
// Not for a forked child.
#pragma once

#include "base/bytes.h"
#include "ws/mask.h"

namespace net {

void fill_random(Bytes out);

/// A MaskSource for connections that are real.
ws::MaskKey random_mask_key();

}  // namespace net
