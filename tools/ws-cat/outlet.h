// Standard output of a session: every event in the format of --to, one write a turn, and a reader
// that may be slower than the server.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "cli/jsonl.h"
#include "net/loop.h"
#include "net/stdio.h"
#include "options.h"
#include "print.h"
#include "ws/message.h"

namespace ws_cat {

class Outlet {
 public:
  /// `args` must outlive it. Times in JSON lines count from `started`.
  Outlet(net::Loop& loop, const Args& args, Time started);

  void message(const ws::Event& piece);

  /// Received bytes as they came, for --to wire.
  void wire(ConstBytes bytes);

  // The rest shows in --to jsonl only.
  void opened(const std::string& protocol, const std::string& extensions);
  void control(const ws::Event& event);  ///< a ping or a pong
  void violation(const diag::Violation& violation);
  void closed(ws::CloseCode code, ConstBytes reason,
              std::string_view by);  ///< `by`: as in the line
  void error(int exit_code, std::string_view message);

  /// More than a megabyte waits: nothing should be read until on_drained().
  bool congested() const;

  /// Everything that was given is written.
  bool idle() const { return text_.empty() && output_.idle(); }
  bool has_text() const { return !text_.empty(); }
  void flush();
  void on_congested(std::function<void()> congested) { congested_ = std::move(congested); }
  void on_drained(std::function<void()> drained) { output_.on_drained(std::move(drained)); }
  void on_failed(std::function<void(std::string error, bool broken_pipe)> failed) {
    output_.on_failed(std::move(failed));
  }

 private:
  bool json() const { return args_.to == Format::jsonl; }
  cli::Stamp stamp(char dir) const;
  void schedule_flush();

  net::Loop& loop_;
  const Args& args_;
  Time started_;
  net::Output output_;
  Printer printer_;
  cli::MessageLines lines_;
  std::string_view message_type_ = "text";  // of the latest message
  std::string text_;                        // of this turn
  std::function<void()> congested_;
  bool flush_waits_ = false;
};

}  // namespace ws_cat
