// SHA-1, which RFC 6455 section 1.3 uses to show that a server read the opening handshake.
// It protects nothing.
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.h"

std::array<std::uint8_t, 20> sha1(ConstBytes bytes);
