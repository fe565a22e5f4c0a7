// What a Follower has to say to people and to a recording, and what it measures.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "cli/escape.h"
#include "cli/refusal.h"
#include "follower.h"

namespace sse_tail {
namespace {

// Of the place that a server redirects to.
constexpr std::size_t kShownUrl = 200;

}  // namespace

void Follower::on_redirect(const net::HttpAnswer& answer, const std::string& to,
                           const std::vector<std::string>& left_behind) {
  talk_.verbose(cli::marked_lines(answer.head, "< "));
  if (measure_) measure_->redirected();
  talk_.verbose("* redirected to " + cli::escape(to, cli::Escape::line));
  if (left_behind.empty() || std::exchange(left_behind_told_, true)) return;
  talk_.note(fmt::format("not sent to another server, {}: {}",
                         cli::escape(to.substr(0, kShownUrl), cli::Escape::line),
                         fmt::join(left_behind, ", ")));
}

void Follower::on_transport(rec::Kind kind, ConstBytes bytes) {
  if (recorder_ != nullptr) {
    if (kind == rec::Kind::opened) tap_ = recorder_->tap(run_.taps + ++taps_);
    if (tap_) tap_(kind, bytes);
  }
  if (kind == rec::Kind::opened) sent_head_.clear();
  if (kind == rec::Kind::sent) show_sent(bytes);
}

/// The head of the request alone: the body is what the command line says.
void Follower::show_sent(ConstBytes bytes) {
  constexpr std::string_view kEnd = "\r\n\r\n";
  if (args_.talk.verbosity == 0 || sent_head_.ends_with(kEnd)) return;
  sent_head_ += as_text(bytes);
  const std::size_t end = sent_head_.find(kEnd);
  if (end == sent_head_.npos) return;
  sent_head_.resize(end + kEnd.size());
  talk_.verbose(cli::marked_lines(sent_head_, "> "));
}

void Follower::fail(const Ended& ended, const sse::Decision& decision) {
  if (!refusal_head_.empty()) {
    if (args_.talk.verbosity == 0) talk_.plain(cli::marked_lines(refusal_head_, ""));
    cli::RefusalBody body(talk_);
    body.show(refusal_body_);
    body.finish();
  }
  const std::string step = next_step(decision, {});
  give_up(ended.exit_code, step.empty() ? ended.what : ended.what + "; " + step,
          way_out(ended, decision, args_));
}

/// Of a model's answer, in one line.
void Follower::tell_summary() {
  if (reader_.model() == nullptr || outlet_.failed()) return;
  outlet_.end_line();
  const std::string summary = reader_.model()->summary();
  const bool told = exit_code_ == to_int(cli::Exit::stream_error);  // by the error
  if (!summary.empty() && !told) talk_.note(summary);
}

void Follower::show_status() {
  if (!status_.enabled() || !outlet_.idle() || outlet_.inside_line()) return;
  switch (phase_) {
    case Phase::connecting:
      return status_.show([this](Time) { return "connecting to " + args_.url.authority(); });
    case Phase::reading:
      return status_.show([this, since = loop_.now()](Time now) {
        const Duration quiet = now - since;
        std::string what = reader_.events() == 0 ? "waiting for the first event" : "waiting";
        if (quiet < std::chrono::seconds(2)) return what;
        return fmt::format("{}, for {} now", what,
                           time_text(std::chrono::floor<std::chrono::seconds>(quiet)));
      });
    case Phase::waiting:
      return status_.show([this](Time now) {
        const Duration left = std::max(next_attempt_ - now, Duration(0));
        return "connecting again in " + time_text(std::chrono::ceil<std::chrono::seconds>(left));
      });
    case Phase::refused:
    case Phase::leaving: return;
  }
}

Run Follower::next_run() const {
  return {.number = run_.number + 1,
          .first_started = run_.first_started,
          .connections = run_.connections + connections_,
          .taps = run_.taps + taps_};
}

std::string Follower::stats() const {
  return fmt::format("received {}, {}, over {} in {}", count_text(reader_.events(), "event"),
                     count_text(reader_.bytes(), "byte"), count_text(connections_, "connection"),
                     time_text(loop_.now() - started_));
}

/// What libcurl hands over in pieces came in one read, unless it is more than one read gives: then
/// libcurl has read again, in the same turn of the loop.
void Follower::measure_read(std::size_t size) {
  if (loop_.now() != read_at_) read_size_ = 0;
  read_size_ += size;
  if (read_size_ > net::Loop::kReadSize) {
    loop_.refresh();
    read_size_ = size;
  }
  read_at_ = loop_.now();
  measure_->timing().read(read_at_, size);
}

}  // namespace sse_tail
