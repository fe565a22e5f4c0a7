// Publishes the lines of standard input to a channel as they come: `--stdin NAME`.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "channels.h"
#include "net/loop.h"
#include "net/stdio.h"

namespace stream_echo {

class Feed {
 public:
  /// Starts reading; all but `channel` outlive this. `tell` gets a line for people each time. A
  /// line has at most kMaxBody bytes and is one event; its end, LF or CR LF, is no part of it.
  Feed(net::Loop& loop, Subscribers& subscribers, std::string channel,
       std::function<void(std::string_view)> tell);

 private:
  void take(ConstBytes bytes);
  void end_line();
  void ended();

  Subscribers& subscribers_;
  std::string channel_;
  std::function<void(std::string_view)> tell_;
  std::string line_;             // LineBuffer: at most kMaxBody
  bool too_long_ = false;        // the line that is being read
  std::size_t undelivered_ = 0;  // events
  std::string text_;             // a line as valid UTF-8
  net::Input input_;
};

}  // namespace stream_echo
