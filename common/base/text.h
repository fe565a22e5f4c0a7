// Small text work that has to be strict: integers without sign, space or overflow, sizes and times
// as people write them on a command line or in a URL, ASCII case, hexadecimal.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/time.h"

/// Decimal digits only, no sign, no space; nullopt when empty, malformed or above `max`.
std::optional<std::uint64_t> parse_integer(std::string_view text, std::uint64_t max = UINT64_MAX);

/// "1 byte", "2 bytes".
std::string count_text(std::uint64_t count, std::string_view unit);

/// Bytes, or with a unit `k`, `M`, `G` (either case; 1024-based): "64k" is 65536.
std::optional<std::uint64_t> parse_size(std::string_view text);

/// Seconds, decimals allowed, or with a unit `us`, `ms`, `s`, `m`, `h`: "1.5", "250ms". At most one
/// year.
std::optional<Duration> parse_duration(std::string_view text);

/// So many bytes at a time, with a pause between.
struct Slices {
  std::uint64_t size = 1;
  Duration pause = Duration(0);
};

/// SIZE or SIZE/TIME, SIZE also with a `B`: "1B/10ms". A size of 0 is none.
std::optional<Slices> parse_slices(std::string_view text);

/// `number`, finite and not negative, with `decimals` digits behind the point, and with more where
/// it takes more for four that tell something: 0.0002778.
std::string decimal_text(double number, int decimals);

bool is_ascii_digit(char c);
bool is_ascii_alpha(char c);
char ascii_lower(char c);
bool equals_ignoring_case(std::string_view a, std::string_view b);

/// Without leading and trailing SP and HTAB (the OWS of RFC 9110 5.6.3).
std::string_view trim_spaces(std::string_view text);

/// Lower-case hexadecimal, two digits a byte, nothing between.
std::string to_hex(ConstBytes bytes);

/// Digits of either case; spaces between bytes are allowed. nullopt on anything else.
std::optional<std::vector<std::uint8_t>> from_hex(std::string_view text);
