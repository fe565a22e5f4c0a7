#include "event_stream.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>
#include <utility>

#include <fmt/format.h>

#include "base/utf8.h"
#include "encode.h"

namespace stream_echo {
namespace {

// Sent at once, so that clients and whatever stands between see that the stream is open.
constexpr std::string_view kGreeting = " stream-echo";

// Put together and written at a time: what the pump holds before it is too much.
constexpr std::size_t kBatch = std::size_t{16} << 10;

// When clients are sent away: spread, so that they do not all come back at the same time.
constexpr std::uint64_t kMinRetryMs = 1000;
constexpr std::uint64_t kMaxRetryMs = 3000;

constexpr std::string_view kLastChunk = "0\r\n\r\n";  // RFC 9112 7.1

std::uint64_t unix_ms() {
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(since_epoch).count());
}

}  // namespace

EventStream::EventStream(net::Loop& loop, net::Pump& pump, PeerLog& log, Shared& shared,
                         Saboteur* saboteur, const SseRequest& request, StreamHead head,
                         EventSource source, std::uint64_t chance)
    : loop_(loop),
      pump_(pump),
      log_(log),
      shared_(shared),
      saboteur_(saboteur),
      head_(std::move(head)),
      retry_ms_(request.retry_ms),
      heartbeat_(head_.is_event_stream ? request.heartbeat : Duration(0)),
      source_(std::move(source)),
      chance_(chance),
      quiet_since_(loop.now()),
      one_by_one_(saboteur != nullptr || log.shows_events()) {
  if (!shared.max_age) return;
  // Up to a tenth shorter: clients that came together do not leave together.
  const Duration spread = *shared.max_age / 10;
  const auto earlier = chance_ % (static_cast<std::uint64_t>(spread.count()) + 1);
  age_end_ = quiet_since_ + *shared.max_age - Duration(earlier);
}

void EventStream::open() {
  const auto go_on = [this] {
    run();
    pump_.update();
  };
  if (subscription() != nullptr) subscription()->on_published(go_on);
  if (paced() != nullptr) paced()->on_woken(go_on);
  if (saboteur_) head_ = saboteur_->stream_head(std::move(head_));
  const std::string head = to_http(head_, std::time(nullptr));
  pump_.write(as_bytes(head));
  if (saboteur_) {
    saboteur_->opened_stream(head.size(), [this](std::string_view text) { return error(text); });
  }
  run();
}

void EventStream::run() {
  if (finished_ || held_back() || !pump_.takes_output()) return;
  const Time now = loop_.now();
  if (age_end_ && *age_end_ <= now) return end_early();
  OutputBuffer& out = shared_.scratch;
  out.sent(out.size());
  if (!std::exchange(opened_, true)) append_opening(out);
  if (one_by_one_) send(out, Kind::other);
  while (has_room()) {
    const std::size_t before = out.size();
    const std::uint64_t count = append_due(out, now);
    if (out.size() == before) break;
    const bool is_content = paced() == nullptr || paced()->is_content();
    const bool waits = !one_by_one_ && out.size() < kBatch / 2;
    if (waits || send(out, is_content ? Kind::event : Kind::other)) count_ += count;
  }
  if (!pump_.takes_output()) return;  // a fault has ended it
  if (subscription() != nullptr && subscription()->is_broken()) {
    send(out, Kind::other);
    return finish();  // HTML Living Standard 9.2.6: an event without its end is none
  }
  if (has_room()) {
    const std::size_t before = out.size();
    if (append_end(out)) {
      const bool has_mark = out.size() > before;
      if (send(out, Kind::end) && has_mark) ++count_;
      return finish();
    }
  }
  const bool quiet = heartbeat_ > Duration(0) && now - quiet_since_ >= heartbeat_;
  if (quiet && out.size() == 0 && has_room()) encode_or_die(out, {.comment = ""});
  send(out, Kind::other);
  set_deadline(now);
}

void EventStream::set_paused(bool paused) {
  const bool goes_on = paused_ && !paused;
  paused_ = paused;  // from within run(), too, when its log is full
  if (goes_on) run();
}

bool EventStream::held_back() const {
  return paused_ || (saboteur_ && saboteur_->holds_back());
}

bool EventStream::has_room() const {
  return !pump_.congested() && pump_.takes_output() && !held_back();
}

std::uint64_t EventStream::append_due(OutputBuffer& out, Time now) {
  const std::size_t limit = one_by_one_ ? 1 : kBatch;
  if (auto* const demo = std::get_if<DemoStream>(&source_)) {
    return demo->append_due(out, limit, now, unix_ms());
  }
  if (paced() != nullptr) return paced()->append_due(out, limit, now);
  return subscription()->append_due(out, {.limit = limit, .whole = one_by_one_});
}

