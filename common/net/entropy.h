// Unpredictable bytes from OpenSSL's generator, for masking keys and handshake nonces. Buffered for
// each thread, so that a 4-byte key does not cost a call into the generator. Not for a forked
// child.
#pragma once

#include "base/bytes.h"

namespace net {

void fill_random(Bytes out);

}  // namespace net
