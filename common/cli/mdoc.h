// Text of ours as source of a manual page in the mdoc language (mdoc(7)): what roff would take for
// its own is escaped, each sentence begins on a new line, and no source line is long. Knows nothing
// of options or pages.
#pragma once

#include <string>
#include <string_view>

namespace cli {

/// `text` as it is, for a part of a line or as an argument of a macro: a hyphen is a minus sign, so
/// that it can be searched for and pasted, and quotes are straight.
std::string mdoc_escape(std::string_view text);

/// `text` as one line of a literal block.
std::string mdoc_line(std::string_view text);

/// Fills running text into lines, word by word.
class MdocText {
 public:
  /// A plain word, unescaped.
  void word(std::string_view word);

  /// A line of its own, without the dot: `macro("Fl -data", "(", ").")`. What touches it on both
  /// sides is unescaped; it keeps touching it.
  void macro(std::string_view call, std::string_view before, std::string_view after);

  /// All words of a text.
  void words(std::string_view text);

  /// The next word begins a source line, as a sentence should.
  void end_line();

  /// A new paragraph, unless nothing came yet.
  void paragraph();

  /// What was filled, ending with LF; empty when nothing came.
  std::string take();

 private:
  std::string out_;
  std::string line_;
};

}  // namespace cli
