#include "net/pump.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace net {
namespace {

// A turn reads at most this many times, so that one busy connection does not starve the others.
constexpr int kReadsPerTurn = 4;

// Kept by all connections together, for peers that do not take it, from which on reads are small.
constexpr std::size_t kKeptByAll = std::size_t{8} << 20;
constexpr std::size_t kSmallRead = std::size_t{16} << 10;

// A server with many connections has not looked at this one for a while: all of it comes into the
// cache at once, not line by line as it is needed.
void fetch(const Pump& pump) {
  constexpr std::size_t kCacheLine = 64;
  const auto* const start = reinterpret_cast<const char*>(&pump);
  for (std::size_t at = 0; at < sizeof pump; at += kCacheLine) __builtin_prefetch(start + at);
}

// Time for the peer's end after what was queued at finish() has left.
constexpr Duration kLingerTimeout = std::chrono::seconds(2);

}  // namespace

Pump::Pump(Loop& loop, std::unique_ptr<Stream> stream, const Limits& limits, PumpOwner& owner)
    : loop_(loop), stream_(std::move(stream)), limits_(limits), owner_(owner), timer_(loop, [this] {
        on_timer();
      }) {
  poll_.emplace(loop_, stream_->fd(), [this](bool readable, bool writable) {
    fetch(*this);
    // While finishing, what has come is read again and discarded: unread, it would make a reset.
    if (readable && deaf_ && !finishing_) return transport_ended({TransportEnd::How::fin});
    turn(readable || (writable && reads_ahead_));
  });
  poll_->watch(true, false);
  reads_ahead_ = stream_->reads_ahead();
  if (reads_ahead_) continue_later();
}

Pump::~Pump() {
  if (self_) *self_ = nullptr;
  loop_.change_kept(kept_, 0);
}

void Pump::write(ConstBytes bytes) {
  CHECK(begun_.empty());  // they would get into the middle of a frame
  output_.append(bytes);
}

void Pump::open(ws::Connection connection) {
  connection_.emplace(std::move(connection));
  deadline_.reset();
}

ws::Connection* Pump::connection() {
  if (!connection_) return nullptr;
  connection_->tick(loop_.now());
  // Its end is an event, which no deadline is left to bring.
  if (!ended() && connection_->state() == ws::CloseState::gone) continue_later();
  return &*connection_;
}

void Pump::set_rewriting(std::function<void(ConstBytes)> rewrite) {
  odd().rewrite = std::move(rewrite);
}

Pump::Oddities& Pump::odd() {
  if (odd_ == nullptr) odd_ = std::make_unique<Oddities>();
  return *odd_;
}

void Pump::leave_protocol() {
  write_begun();
  connection_.reset();
}

void Pump::set_deadline(std::optional<Time> at) {
  deadline_ = at;
  if (at) timer_.start(*at);
}

void Pump::finish() {
  finishing_ = true;
  deadline_ = std::max(loop_.now(), pause_end_or_now()) + kFinishTimeout;
}

void Pump::finish_with_reset() {
  reset_asked_ = true;
  finish();
}

void Pump::half_close() {
  half_close_asked_ = true;
}

void Pump::stop_reading() {
  deaf_ = true;
}

void Pump::drop() {
  close();
}

void Pump::set_paused(bool paused) {
  if (paused_ && !paused) continue_later();
  paused_ = paused;
}

/// One look at the connection: what has come goes up, what is to go goes out.
void Pump::turn(bool readable) {
  if (ended()) return;
  if (connection_) connection_->set_time(loop_.now());
  if (held_ != nullptr && may_pass_on()) {
    const auto held = std::exchange(held_, nullptr);
    const Bytes again = loop_.shared_buffer().first(held->size());  // where it was read
    std::ranges::copy(*held, again.begin());
    pass_on(again);
    flush();
  }
  if (readable && may_read()) read_some();
  // The usual case: what has come is on its way back, and nothing else has changed.
  if (listens_ && only_listens() && !connection_->has_due()) return;
  tick();  // what has come in time counts, though we look at it late: after a suspension, say
  update();
}

/// More than usual from a peer that sends so much, as long as it takes what it is sent: what it
/// does not take has to be kept. Who takes it leaves little in the queue of the system, which then
/// has room for what will be sent back. Less than usual when all peers of this loop together take
/// too little, as it happens when the system is short of memory.
Bytes Pump::read_buffer() {
  std::size_t size = Loop::kReadSize;
  if (loop_.kept() >= kKeptByAll) {
    size = kSmallRead;
  } else if (bulk_) {
    const Stream::SendQueue queue = stream_->send_queue();
    if (queue.size <= queue.limit / 4) {
      size = std::clamp((queue.limit - queue.size) / 2, size, Loop::kSharedBufferSize);
    }
  }
  return loop_.shared_buffer().first(size);
}

void Pump::read_some() {
  for (int i = 0; i < kReadsPerTurn; ++i) {
    const Bytes buffer = read_buffer();
    const IoResult result = stream_->read(buffer);
    switch (result.io) {
      case Io::again: return;
      case Io::end: return transport_ended({TransportEnd::How::fin});
      case Io::failed: return transport_ended(end_of(*result.failure));
      case Io::ok: break;
    }
    // What is left over of much says nothing about what comes next.
    bulk_ = result.size >= Loop::kReadSize || (bulk_ && i > 0);
    const Bytes in = buffer.first(result.size);
    if (connection_) owner_.on_wire(in);
    pass_on(in);
    flush();
    if (!may_read()) return;
    const bool more_may_wait = reads_ahead_ || result.size == buffer.size();
    if (!more_may_wait) return;
  }
  continue_later();
}

