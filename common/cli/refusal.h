// What a server says instead of what it was asked for, and how heads look on standard error:
// escaped line by line, under a limit.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "cli/term.h"

namespace cli {

/// The lines of a head, each with `mark` in front ("> ", "< " or nothing), escaped.
std::string marked_lines(std::string_view head, std::string_view mark);

/// The body of a refusal, shown as it comes: whole lines at once, at most `limit` bytes.
class RefusalBody {
 public:
  /// Enough for any error page that a person will read.
  static constexpr std::size_t kWholePage = std::size_t{64} << 10;

  explicit RefusalBody(Talk& talk, std::size_t limit = kWholePage) : talk_(talk), limit_(limit) {}

  void show(std::string_view piece);
  /// How the body begins, at most 4 KiB.
  const std::string& start() const { return start_; }

  bool full() const;  ///< the rest is not worth waiting for
  void finish();      ///< shows the last line, if it has no end

 private:
  Talk& talk_;
  std::size_t limit_;
  std::string start_;
  std::string line_;  // LineBuffer: not complete yet
  std::size_t size_ = 0;
};

}  // namespace cli
