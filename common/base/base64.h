// Base64 as in RFC 4648 section 4, with padding.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

std::string to_base64(ConstBytes bytes);

/// Strict about alphabet, length and padding, but not about the spare bits of the last character:
/// RFC 6455's own example key has them set.
std::optional<std::vector<std::uint8_t>> from_base64(std::string_view text);