/// Gives `in` to the owner or to the connection; what cannot be taken now is kept.
void Pump::pass_on(Bytes in) {
  while (!in.empty() && !ended() && !finishing_) {
    if (limits_.reading_waits && congested()) {
      flush();
      if (ended()) return;
    }
    if (!may_pass_on()) {
      held_ = std::make_unique<std::vector<std::uint8_t>>(in.begin(), in.end());
      return;
    }
    if (connection_) {
      if (const auto event = next_event(in)) deliver(*event);
      continue;
    }
    owner_.on_bytes(in);
    CHECK(in.empty() || connection_ || finishing_ || paused_ || ended());
    if (connection_ && !in.empty()) owner_.on_wire(in);
  }
}

/// The next event that has not been echoed where it lies, which makes nothing wait.
inline std::optional<ws::Event> Pump::next_event(Bytes& in) {
  const bool in_place = echoing_ && output_.size() == 0 && odd_ == nullptr;
  return in_place ? connection_->next_echoing(in, begun_) : connection_->next(in);
}

void Pump::deliver(const ws::Event& event) {
  if (echoing_ && event.type == ws::EventType::message) return send_in_place(event);
  owner_.on_event(event);
  if (event.type == ws::EventType::ended && !has_last_words()) close();
}

void Pump::tick() {
  if (!connection_ || finishing_ || ended()) return;
  connection_->tick(loop_.now());
  if (!connection_->can_send()) deliver_pending();
}

/// What the connection has to say without new bytes, after eof() and tick().
void Pump::deliver_pending() {
  Bytes nothing;
  while (!ended() && connection_) {
    const auto event = connection_->next(nothing);
    if (!event) return;
    deliver(*event);
  }
}

void Pump::transport_ended(TransportEnd end) {
  const TransportEnd::How how = end.how;
  note_end(std::move(end));
  input_ended_ = how == TransportEnd::How::fin && !deaf_;
  if (connection_) {
    connection_->eof();
    deliver_pending();
  } else if (how == TransportEnd::How::failed && !finishing_) {
    // What failed may have had last words, an alert of TLS, which a reset would overtake.
    write_failed_ = true;
    finish();
    return continue_later();
  }
  if (!has_last_words()) return close();
  deadline_ = pause_end_or_now() + kFinishTimeout;
}

/// Only the first cause counts.
void Pump::note_end(TransportEnd end) {
  if (end_ == nullptr) end_ = std::make_unique<TransportEnd>(std::move(end));
}

void Pump::update() {
  if (ended()) return;
  flush();
  if (ended()) return;
  if (input_ended_ && !has_last_words()) return close();
  note_kept();
  const bool listened = std::exchange(listens_, only_listens());
  if (listened && listens_) return;
  const bool all_sent = half_close_wanted();
  if (all_sent && reset_asked_) {
    stream_->reset_on_close();
    return close();
  }
  if (all_sent && !half_closed_) {
    half_closed_ = true;
    stream_->shutdown_write();
    if (finishing_) deadline_ = loop_.now() + kLingerTimeout;
  }
  if (was_congested_ && !congested()) {  // nothing else would bring us back to what was left
    was_congested_ = false;
    continue_later();
    owner_.on_drained();
    if (ended()) return;
  }
  if (connection_) connection_->set_reading(may_read());
  const bool writing = output_size() > 0 && may_write();
  const Stream::Interest interest = stream_->interest(may_read(), writing);
  poll_->watch(interest.readable, interest.writable, deaf_);
  if (const Time due = next_deadline(); due != Time::max()) {
    timer_.start(due);
  } else {
    timer_.stop();
  }
}

void Pump::note_kept() {
  const std::size_t kept = output_size() + (held_ ? held_->size() : 0);
  if (kept == kept_) return;
  loop_.change_kept(kept_, kept);
  kept_ = kept;
}

/// All that is waited for is what the peer sends, and time enough.
inline bool Pump::only_listens() const {
  return connection_ && connection_->is_quiet() && output_.size() == 0 && may_read() &&
         !finishing_ && !half_close_asked_ && !was_congested_ && !deadline_ && odd_ == nullptr &&
         !reads_ahead_;
}

void Pump::on_timer() {
  listens_ = false;  // what comes next has to be looked for
  if (ended()) return;
  flush();  // a timer that is late is no stall
  if (ended()) return;
  const Time now = loop_.now();
  if (write_timeout_at() && *write_timeout_at() <= now) {
    return transport_ended({TransportEnd::How::failed, "the peer does not read what it is sent"});
  }
  if (deadline_ && *deadline_ <= now) {
    deadline_.reset();
    if (finishing_ || input_ended_) return close();
    owner_.on_deadline();
  }
  turn(true);
}

void Pump::close() {
  if (ended()) return;
  poll_.reset();
  stream_.reset();
  timer_.stop();
  owner_.on_ended(end_ ? *end_ : TransportEnd{});
}

void Pump::continue_later() {
  if (turn_waits_) return;
  turn_waits_ = true;
  if (!self_) self_ = std::make_shared<Pump*>(this);
  loop_.later([self = self_] {
    if (*self == nullptr) return;
    (*self)->turn_waits_ = false;
    (*self)->turn(true);
  });
}

/// The end of time when there is none.
Time Pump::next_deadline() const {
  Time next = deadline_.value_or(Time::max());
  const auto consider = [&next](std::optional<Time> at) {
    if (at) next = std::min(next, *at);
  };
  consider(write_timeout_at());
  if (output_size() > 0 && odd_) consider(odd_->pacer.pause_end());
  if (connection_) consider(connection_->deadline());
  return next;
}

}  // namespace net
