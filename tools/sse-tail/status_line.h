// What a person at a terminal sees while nothing comes: one line below the events that says what is
// being waited for, on standard error, gone before anything else is written.
#pragma once

#include <functional>
#include <string>

#include "net/loop.h"

namespace sse_tail {

class StatusLine {
 public:
  /// What the line says at `now`, plain text; asked for again every second.
  using Text = std::function<std::string(Time now)>;

  /// Not `enabled`: nothing ever shows.
  StatusLine(net::Loop& loop, bool enabled);
  ~StatusLine() { erase(); }
  StatusLine(const StatusLine&) = delete;
  StatusLine& operator=(const StatusLine&) = delete;

  bool enabled() const { return enabled_; }

  /// Shows `text` when nothing has happened for a moment, so that it does not flicker.
  void show(Text text);

  /// Takes the line away; what follows on the terminal begins where it was.
  void erase();

 private:
  void draw();

  net::Loop& loop_;
  bool enabled_;
  bool visible_ = false;
  Text text_;
  net::Timer timer_;
};

}  // namespace sse_tail
