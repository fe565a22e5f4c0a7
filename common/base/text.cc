#include "base/text.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

/// Cuts the unit (the letters at the end) off `text`.
std::string_view take_unit(std::string_view& text) {
  std::size_t size = text.size();
  while (size > 0 && is_ascii_alpha(text[size - 1])) --size;
  const std::string_view unit = text.substr(size);
  text = text.substr(0, size);
  return unit;
}

int hex_value(char c) {
  if (is_ascii_digit(c)) return c - '0';
  const char lower = ascii_lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

}  // namespace

std::string count_text(std::uint64_t count, std::string_view unit) {
  return std::to_string(count) + " " + std::string(unit) + (count == 1 ? "" : "s");
}

std::optional<std::uint64_t> parse_integer(std::string_view text, std::uint64_t max) {
  if (text.empty()) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : text) {
    if (!is_ascii_digit(c)) return std::nullopt;
    const auto digit = static_cast<std::uint64_t>(c - '0');
    if (value > (UINT64_MAX - digit) / 10) return std::nullopt;
    value = value * 10 + digit;
  }
  if (value > max) return std::nullopt;
  return value;
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  const std::string_view unit = take_unit(text);
  std::uint64_t factor = 1;
  if (equals_ignoring_case(unit, "k")) {
    factor = std::uint64_t{1} << 10;
  } else if (equals_ignoring_case(unit, "m")) {
    factor = std::uint64_t{1} << 20;
  } else if (equals_ignoring_case(unit, "g")) {
    factor = std::uint64_t{1} << 30;
  } else if (!unit.empty()) {
    return std::nullopt;
  }
  const auto count = parse_integer(text, UINT64_MAX / factor);
  if (!count) return std::nullopt;
  return *count * factor;
}

std::optional<Duration> parse_duration(std::string_view text) {
  constexpr std::array<Unit, 6> kUnits = {{{"us", 1},
                                           {"ms", 1'000},
                                           {"s", 1'000'000},
                                           {"", 1'000'000},
                                           {"m", 60'000'000},
                                           {"h", 3'600'000'000}}};
  constexpr std::uint64_t kYear = std::uint64_t{365} * 24 * 3'600'000'000;

  const std::string_view name = take_unit(text);
  const auto* const unit =
      std::find_if(kUnits.begin(), kUnits.end(), [&](const Unit& u) { return u.name == name; });
  if (unit == kUnits.end()) return std::nullopt;

  const std::size_t point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  std::string_view decimals = point == text.npos ? std::string_view{} : text.substr(point + 1);
  if (whole.empty() && decimals.empty()) return std::nullopt;

  const auto units = whole.empty() ? std::uint64_t{0} : parse_integer(whole, kYear / unit->factor);
  if (!units) return std::nullopt;
  std::uint64_t total = *units * unit->factor;

  std::uint64_t place = unit->factor;
  for (const char c : decimals) {
    if (!is_ascii_digit(c)) return std::nullopt;
    place /= 10;  // below a microsecond nothing is left to add
    total += place * static_cast<std::uint64_t>(c - '0');
  }
  if (total > kYear) return std::nullopt;
  return Duration(static_cast<Duration::rep>(total));
}

std::optional<Slices> parse_slices(std::string_view text) {
  const std::size_t slash = std::min(text.find('/'), text.size());
  std::string_view size_text = text.substr(0, slash);
  if (size_text.ends_with('B')) size_text.remove_suffix(1);
  const auto size = parse_size(size_text);
  const auto pause = slash < text.size() ? parse_duration(text.substr(slash + 1)) : Duration(0);
  if (!size || *size == 0 || !pause) return std::nullopt;
  return Slices{.size = *size, .pause = *pause};
}

std::string decimal_text(double number, int decimals) {
  constexpr int kDigits = 4;
  constexpr int kMost = 15;
  if (number > 0 && number < 1) {
    const int zeros = -static_cast<int>(std::floor(std::log10(number))) - 1;
    decimals = std::clamp(zeros + kDigits, decimals, kMost);
  }
  return fmt::format("{:.{}f}", number, decimals);
}

bool is_ascii_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_ascii_alpha(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

char ascii_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return ascii_lower(x) == ascii_lower(y); });
}

std::string_view trim_spaces(std::string_view text) {
  const auto is_space = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

std::string to_hex(ConstBytes bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex;
  hex.reserve(bytes.size() * 2);
  for (const std::uint8_t byte : bytes) {
    hex += kDigits[byte >> 4];
    hex += kDigits[byte & 15];
  }
  return hex;
}

std::optional<std::vector<std::uint8_t>> from_hex(std::string_view text) {
  std::vector<std::uint8_t> bytes;
  bytes.reserve(text.size() / 2);
  for (text = trim_spaces(text); !text.empty(); text = trim_spaces(text)) {
    if (text.size() < 2) return std::nullopt;
    const int high = hex_value(text[0]);
    const int low = hex_value(text[1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes.push_back(static_cast<std::uint8_t>(high << 4 | low));
    text.remove_prefix(2);
  }
  return bytes;
}
