// What a server says instead of opening a WebSocket, and how heads look on standard error: escaped
// line by line, under a limit.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "cli/term.h"

namespace ws_cat {

/// The lines of a head, each with `mark` in front ("> ", "< " or nothing), escaped.
std::string marked_lines(std::string_view head, std::string_view mark);

/// The body of a refusal, shown as it comes: whole lines at once, at most 64 KiB.
class RefusalBody {
 public:
  explicit RefusalBody(cli::Talk& talk) : talk_(talk) {}

  void show(std::string_view piece);
  /// How the body begins, at most 4 KiB.
  const std::string& start() const { return start_; }

  bool full() const;  ///< the rest is not worth waiting for
  void finish();      ///< shows the last line, if it has no end

 private:
  cli::Talk& talk_;
  std::string start_;
  std::string line_;  // LineBuffer: not complete yet
  std::size_t size_ = 0;
};

}  // namespace ws_cat
