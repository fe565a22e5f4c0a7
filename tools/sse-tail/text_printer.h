// The look of --to text: in a pipe the text of the first answer and nothing else, to the byte; on a
// terminal also what led to it, each on lines of its own with a word in front. Nothing that came
// from the network reaches a terminal unescaped, but for backslashes: it is there to be read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "cli/term.h"
#include "model_reader.h"

namespace sse_tail {

class TextPrinter {
 public:
  /// `look` is that of standard output.
  explicit TextPrinter(cli::Look look) : look_(look) {}

  /// `call` is the one that `delta` belongs to, if it is of a tool.
  void delta(const Delta& delta, const ToolCall* call, std::string& out);

  /// Not the text of the first answer alone.
  bool shows_all() const { return look_.terminal; }

  /// On a terminal: whether something stands on the line, which end_line() ends.
  bool inside_line() const { return inside_line_; }
  void end_line(std::string& out);

 private:
  // What the line that is being written is part of.
  struct Section {
    Part part = Part::text;
    std::uint64_t choice = 0;
    std::size_t call = 0;
    bool operator==(const Section&) const = default;
  };
  void begin(const Section& section, const ToolCall* call, std::string& out);
  void append(std::string_view safe, Part part, std::string& out);

  cli::Look look_;
  Section section_;
  bool inside_line_ = false;
  bool labelled_ = true;  // the section's word stands on this line, or on one before
};

}  // namespace sse_tail