Subscription* EventStream::subscription() const {
  const auto* const subscription = std::get_if<std::unique_ptr<Subscription>>(&source_);
  return subscription != nullptr ? subscription->get() : nullptr;
}

PacedStream* EventStream::paced() const {
  const auto* const paced = std::get_if<std::unique_ptr<PacedStream>>(&source_);
  return paced != nullptr ? paced->get() : nullptr;
}

/// False while it is not the end.
bool EventStream::append_end(OutputBuffer& out) {
  if (paced() != nullptr) {
    if (paced()->finished()) paced()->append_end(out);
    return paced()->finished();
  }
  auto* const demo = std::get_if<DemoStream>(&source_);
  if (demo == nullptr || !demo->finished()) return false;
  demo->append_end(out, unix_ms());
  return true;
}

void EventStream::append_opening(OutputBuffer& out) {
  // What imitates another server begins as that does.
  if (paced() == nullptr) encode_or_die(out, {.comment = kGreeting});
  if (retry_ms_ && head_.is_event_stream) append_retry(out, *retry_ms_);
  if (subscription() != nullptr) subscription()->append_opening(out);
}

/// The event that tells of an error: as who is imitated writes it. It is sent.
std::string EventStream::error(std::string_view text) {
  ++count_;
  OutputBuffer out;
  std::string valid;
  append_valid_utf8(valid, as_bytes(text));
  if (paced() == nullptr || !paced()->append_error(out, valid)) {
    encode_or_die(out, {.type = "error", .data = valid});
  }
  return std::string(as_text(out.view()));
}

void EventStream::append_retry(OutputBuffer& out, std::uint64_t retry_ms) {
  encode_or_die(out, {.retry_ms = retry_ms});
}

/// False: a fault has kept it from being sent whole.
bool EventStream::send(OutputBuffer& out, Kind kind) {
  if (out.size() == 0) return true;
  bool sent = true;
  if (saboteur_) {
    sent = saboteur_->send_block(out.view(), kind);
  } else {
    if (one_by_one_) log_.sent(out.view(), head_.is_event_stream);
    write(out.view());
  }
  out.sent(out.size());
  quiet_since_ = loop_.now();
  return sent;
}

/// As one chunk, unless the client knows none.
void EventStream::write(ConstBytes body) {
  if (!head_.chunked) return pump_.write(body);
  std::array<char, 2 * sizeof(std::size_t) + 2> size;
  const auto [end, written] = fmt::format_to_n(size.data(), size.size(), "{:x}\r\n", body.size());
  pump_.write(as_bytes({size.data(), written}));
  pump_.write(body);
  pump_.write(as_bytes("\r\n"));
}

void EventStream::finish() {
  finished_ = true;
  if (saboteur_) return saboteur_->end_stream();
  if (head_.chunked) pump_.write(as_bytes(kLastChunk));
  pump_.finish();
}

/// Without the last chunk, so that the client notices.
void EventStream::break_off() {
  finished_ = true;
  pump_.finish();
}

/// Tells the client when to come back, and ends at the boundary of an event. Who waits for the
/// answer of a model cannot come back for the rest of it.
void EventStream::end_early() {
  if (paced() != nullptr && !paced()->resumable()) return break_off();
  OutputBuffer& out = shared_.scratch;
  out.sent(out.size());
  const bool inside_event = subscription() != nullptr && subscription()->inside_event();
  if (!inside_event) append_retry(out, reconnection_time());
  send(out, Kind::other);
  finish();
}

void EventStream::shut_down() {
  if (finished_ || !pump_.takes_output()) return;
  const bool busy = saboteur_ != nullptr && saboteur_->holds_back();
  busy ? break_off() : end_early();
}

std::uint64_t EventStream::reconnection_time() const {
  return retry_ms_.value_or(kMinRetryMs + chance_ % (kMaxRetryMs - kMinRetryMs + 1));
}

/// When the next event is; nullopt: nobody knows.
std::optional<Time> EventStream::due() const {
  if (paced() != nullptr) return paced()->due();
  const auto* const demo = std::get_if<DemoStream>(&source_);
  return demo != nullptr ? std::optional(demo->due()) : std::nullopt;
}

/// While there is no room, nothing is due: it is when there is.
void EventStream::set_deadline(Time now) {
  if (held_back()) return pump_.set_deadline(std::nullopt);
  Time next = age_end_.value_or(Time::max());
  if (has_room()) {
    if (const auto next_due = due()) next = std::min(next, std::max(*next_due, now));
    if (heartbeat_ > Duration(0)) next = std::min(next, quiet_since_ + heartbeat_);
  }
  pump_.set_deadline(next == Time::max() ? std::nullopt : std::optional(next));
}

void EventStream::ended(const net::TransportEnd& end) {
  const bool by_us = finished_ || (saboteur_ && saboteur_->has_ended());
  log_.stream_ended(count_, by_us, end);
}

}  // namespace stream_echo
