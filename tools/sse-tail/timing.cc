#include "timing.h"

#include <algorithm>

namespace sse_tail {
namespace {

// What makes the verdict of TimingReport::buffered().
constexpr std::uint64_t kFewChunks = 8;
constexpr Duration kShort = std::chrono::milliseconds(500);
constexpr Duration kSilence = std::chrono::milliseconds(100);

std::uint64_t code_points(std::string_view text) {
  return static_cast<std::uint64_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;  // no continuation byte
  }));
}

void set_once(std::optional<Time>& time, Time now) {
  if (!time) time = now;
}

/// libcurl says 0 of what it did not do.
Duration step(Duration until, Duration before) {
  return std::max(until - before, Duration(0));
}

template <typename Number>
void replace(std::optional<Number>& old, const std::optional<Number>& said) {
  if (said) old = said;
}

}  // namespace

bool TimingReport::buffered() const {
  return chunks >= kFewChunks && coalesced * 4 >= chunks * 3 && last_content >= kShort &&
         silence * 10 >= *last_content * 9;
}

void Timing::begun(Time now) {
  paused(false, now);
  if (attempt_ == Attempt::kept) attempt_ = Attempt::another;
  if (attempt_ != Attempt::open) return;
  begun_ = now;
  connection_ = {};
}

void Timing::transfer(const net::HttpTimings& timings) {
  if (attempt_ != Attempt::another) connection_ = timings;
}

void Timing::opened() {
  if (attempt_ == Attempt::open) attempt_ = Attempt::kept;
}

void Timing::paused(bool paused, Time now) {
  if (paused == paused_since_.has_value()) return;
  if (paused) {
    paused_since_ = now;
  } else {
    paused_for_ += now - *paused_since_;
    paused_since_.reset();
  }
}

void Timing::read(Time now, std::size_t size) {
  read_at_ = now;
  awake_at_ = now - paused_for_;
  set_once(first_byte_, now);
  counted_.bytes += size;
}

void Timing::comment() {
  set_once(first_comment_, read_at_);
}

void Timing::event() {
  set_once(first_event_, read_at_);
  ++counted_.events;
}

void Timing::content(std::string_view text) {
  if (text.empty()) return;
  const std::uint64_t chars = code_points(text);
  ++counted_.chunks;
  counted_.chars += chars;
  if (last_content_) {
    add_gap(read_at_ - *last_content_);
  } else {
    first_content_ = read_at_;
    counted_.first_chars = chars;
  }
  count_silence();
  last_content_ = read_at_;
  content_awake_at_ = awake_at_;
}

void Timing::reasoning(std::string_view text) {
  if (text.empty()) return;
  set_once(first_reasoning_, read_at_);
  count_silence();
}

void Timing::add_gap(Duration gap) {
  gaps_.add(gap);
  if (gap == Duration(0)) ++counted_.coalesced;
  const Duration stall = awake_at_ - content_awake_at_;
  if (stall <= stall_) return;
  ++counted_.stalls;
  if (stall <= counted_.stall_max) return;
  counted_.stall_max = stall;
  counted_.stall_at = counted_.chunks;
}

/// Before this content or reasoning, since the one before or the request.
void Timing::count_silence() {
  const Duration quiet = awake_at_ - output_awake_at_.value_or(origin());
  if (quiet >= kSilence) counted_.silence += quiet;
  output_awake_at_ = awake_at_;
}

void Timing::usage(const Usage& usage) {
  replace(counted_.usage.input_tokens, usage.input_tokens);
  replace(counted_.usage.output_tokens, usage.output_tokens);
  replace(counted_.usage.reasoning_tokens, usage.reasoning_tokens);
}

Time Timing::origin() const {
  if (connection_.requested) return *connection_.requested;
  return begun_.value_or(read_at_);
}

TimingReport Timing::report() const {
  TimingReport report = counted_;
  const net::HttpTimings& c = connection_;
  if (c.requested && begun_) {
    report.redirect = step(c.redirect, Duration(0));
    report.dns = step(c.name_lookup, Duration(0));
    report.connect = step(c.connect, c.name_lookup);
    report.tls = step(c.tls, c.connect);
    report.sent = *c.requested - *begun_;
  }
  const auto since = [&](const std::optional<Time>& time) -> std::optional<Duration> {
    if (!time) return std::nullopt;
    return *time - origin();
  };
  report.ttfb = since(c.answered);
  report.first_byte = since(first_byte_);
  report.first_comment = since(first_comment_);
  report.first_event = since(first_event_);
  report.ttft_reasoning = since(first_reasoning_);
  report.ttft = since(first_content_);
  report.last_content = since(last_content_);
  report.end = since(end_);
  report.gaps = gaps_.summary();
  return report;
}

}  // namespace sse_tail
