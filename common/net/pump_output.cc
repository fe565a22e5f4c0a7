// The writing half of net/pump: what goes out where it lies, what waits, and how slowly.
#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "base/check.h"
#include "net/pump.h"

namespace net {
namespace {

// A turn does at most so many writes of chosen sizes, which may be of one byte each.
constexpr int kPacedWritesPerTurn = 64;

}  // namespace

TransportEnd Pump::end_of(const IoFailure& failure) {
  return {failure.reset ? TransportEnd::How::reset : TransportEnd::How::failed, failure.error,
          failure.hint};
}

/// The frames that go back lie one behind the other in the buffer they were read into. There is
/// room: a masked header is longer than one without a key, and the buffer has headroom in front.
void Pump::send_in_place(const ws::Event& message) {
  if (!connection_->can_send()) return;
  if (output_size() > 0 || odd_ || message.compressed) {
    const bool sent =
        bool(connection_->send(message.kind, message.last, message.payload, message.compressed));
    CHECK(sent);
    return;
  }
  const Bytes payload = message.payload;
  std::array<std::uint8_t, ws::kMaxHeaderSize> header;
  const std::size_t size = connection_->begin_frame(message.kind, message.last, payload, header);
  std::uint8_t* const start = begun_.empty() ? payload.data() - size : begun_.data();
  std::uint8_t* const at = start + begun_.size();
  CHECK(at + size <= payload.data());
  std::memcpy(at, header.data(), size);
  if (at + size < payload.data()) std::memmove(at + size, payload.data(), payload.size());
  begun_ = {start, begun_.size() + size + payload.size()};
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
  if (progress && (finishing_ || input_ended_) && !half_closed_)
    deadline_ = pause_end_or_now() + kFinishTimeout;
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

bool Pump::takes_output() const {
  return !ended() && !finishing_ && !input_ended_ && !half_close_asked_ && !half_closed_ &&
         !write_failed_;
}

bool Pump::half_close_wanted() const {
  if (finishing_ || half_close_asked_) return output_size() == 0;
  return output_.size() == 0 && connection_ && connection_->half_close_wanted();
}

std::optional<Time> Pump::write_timeout_at() const {
  if (!stalled_at_ || limits_.write_timeout == Duration(0)) return std::nullopt;
  return *stalled_at_ + limits_.write_timeout;
}

/// The peer has said all it has to say, and may still listen: to echoes, to our Close.
bool Pump::has_last_words() const {
  return input_ended_ && output_size() > 0 && !write_failed_ && !reset_asked_;
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
