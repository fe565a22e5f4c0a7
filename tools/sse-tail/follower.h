// One run of sse-tail: connect, read, and when the stream is over decide what comes next, until
// nothing does. Everything happens in callbacks of the loop; this is the place where they come
// together. What is decided, and on what grounds, is in sse/reconnect.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/term.h"
#include "ending.h"
#include "id_file.h"
#include "measure.h"
#include "net/http_client.h"
#include "net/loop.h"
#include "net/recorder.h"
#include "net/tap.h"
#include "options.h"
#include "outlet.h"
#include "sse/reconnect.h"
#include "status_line.h"
#include "stream_reader.h"

namespace sse_tail {

/// Where a run stands among those of --repeat.
struct Run {
  std::uint64_t number = 0;       ///< from 1; 0: it is the only one
  Time first_started = {};        ///< of the first: times in JSON lines count from there
  std::uint64_t connections = 0;  ///< in the runs before, and those that were recorded
  std::uint64_t taps = 0;
};

class Follower final : public net::HttpOwner {
 public:
  /// All must outlive it. `recorder` may be nullptr.
  Follower(net::Loop& loop, const Args& args, cli::Talk& talk, net::Recorder* recorder,
           const Run& run);
  ~Follower();
  Follower(const Follower&) = delete;
  Follower& operator=(const Follower&) = delete;

  /// Begins; the loop is stopped when everything is over and written.
  void start();

  /// SIGINT, SIGTERM: ends cleanly, which means that the command of --each comes to its end. It is
  /// told of a SIGTERM; a Ctrl-C reaches it from the terminal. Another leaves at once.
  void interrupt(int signum);

  /// A recording that is not complete is a failure; a limit that was broken only if there is no
  /// other.
  int exit_code() const;

  /// When the loop has stopped: one more text for standard output. The loop is to run again, until
  /// that is written or lost.
  void write_last(std::string_view text);

  /// What --stats prints.
  std::string stats() const;

  /// nullptr: nothing is measured.
  const Measure* measure() const { return measure_.get(); }

  /// Nothing more can be written to standard output; everything has been.
  bool output_failed() const { return outlet_.failed(); }
  bool output_idle() const { return outlet_.idle(); }

  Run next_run() const;

 private:
  enum class Phase : std::uint8_t {
    connecting,
    reading,  ///< an event stream
    refused,  ///< the body of another answer
    waiting,  ///< to connect again
    leaving,  ///< until everything is written
  };

  void connect();
  void on_redirect(const net::HttpAnswer& answer, const std::string& to,
                   const std::vector<std::string>& left_behind) override;
  void on_answer(const net::HttpAnswer& answer) override;
  void on_body(ConstBytes bytes) override;
  void on_transport(rec::Kind kind, ConstBytes bytes) override;
  void on_end(const net::HttpEnd& end) override;

  void go_on();
  void stream_ended(const net::HttpEnd& end);
  void conclude(const Ended& ended);
  void fail(const Ended& ended, const sse::Decision& decision);
  void wait(const Ended& ended, const sse::Decision& decision);
  void give_up(int exit_code, std::string_view message, std::string_view hint = {});
  void leave(int exit_code);
  void finish_measuring();
  void measure_read(std::size_t size);

  void schedule_flush();
  void flush();
  void written();
  void save_id();
  std::string_view sendable_id();
  void update_pause();
  void watch_for_idleness();
  void tell_summary();
  void show_status();
  void show_sent(ConstBytes bytes);

  net::Loop& loop_;
  const Args& args_;
  cli::Talk& talk_;
  net::Recorder* recorder_;
  Run run_;
  Time started_;
  std::unique_ptr<Measure> measure_;
  Time read_at_;               // measure_read()
  std::size_t read_size_ = 0;  // then
  Outlet outlet_;
  StatusLine status_;
  IdFile id_file_;
  sse::Reconnect reconnect_;
  StreamReader reader_;
  net::HttpClient client_;
  std::optional<net::HttpTransfer> transfer_;
  Phase phase_ = Phase::connecting;
  Time phase_since_;
  std::uint64_t connections_ = 0;
  net::TapStream::Tap tap_;  // of the connection that is recorded
  std::uint64_t taps_ = 0;
  std::string sent_head_;         // of the request, for -v, until it is complete
  std::optional<Ended> refusal_;  // phase refused
  std::string refusal_head_;      // and what is shown of it
  std::string refusal_body_;
  std::optional<net::HttpEnd> the_end_;  // of a stream, while the reader waits
  Time next_attempt_;                    // phase waiting
  net::Timer attempt_timer_;
  net::Timer idle_timer_;
  net::Timer max_timer_;
  net::Timer refusal_timer_;
  bool paused_ = false;
  bool left_behind_told_ = false;
  std::string unsendable_id_;  // that has been told of, at most its first kilobyte
  bool flush_waits_ = false;
  int exit_code_ = 0;          // of the first failure
  bool limit_broken_ = false;  // one of --fail-if
};

}  // namespace sse_tail
