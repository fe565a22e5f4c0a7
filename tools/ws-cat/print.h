// Writes what arrives to standard output in the format of --to. A message is written while it
// arrives, so that its length costs no memory; only len32 must know it beforehand.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "cli/escape.h"
#include "cli/term.h"
#include "options.h"
#include "ws/message.h"

namespace ws_cat {

class Printer {
 public:
  /// `look` is that of standard output: on a terminal what a peer sent is escaped.
  Printer(Format format, cli::Look look) : format_(format), look_(look) {}

  /// Appends one piece of a message to `out`.
  void message(const ws::Event& piece, std::string& out);

 private:
  void text(const ws::Event& piece, std::string& out);
  void base64(const ws::Event& piece, std::string& out);
  void sized(const ws::Event& piece, std::string& out);

  Format format_;
  cli::Look look_;
  cli::Escaper escaper_{cli::Escape::message};
  std::vector<std::uint8_t> held_;  // base64: up to two bytes; len32: the message so far
};

}  // namespace ws_cat
