#include "surrogate.h"

#include <cstddef>
#include <optional>

#include "base/text.h"

namespace sse_tail {
namespace {

constexpr char32_t kFirstHalf = 0xD800;
constexpr char32_t kSecondHalf = 0xDC00;
constexpr char32_t kBehindHalves = 0xE000;
constexpr char32_t kHidden = 0x10F800;  // stands for kFirstHalf
constexpr std::size_t kEscapeSize = 6;  // "\uXXXX"
constexpr std::size_t kHiddenSize = 4;  // of a hidden half in UTF-8
constexpr std::string_view kReplacement = "\uFFFD";

/// A character beyond U+FFFF.
void append_character(std::string& out, char32_t code) {
  out += static_cast<char>(0xF0 | code >> 18);
  out += static_cast<char>(0x80 | (code >> 12 & 0x3F));
  out += static_cast<char>(0x80 | (code >> 6 & 0x3F));
  out += static_cast<char>(0x80 | (code & 0x3F));
}

/// The half that is escaped at `at`, if one is.
std::optional<char32_t> half_at(std::string_view json, std::size_t at) {
  if (json.size() < at + kEscapeSize || json.substr(at, 2) != "\\u") return std::nullopt;
  const auto bytes = from_hex(json.substr(at + 2, 4));
  if (!bytes || bytes->size() != 2) return std::nullopt;
  const char32_t unit = static_cast<char32_t>((*bytes)[0]) << 8 | (*bytes)[1];
  if (unit < kFirstHalf || unit >= kBehindHalves) return std::nullopt;
  return unit;
}

/// The half that is hidden at `at`, if one is.
std::optional<char32_t> hidden_at(std::string_view text, std::size_t at) {
  if (text.size() < at + kHiddenSize || !text.substr(at).starts_with("\xF4\x8F"))
    return std::nullopt;
  const auto third = static_cast<std::uint8_t>(text[at + 2]);
  if (third < 0xA0) return std::nullopt;
  const auto fourth = static_cast<std::uint8_t>(text[at + 3]);
  return kFirstHalf + ((third & 0x1FU) << 6 | (fourth & 0x3FU));
}

}  // namespace

std::string hide_halves(std::string_view json) {
  std::string out;
  std::size_t at = 0;
  while (at < json.size()) {
    const std::size_t size = json[at] == '\\' ? 2 : 1;
    const auto half = half_at(json, at);
    if (!half) {
      out += json.substr(at, size);
      at += size;
      continue;
    }
    const auto second = *half < kSecondHalf ? half_at(json, at + kEscapeSize) : std::nullopt;
    if (second.value_or(0) >= kSecondHalf) {
      out += json.substr(at, 2 * kEscapeSize);
      at += 2 * kEscapeSize;
    } else {
      append_character(out, kHidden + (*half - kFirstHalf));
      at += kEscapeSize;
    }
  }
  return out;
}

void HalfJoiner::append(std::string& out, std::string_view piece) {
  std::size_t at = 0;
  while (at < piece.size()) {
    if (const auto half = hidden_at(piece, at)) {
      take_half(out, *half);
      at += kHiddenSize;
    } else {
      end(out);
      out += piece[at++];
    }
  }
}

void HalfJoiner::take_half(std::string& out, char32_t half) {
  if (half < kSecondHalf) {
    end(out);
    first_ = half;
  } else if (first_ != 0) {
    append_character(out, 0x10000 + ((first_ - kFirstHalf) << 10) + (half - kSecondHalf));
    first_ = 0;
  } else {
    out += kReplacement;
  }
}

void HalfJoiner::end(std::string& out) {
  if (first_ != 0) out += kReplacement;
  first_ = 0;
}

}  // namespace sse_tail
