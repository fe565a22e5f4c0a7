// The lines of an event stream that are no field: a server that fails may write its error there,
// as JSON without `data:`, on one line or several. No I/O.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "json_check.h"

namespace sse_tail {

class StrayJson {
 public:
  /// An error page in JSON; what is longer is none.
  static constexpr std::size_t kMaxSize = std::size_t{16} << 10;

  /// The next line, which is looked at once. Returns what now is no JSON: the lines before, if it
  /// does not go on with them, or the line itself, or both; empty: all may become a value, or is.
  std::string take(std::string_view line);

  /// What has come is an array or an object.
  bool complete() const { return !text_.empty() && check_.complete(); }

  /// That, or the beginning of it, with a line end behind each line but the last. It is gone then.
  std::string drop();

 private:
  bool add(std::string_view line);

  std::string text_;
  JsonCheck check_;
};

}  // namespace sse_tail
