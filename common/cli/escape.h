// Makes text from a peer safe to show: whatever could move the cursor, change the terminal, reorder
// the line or is not UTF-8 is spelled with a backslash. Reversible: `\xHH` is that byte, `\uHHHH`
// that code point in UTF-8, `\n` `\r` `\t` and `\\` as in C; everything else stands for itself.
// Printable text stays as it is, look-alike and invisible letters included. One mode is for reading
// instead: there a backslash stands for itself, and what is spelled with one could be meant so.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace cli {

enum class Escape {
  message,  ///< LF and TAB stay: a message's own data on a terminal
  line,     ///< no line ends or controls stay: standard error, and one-line output
  reading,  ///< as message, but for the backslash, of which code and formulas have many
};

/// Escapes a text that arrives in pieces, cut anywhere: the output is that of the whole.
class Escaper {
 public:
  explicit Escaper(Escape mode) : mode_(mode) {}

  /// Appends to `out` all of `piece` but the bytes of a code point that is not complete yet.
  void append(std::string& out, std::string_view piece);

  /// The text ends here: what was held back is not UTF-8. The escaper is as new afterwards.
  void finish(std::string& out);

 private:
  void take(std::string& out, char c);

  Escape mode_ = Escape::line;
  std::array<char, 4> held_{};  ///< a code point so far: at most three bytes between calls
  std::uint8_t held_size_ = 0;
  std::uint8_t wanted_size_ = 0;  ///< that code point's length in bytes
};

std::string escape(std::string_view text, Escape mode);
void append_escaped(std::string& out, std::string_view text, Escape mode);

}  // namespace cli
