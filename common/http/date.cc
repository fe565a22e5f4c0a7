#include "http/date.h"

#include <algorithm>
#include <array>
#include <chrono>

#include "base/text.h"

namespace http {
namespace {

constexpr std::string_view kForm = "Www, 00 Mmm 0000 00:00:00 GMT";

/// Digits for 0, letters for others that are not `GMT`, and the rest as it stands.
bool has_form(std::string_view text) {
  return std::equal(text.begin(), text.end(), kForm.begin(), kForm.end(), [](char c, char form) {
    if (form == '0') return is_ascii_digit(c);
    if (form == 'W' || form == 'w' || form == 'm') return is_ascii_alpha(c);
    return form == c || (form == 'M' && is_ascii_alpha(c));
  });
}

}  // namespace

std::optional<std::int64_t> parse_date(std::string_view text) {
  constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  if (!has_form(text)) return std::nullopt;
  const auto number = [&](std::size_t at, std::size_t size) {
    return static_cast<int>(parse_integer(text.substr(at, size)).value_or(0));
  };
  const auto* const month = std::find(kMonths.begin(), kMonths.end(), text.substr(8, 3));
  if (month == kMonths.end()) return std::nullopt;
  const std::chrono::year_month_day day(
      std::chrono::year(number(12, 4)),
      std::chrono::month(static_cast<unsigned>(month - kMonths.begin()) + 1),
      std::chrono::day(static_cast<unsigned>(number(5, 2))));
  const int hour = number(17, 2);
  const int minute = number(20, 2);
  const int second = number(23, 2);
  if (!day.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
  const std::int64_t days = std::chrono::sys_days(day).time_since_epoch().count();
  return ((days * 24 + hour) * 60 + minute) * 60 + second;
}

}  // namespace http
