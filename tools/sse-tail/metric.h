// The numbers that a TimingReport gives, by name: one table, from which --timing in JSON lines,
// --fail-if and --write-out have what they call them.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "timing.h"

namespace sse_tail {

enum class Unit : std::uint8_t {
  time,   ///< in microseconds
  count,  ///< a whole number
  rate,   ///< in one second
  share,  ///< between 0 and 1
};

struct Metric {
  std::string_view name = {};
  Unit unit = Unit::count;
  /// nullopt: not known, because nothing of the kind happened.
  std::optional<double> (*value)(const TimingReport&) = nullptr;
};

/// In the order in which they are shown.
std::span<const Metric> metrics();

/// nullptr: there is none.
const Metric* find_metric(std::string_view name);

inline constexpr int kUsualDigits = 3;

/// "12.3 ms", "1.2 s": so many digits, whatever they are worth, at least the usual ones.
std::string time_text_of(double us, int digits = kUsualDigits);

/// For people: with its unit, a count with all digits, a share in percent.
std::string value_text(Unit unit, double value, int digits = kUsualDigits);

/// Both with so many digits that they differ, unless they are the same.
std::pair<std::string, std::string> value_texts(Unit unit, double a, double b);

/// For programs: seconds with six decimals as curl writes times, other fractions with four, as
/// decimal_text() has them.
std::string plain_text(Unit unit, double value);

}  // namespace sse_tail
