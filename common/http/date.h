// Dates as HTTP writes them (RFC 9110 section 5.6.7): `Sun, 06 Nov 1994 08:49:37 GMT`. The two
// older forms of that section are not read, although a recipient is asked to: no server writes them
// that is young enough for what we speak.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace http {

/// Seconds since the beginning of 1970; nullopt when `text` is no such date. Whether the day of the
/// week is the right one is not checked.
std::optional<std::int64_t> parse_date(std::string_view text);

}  // namespace http
