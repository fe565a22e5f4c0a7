// Standard output: every event in the format of --to, all that are there together in one write, and
// a reader that may be slower than the server.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "cli/jsonl.h"
#include "net/http_client.h"
#include "net/loop.h"
#include "net/stdio.h"
#include "options.h"
#include "print.h"
#include "sse/parser.h"
#include "text_printer.h"
#include "timing.h"

namespace sse_tail {

/// What --to says, or what suits standard output.
Format format_of(const Args& args);

class Outlet {
 public:
  /// `args` must outlive it. Times in JSON lines count from `started`. With --each events are
  /// printed only if --to asks for it.
  Outlet(net::Loop& loop, const Args& args, Time started);

  // Each is added to what the next flush() writes.
  void message(const sse::Event& message);
  void comment(std::string_view text);
  void delta(const Delta& delta, const ToolCall* call);  ///< for --to text; `call` of a tool's
  void raw(ConstBytes body);                             ///< the body as it came, for --to raw
  void text(std::string_view text) { text_ += text; }    ///< as it is, whatever the format

  // The rest shows in --to jsonl only. `conn` counts connections from 1.
  void begin_connection(std::uint64_t conn) { conn_ = conn; }
  void opened(const net::HttpAnswer& answer);
  void retry(std::uint64_t ms);
  void violation(const diag::Violation& violation);
  void ended(std::string_view by, std::string_view unfinished);  ///< as in the line
  void reconnect(Duration wait);
  void error(int exit_code, std::string_view message);
  void timing(std::uint64_t run, const TimingReport& report);  ///< `run` 0: the only one

  /// On a terminal a line of --to text is not complete; end_line() ends it.
  bool inside_line() const { return text_printer_.inside_line(); }
  void end_line() { text_printer_.end_line(text_); }

  /// In --to text, whose pieces have nothing between them: the line is complete in a pipe, too.
  void end_text();

  /// --to text, and that not to a terminal: of a model's answer nothing but the text of the first.
  bool writes_text_alone() const {
    return !quiet_ && format_ == Format::text && !text_printer_.shows_all();
  }

  bool is_raw() const { return format_ == Format::raw; }

  /// Text that is not written yet is so much that it should be.
  bool is_full() const { return text_.size() > kFull; }
  bool has_text() const { return !text_.empty(); }
  void flush();

  /// More than a megabyte waits for the reader: nothing should be read until on_drained().
  bool congested() const;

  /// Standard output is gone, and some of what was given is lost.
  bool failed() const { return output_.failed(); }

  /// Everything that was given is written, or lost.
  bool idle() const { return text_.empty() && output_.idle(); }
  void on_drained(std::function<void()> drained) { output_.on_drained(std::move(drained)); }
  void on_failed(std::function<void(std::string error, bool broken_pipe)> failed) {
    output_.on_failed(std::move(failed));
  }

 private:
  static constexpr std::size_t kFull = std::size_t{256} << 10;

  bool json() const { return format_ == Format::jsonl && !quiet_; }
  cli::Stamp stamp(char dir) const;

  net::Loop& loop_;
  Time started_;
  Format format_;
  cli::Look look_;
  bool quiet_;  // --each alone
  net::Output output_;
  Printer printer_;
  TextPrinter text_printer_;
  bool inside_text_ = false;  // in a pipe, what end_text() ends
  std::uint64_t conn_ = 1;
  std::string text_;
};

}  // namespace sse_tail
