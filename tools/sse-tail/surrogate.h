// Characters beyond U+FFFF that a server has cut in two: JSON escapes them as a pair of surrogates
// (RFC 8259 section 7), and who cuts text after so many UTF-16 units sends one half in this event
// and the other in the next. A half is no Unicode text, and a parser refuses all of its event.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sse_tail {

/// `json` with a character of the last 2048 private ones (U+10F800 to U+10FFFF) in the place of
/// each escaped half that has no other half beside it.
std::string hide_halves(std::string_view json);

/// Puts halves together again, over all pieces of one text.
class HalfJoiner {
 public:
  /// Appends `piece`, valid UTF-8 in which hide_halves() may have hidden something. A half at its
  /// end waits for the next piece; one that stays alone becomes U+FFFD. Where nothing was ever
  /// hidden, private characters of those 2048 become U+FFFD as well.
  void append(std::string& out, std::string_view piece);

  bool waiting() const { return first_ != 0; }

  /// The text is over: what waits has no other half.
  void end(std::string& out);

 private:
  void take_half(std::string& out, char32_t half);

  char32_t first_ = 0;  // a half that waits for its second; 0: none
};

}  // namespace sse_tail
