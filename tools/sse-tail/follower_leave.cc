// How a Follower comes to its end: on whose account, what is written until then, and the exit code.
#include <fmt/format.h>

#include <csignal>
#include <string_view>

#include "follower.h"

namespace sse_tail {

int Follower::exit_code() const {
  if (exit_code_ != 0) return exit_code_;
  if (recorder_ != nullptr && recorder_->failed()) return to_int(cli::Exit::write);
  return to_int(limit_broken_ ? cli::Exit::expectation : cli::Exit::ok);
}

void Follower::interrupt(int signum) {
  if (phase_ == Phase::leaving) {
    leave(128 + signum);
    return loop_.stop();
  }
  if (signum == SIGTERM) reader_.kill(SIGTERM);
  leave(128 + signum);
  // Who sends that does not wait for a reader of standard output who may never come.
  if (signum == SIGTERM && !reader_.running()) loop_.stop();
}

/// Ends, with an error if there is a message.
void Follower::give_up(int exit_code, std::string_view message, std::string_view hint) {
  if (!message.empty()) {
    talk_.error(message, hint);
    outlet_.error(exit_code, message);
    if (measure_) measure_->failed(message);
  }
  leave(exit_code);
}

/// Stops the loop when everything is written, and no command runs.
void Follower::leave(int exit_code) {
  if (exit_code_ == 0) exit_code_ = exit_code;  // what happens while leaving counts, too
  if (phase_ == Phase::leaving) return;
  const bool in_stream = phase_ == Phase::reading && transfer_;
  if (in_stream) outlet_.ended("us", {});
  if (run_.number != 0) outlet_.end_text();
  tell_summary();
  phase_ = Phase::leaving;
  if (measure_) {
    if (transfer_) measure_->transfer(*transfer_);
    if (in_stream && !the_end_) measure_->timing().ended(loop_.now());
    finish_measuring();
  }
  reader_.abandon();
  transfer_.reset();
  attempt_timer_.stop();
  idle_timer_.stop();
  refusal_timer_.stop();
  flush();
  status_.erase();
}

/// The numbers of the run, and what --fail-if has to say of them.
void Follower::finish_measuring() {
  measure_->left(loop_.now());
  const TimingReport report = measure_->report();
  if (args_.timing) outlet_.timing(run_.number, report);
  for (const FailIf& limit : args_.fail_if) {
    auto what = failure(limit, report);
    // Of a run that has failed anyway nobody needs to hear that it has no content.
    if (!what || (exit_code_ != 0 && !limit.metric->value(report))) continue;
    if (run_.number != 0) what = fmt::format("run {}: {}", run_.number, *what);
    constexpr int kCode = to_int(cli::Exit::expectation);
    talk_.error(*what);
    outlet_.error(kCode, *what);
    measure_->failed(*what);
    limit_broken_ = true;
  }
}

/// Nothing waits for the reader of standard output.
void Follower::written() {
  if (reader_.done() && !outlet_.failed()) save_id();
  if (phase_ != Phase::leaving) return show_status();
  if (outlet_.has_text()) return flush();  // what save_id() had to say
  if (!reader_.running()) loop_.stop();
}

void Follower::save_id() {
  // What has not brought anything knows no better than the file.
  if (args_.id_file.empty() || reader_.bytes() == 0) return;
  const std::string_view id = sendable_id();
  if (id.empty() && !reader_.last_id().empty()) return;
  const auto saved = id_file_.save(id);
  if (saved) return;
  give_up(to_int(cli::Exit::write), saved.error().message);
}

/// It is behind everything, and no part of the time of the run.
void Follower::write_last(std::string_view text) {
  max_timer_.stop();
  outlet_.text(text);
  flush();
}

}  // namespace sse_tail
