// The look of --to pretty: an event a line, with the time of day, the type, the last event ID and
// the data in columns, shortened to the width of the terminal.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "cli/term.h"
#include "sse/parser.h"

namespace sse_tail {

class PrettyPrinter {
 public:
  /// `look` is that of standard output. Nothing is shortened if `full`, or when it is no terminal.
  PrettyPrinter(cli::Look look, bool full) : look_(look), full_(full) {}

  void message(const sse::Event& message, std::string& out);
  void comment(std::string_view text, std::string& out);

  /// For tests: instead of the clock and the terminal. `ms` since midnight.
  void set_time(std::uint64_t ms) { fixed_ms_ = ms; }
  void set_width(std::size_t width) { fixed_width_ = width; }

 private:
  struct Column {
    std::size_t width = 0;  ///< of the widest text so far
  };
  void begin_line(std::string& out);
  void column(std::string& out, std::string_view text, Column& column, std::string_view color);
  void rest(std::string& out, std::string_view text);
  void paint(std::string& out, std::string_view color) const {
    if (look_.color) out += color;
  }

  cli::Look look_;
  bool full_;
  std::size_t used_ = 0;     // columns of this line
  Column type_{.width = 7};  // that of "message"
  Column id_;
  std::uint64_t fixed_ms_ = UINT64_MAX;
  std::size_t fixed_width_ = 0;
};

}  // namespace sse_tail
