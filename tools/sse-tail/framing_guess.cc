#include "framing_guess.h"

#include <cstddef>
#include <string_view>

namespace sse_tail {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

}  // namespace

Framing FramingGuess::take(ConstBytes& in) {
  while (!in.empty()) {
    const char c = static_cast<char>(in.front());
    const bool of_mark =
        taken_.size() < kByteOrderMark.size() && kByteOrderMark[taken_.size()] == c;
    if (begun_ && check_.complete() && !is_space(c)) return Framing::lines;
    if (!begun_ && !is_space(c) && !of_mark && c != '{' && c != '[') return Framing::events;
    in = in.subspan(1);
    taken_ += c;
    begun_ = begun_ || c == '{' || c == '[';
    if (!begun_) continue;
    // A line end within the value: it is not one of lines.
    if (c == '\n' && !check_.complete()) return Framing::whole;
    if (!check_.take(std::string_view(&c, 1))) return Framing::lines;
  }
  return Framing::any;
}

}  // namespace sse_tail
