#include "runs.h"

#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <optional>

#include <fmt/format.h>

#include "cli/escape.h"
#include "follower.h"
#include "measure.h"
#include "timing_text.h"

namespace sse_tail {
namespace {

/// --max-time in case that the loop cannot look at its timers, because nobody reads standard error.
/// nullopt: no more.
void end_after(std::optional<Duration> time) {
  using namespace std::chrono;
  itimerval timer = {};
  if (time) {
    std::signal(SIGALRM, [](int) { _exit(to_int(cli::Exit::timeout)); });
    const auto seconds =
        duration_cast<std::chrono::seconds>(std::min<Duration>(*time, hours(24 * 365)));
    timer.it_value.tv_sec = static_cast<time_t>(seconds.count() + 2);
  }
  setitimer(ITIMER_REAL, &timer, nullptr);
}

class Runs {
 public:
  Runs(net::Loop& loop, const Args& args, cli::Talk& talk, net::Recorder* recorder)
      : loop_(loop),
        args_(args),
        talk_(talk),
        recorder_(recorder),
        color_(cli::look_of(STDERR_FILENO, args.talk.color).color),
        stdout_is_terminal_(cli::look_of(STDOUT_FILENO, args.talk.color).terminal),
        interrupted_(
            loop, SIGINT, [this] { interrupt(SIGINT); }, true),
        terminated_(
            loop, SIGTERM, [this] { interrupt(SIGTERM); }, true) {}

  int all() {
    if (args_.write_out) check_write_out();
    int exit_code = 0;
    Run run{.number = args_.repeat > 1 ? std::uint64_t{1} : 0, .first_started = loop_.now()};
    for (std::uint64_t left = args_.repeat; left > 0 && !over_; --left) {
      const int code = one(run);
      if (exit_code == 0) exit_code = code;
      if (left > 1 && cut_short_ && !over_) {
        talk_.note("standard output has not taken everything: the other runs are left out");
        over_ = true;
      }
    }
    const std::string totals = args_.timing && args_.repeat > 1 ? totals_.text(color_) : "";
    if (!totals.empty()) talk_.report(totals);
    return exit_code;
  }

 private:
  void check_write_out() {
    for (const std::string& name :
         Measure(args_).write_out(to_int(cli::Exit::usage), false).unknown) {
      talk_.note(
          fmt::format("unknown variable in --write-out: {}", cli::escape(name, cli::Escape::line)));
    }
  }

  /// Moves `run` on to the next.
  int one(Run& run) {
    if (args_.connection.max_time) end_after(args_.connection.max_time);
    follower_.emplace(loop_, args_, talk_, recorder_, run);
    follower_->start();
    loop_.run();
    if (recorder_ != nullptr) recorder_->flush();
    report(run);
    if (args_.connection.max_time) end_after(std::nullopt);
    if (args_.write_out) write_out();
    if (follower_->output_failed()) over_ = true;
    // What goes on where a line was cut would make nonsense of both.
    cut_short_ = !follower_->output_idle();
    const int exit_code = follower_->exit_code();
    run = follower_->next_run();
    follower_.reset();
    return exit_code;
  }

  void report(const Run& run) {
    if (args_.stats) talk_.report(follower_->stats());
    if (!args_.timing) return;
    const TimingReport report = follower_->measure()->report();
    if (args_.repeat == 1) {
      const std::string text = timing_text(report, args_.stall, color_);
      if (!text.empty()) talk_.report(text);
      return;
    }
    const int exit_code = follower_->exit_code();
    // A broken limit is a judgement on what was measured.
    const bool measured = exit_code == 0 || exit_code == to_int(cli::Exit::expectation);
    measured ? totals_.add(report) : totals_.add_failed();
    talk_.report(run_text(run.number, exit_code, report, color_));
  }

  void write_out() {
    const int exit_code = follower_->exit_code();
    const auto written = follower_->measure()->write_out(exit_code, stdout_is_terminal_);
    for (const cli::OutPiece& piece : written.pieces) {
      if (piece.to_stderr) {
        talk_.write(piece.text);
        continue;
      }
      // What comes before it is lost, or nobody took it in time.
      if (!follower_->output_idle() || follower_->output_failed()) continue;
      follower_->write_last(piece.text);
      loop_.run();
    }
  }

  void interrupt(int signum) {
    over_ = true;
    if (follower_) follower_->interrupt(signum);
  }

  net::Loop& loop_;
  const Args& args_;
  cli::Talk& talk_;
  net::Recorder* recorder_;
  bool color_;
  bool stdout_is_terminal_;
  bool over_ = false;
  bool cut_short_ = false;  // the output of a run
  std::optional<Follower> follower_;
  RunTotals totals_;
  net::Signal interrupted_;
  net::Signal terminated_;
};

}  // namespace

int run_all(net::Loop& loop, const Args& args, cli::Talk& talk, net::Recorder* recorder) {
  return Runs(loop, args, talk, recorder).all();
}

}  // namespace sse_tail
