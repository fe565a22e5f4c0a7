// The writing half of net/pump: what goes out where it lies, what waits, and how slowly.
#include <algorithm>
#include <cstring>
#include <utility>

#include "base/check.h"
#include "net/pump.h"

namespace net {
namespace {

// A turn does at most so many writes of chosen sizes, which may be of one byte each.
constexpr int kPacedWritesPerTurn = 64;

/// Moves `bytes` to the place `to` a little before them. Most are few, and have been written in
/// words just now.
void move_down(Bytes bytes, std::uint8_t* to) {
  if (bytes.size() > 64) {
    std::memmove(to, bytes.data(), bytes.size());
    return;
  }
  const std::uint8_t* from = bytes.data();
  std::size_t left = bytes.size();
  const auto move_one = [&]<typename Word>(Word word) {
    std::memcpy(&word, from, sizeof word);
    std::memcpy(to, &word, sizeof word);
    from += sizeof word;
    to += sizeof word;
    left -= sizeof word;
  };
  while (left >= 8) move_one(std::uint64_t{});
  if (left >= 4) move_one(std::uint32_t{});
  while (left > 0) move_one(std::uint8_t{});
}

}  // namespace

TransportEnd Pump::end_of(const IoFailure& failure) {
  return {failure.reset ? TransportEnd::How::reset : TransportEnd::How::failed, failure.error,
          failure.hint};
}

void Pump::send_in_place(const ws::Event& message) {
  if (!connection_->can_send()) return;
  if (goes_in_place(message)) return begin_in_place(message.payload, message.kind, message.last);
  const bool sent =
      bool(connection_->send(message.kind, message.last, message.payload, message.compressed));
  CHECK(sent);
}

bool Pump::goes_in_place(const ws::Event& message) const {
  return output_size() == 0 && !message.compressed && odd_ == nullptr;
}

/// The frames that go back lie one behind the other in the buffer they were read into. There is
/// room: a masked header is longer than one without a key, and the buffer has headroom in front.
void Pump::begin_in_place(Bytes payload, ws::MessageKind kind, bool last) {
  const bool first = begun_.empty();
  std::uint8_t* const at =
      first ? payload.data() - ws::kMaxHeaderSize : begun_.data() + begun_.size();
  const std::size_t size = connection_->begin_frame(kind, last, payload, Bytes(at, payload.data()));
  if (first) {  // the header goes to the payload, which may be long
    begun_ = {payload.data() - size, size + payload.size()};
    std::memmove(begun_.data(), at, size);
  } else {
    begun_ = {begun_.data(), begun_.size() + size + payload.size()};
    move_down(payload, at + size);
  }
}

bool Pump::may_write() {
  return odd_ == nullptr || !odd_->pacer.pauses(loop_.now()) || write_failed_;
}

/// A pause that is wanted is no stall.
Time Pump::pause_end_or_now() const {
  const auto pause_end = odd_ ? odd_->pacer.pause_end() : std::nullopt;
  return pause_end.value_or(loop_.now());
}

void Pump::flush() {
  write_begun();
  if (output_size() == 0 && !stalled_at_ && !finishing_) return;  // the usual case
  was_congested_ = was_congested_ || congested();
  divert();
  if (finishing_ && connection_) {  // its last words are ours
    output_.append(connection_->output());
    connection_.reset();
  }
  write_queued();
  if (connection_ && odd_ && odd_->rewrite) connection_->set_queued(loop_.now(), stalled_at_);
}

void Pump::write_queued() {
  Pacer* const pacer = odd_ ? &odd_->pacer : nullptr;
  bool progress = false;
  for (int writes = 0; !ended() && output_size() > 0 && may_write(); ++writes) {
    if (pacer != nullptr && pacer->active() && writes == kPacedWritesPerTurn)
      break;  // the descriptor is still writable
    const bool ours = output_.size() > 0;
    ConstBytes bytes = ours ? output_.view() : connection_->output();
    if (pacer != nullptr) bytes = pacer->next(bytes, refused_size_);
    const Written result = write_some(bytes);
    if (result.io == Io::failed) {
      if (deaf_) return close();
      continue;
    }
    if (result.io == Io::again) break;
    progress = true;
    if (pacer != nullptr) pacer->sent(result.size, loop_.now());
    if (ours) {
      output_.sent(result.size);
    } else {
      connection_->sent(result.size);
      divert();
    }
  }
  if (output_size() == 0) {
    stalled_at_.reset();
  } else if (progress || !stalled_at_) {
    stalled_at_ = pause_end_or_now();
  }
  if (progress && finishing_ && !half_closed_) deadline_ = pause_end_or_now() + kFinishTimeout;
}

/// Writes what lies in the shared buffer, which is good for this turn only.
void Pump::write_begun() {
  const ConstBytes begun = std::exchange(begun_, {});
  if (begun.empty() || ended()) return;
  const Written result = write_some(begun);
  const std::size_t gone = result.io == Io::ok ? result.size : 0;
  connection_->unsent(begun.subspan(gone));
}

/// To nowhere when nothing can be written any more.
Pump::Written Pump::write_some(ConstBytes bytes) {
  if (write_failed_ || half_closed_) return {Io::ok, bytes.size()};
  const IoResult result = stream_->write(bytes);
  refused_size_ = result.io == Io::again ? bytes.size() : 0;
  if (result.io == Io::failed) {
    // What the peer said before it left may still be readable: go on until reading ends too.
    write_failed_ = true;
    note_end(end_of(*result.failure));
  }
  return {result.io, result.size};
}

/// Hands what the connection sends to whoever rewrites it.
void Pump::divert() {
  if (odd_ == nullptr || !odd_->rewrite) return;
  while (connection_ && !connection_->output().empty()) {
    const ConstBytes output = connection_->output();
    odd_->rewrite(output);
    if (connection_) connection_->sent(output.size());
  }
}

}  // namespace net
