#include "width.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "cli/escape.h"

namespace sse_tail {
namespace {

struct Range {
  char32_t first;
  char32_t last;
};

// Unicode: combining marks and joiners of the scripts that are seen most; what is not listed is
// taken for one column.
constexpr std::array<Range, 15> kZero = {{{0x0300, 0x036F},
                                          {0x0483, 0x0489},
                                          {0x0591, 0x05BD},
                                          {0x0610, 0x061A},
                                          {0x064B, 0x065F},
                                          {0x093C, 0x093C},
                                          {0x094D, 0x094D},
                                          {0x0E31, 0x0E31},
                                          {0x0E34, 0x0E3A},
                                          {0x0E47, 0x0E4E},
                                          {0x1AB0, 0x1AFF},
                                          {0x200B, 0x200D},
                                          {0x20D0, 0x20FF},
                                          {0xFE00, 0xFE0F},
                                          {0xFE20, 0xFE2F}}};

// East Asian Width W and F (UAX 11), and emoji that are shown as pictures.
constexpr std::array<Range, 13> kWide = {{{0x1100, 0x115F},
                                          {0x231A, 0x231B},
                                          {0x23E9, 0x23EC},
                                          {0x2E80, 0x303E},
                                          {0x3041, 0xA4CF},
                                          {0xA960, 0xA97F},
                                          {0xAC00, 0xD7A3},
                                          {0xF900, 0xFAFF},
                                          {0xFE30, 0xFE6F},
                                          {0xFF00, 0xFF60},
                                          {0xFFE0, 0xFFE6},
                                          {0x1F300, 0x1FAFF},
                                          {0x20000, 0x3FFFD}}};

template <std::size_t N>
bool is_in(const std::array<Range, N>& ranges, char32_t code) {
  return std::any_of(ranges.begin(), ranges.end(), [code](const Range& range) {
    return range.first <= code && code <= range.last;
  });
}

std::size_t columns_of(char32_t code) {
  if (code < 0x0300) return 1;
  if (is_in(kZero, code)) return 0;
  return is_in(kWide, code) ? 2 : 1;
}

/// Takes one character off the front of valid UTF-8.
std::string_view take_character(std::string_view& text) {
  const auto lead = static_cast<std::uint8_t>(text.front());
  const std::size_t size = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  const std::string_view character = text.substr(0, size);
  text.remove_prefix(character.size());
  return character;
}

char32_t code_of(std::string_view character) {
  const auto lead = static_cast<std::uint8_t>(character.front());
  if (character.size() == 1) return lead;
  char32_t code = lead & (0xFFU >> (character.size() + 1));
  for (const char c : character.substr(1)) code = code << 6 | (static_cast<std::uint8_t>(c) & 0x3F);
  return code;
}

bool is_boundary(std::string_view text, std::size_t at) {
  return at >= text.size() || (static_cast<std::uint8_t>(text[at]) & 0xC0) != 0x80;
}

/// The front of `text` that is at most `width` columns wide. An escape is cut where it may be.
std::string_view front_of(std::string_view text, std::size_t width) {
  std::string_view rest = text;
  while (!rest.empty()) {
    std::string_view after = rest;
    const std::size_t columns = columns_of(code_of(take_character(after)));
    if (columns > width) break;
    width -= columns;
    rest = after;
  }
  return text.substr(0, text.size() - rest.size());
}

/// The same of the back.
std::string_view back_of(std::string_view text, std::size_t width) {
  std::size_t begin = text.size();
  while (begin > 0) {
    std::size_t at = begin - 1;
    while (at > 0 && !is_boundary(text, at)) --at;
    const std::size_t columns = columns_of(code_of(text.substr(at, begin - at)));
    if (columns > width) break;
    width -= columns;
    begin = at;
  }
  return text.substr(begin);
}

}  // namespace

std::size_t width_of(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) width += columns_of(code_of(take_character(text)));
  return width;
}

std::string in_quotes(std::string_view text) {
  constexpr std::size_t kShownWidth = 100;
  std::string shown = "\"";
  append_shortened(shown, text, kShownWidth);
  return shown + '"';
}

std::size_t append_shortened(std::string& out, std::string_view text, std::size_t width) {
  // No column is made of more bytes than this, unless somebody piles up marks.
  const std::size_t enough = 8 * width + 64;
  std::string shown;
  if (text.size() > 2 * enough) {
    std::size_t back = text.size() - enough;
    std::size_t front = enough;
    while (!is_boundary(text, front)) --front;
    while (!is_boundary(text, back)) ++back;
    cli::append_escaped(shown, text.substr(0, front), cli::Escape::line);
    cli::append_escaped(shown, text.substr(back), cli::Escape::line);
    if (width_of(shown) <= width)
      shown.append(width, ' ');  // marks only; it is too long all the same
  } else {
    cli::append_escaped(shown, text, cli::Escape::line);
  }
  const std::size_t columns = width_of(shown);
  if (columns <= width) {
    out += shown;
    return columns;
  }
  if (width == 0) return 0;
  const std::size_t back_width = (width - 1) / 3;  // what a text begins with tells more
  const std::string_view front = front_of(shown, width - 1 - back_width);
  const std::string_view back = back_of(shown, back_width);
  out += front;
  out += "…";
  out += back;
  return width_of(front) + 1 + width_of(back);
}

}  // namespace sse_tail
