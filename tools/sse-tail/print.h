// Writes events to standard output as --to pretty and --to data have them, and the bytes of --to
// raw. On a terminal nothing that came from the network reaches it unescaped.
#pragma once

#include <string>
#include <string_view>

#include "cli/escape.h"
#include "cli/term.h"
#include "options.h"
#include "pretty.h"
#include "sse/parser.h"

namespace sse_tail {

class Printer {
 public:
  /// `look` is that of standard output.
  Printer(Format format, cli::Look look, bool full)
      : format_(format), look_(look), pretty_(look, full) {}

  /// Append to `out` what is shown of a message, a comment or a piece of the body.
  void message(const sse::Event& message, std::string& out) {
    if (format_ == Format::data && !look_.terminal) {
      out += message.data;
      out += '\n';
    } else {
      show_message(message, out);
    }
  }
  void comment(std::string_view text, std::string& out);
  void raw(std::string_view bytes, std::string& out);

 private:
  void show_message(const sse::Event& message, std::string& out);
  void show(std::string_view text, std::string& out);

  Format format_;
  cli::Look look_;
  PrettyPrinter pretty_;
  cli::Escaper escaper_{cli::Escape::message};  // of raw
};

}  // namespace sse_tail
