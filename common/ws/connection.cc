#include "ws/connection.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/check.h"
#include "diag/rule.h"

namespace ws {

Connection::Connection(Role role, std::shared_ptr<const Settings> settings, MaskSource mask_source,
                       Time now)
    : role_(role),
      settings_(std::move(settings)),
      reader_(role, settings_->limits, settings_->deflate),
      output_(role == Role::client ? OutputBuffer::kKeptByOne : OutputBuffer::kKeptByMany),
      now_(now),
      last_message_byte_(now),
      next_ping_(now + settings_->ping_interval),
      pong_deadline_(now),
      ping_sent_(now),
      end_deadline_(now) {
  if (role == Role::client) {
    mask_source_ = std::make_unique<const MaskSource>(std::move(mask_source));
  }
  if (!settings_->deflate) return;
  const DeflateParameters& agreed = *settings_->deflate;
  const bool server = role == Role::server;
  const int bits = server ? agreed.server_max_window_bits : agreed.client_max_window_bits;
  const bool fresh = server ? agreed.server_no_context_takeover : agreed.client_no_context_takeover;
  compression_ = std::make_unique<Compression>(Compression{std::nullopt, now});
  if (bits >= kMinDeflateBits) compression_->deflater.emplace(bits, !fresh);
}

std::optional<Event> Connection::next(Bytes& in) {
  if (ended_) return tell_end();
  if (state_ == CloseState::failed || state_ == CloseState::gone) in = {};  // RFC 6455 7.1.7
  if (in.empty()) return std::nullopt;
  return next_received(in);
}

std::optional<Event> Connection::next_received(Bytes& in) {
  const bool was_unfinished = reader_.is_unfinished();
  auto event = reader_.next(in);  // the one object that is returned
  // A peer that keeps pinging may still have left a message open.
  const bool has_begun = !was_unfinished && reader_.is_unfinished();
  if (!event || event->type == EventType::message || has_begun) last_message_byte_ = now_;
  if (event && event->type != EventType::message) react(*event);
  if (event && event->compressed) compression_->used_at = now_;
  return event;
}

void Connection::react(const Event& event) {
  switch (event.type) {
    case EventType::ping: return on_ping(event.payload);
    case EventType::pong: return on_pong(event.payload);
    case EventType::close:
      peer_closed_first_ = state_ == CloseState::open;
      peer_code_ = event.code;
      reason_ =
          std::make_unique<std::vector<std::uint8_t>>(event.payload.begin(), event.payload.end());
      return apply(CloseInput::peer_close, event.code, {});
    case EventType::violation: {
      const diag::RuleInfo& rule = diag::info(event.violation.rule);
      failure_ = Ending::violation;
      return apply(CloseInput::violation, rule.answer, rule.id);
    }
    case EventType::message:
    case EventType::ended: return;
  }
}

void Connection::eof() {
  apply(CloseInput::peer_eof, 0, {});
}

Result<void> Connection::close(CloseCode code, std::string_view reason) {
  if (code != code::kNoStatus && !may_be_sent(code)) {
    return Error{fmt::format("close code {} may not be sent", code), {}};
  }
  if (reason.size() > kMaxReasonSize || !is_utf8(as_bytes(reason))) {
    return Error{fmt::format("a close reason is at most {} bytes of UTF-8", kMaxReasonSize), {}};
  }
  if (!can_send()) return Error{"the connection is closing", {}};
  if (inside_raw_frame()) return Error{"a frame is unfinished", {}};
  apply(CloseInput::we_close, code, reason);
  return {};
}

/// One step of the table in ws/close.cc. `code` and `reason` are what a Close of ours would carry.
void Connection::apply(CloseInput input, CloseCode code, std::string_view reason) {
  const CloseState before = state_;
  const CloseStep step = close_step(state_, input);
  state_ = step.next;
  switch (step.action) {
    case CloseAction::send_close:
      our_code_ = code;
      append_close(code, reason);
      break;
    case CloseAction::echo_close:
      our_code_ = code;
      append_close(code, {});
      break;
    case CloseAction::report_cut: report(Ending::cut, code::kAbnormal); break;
    case CloseAction::report_unanswered: report(Ending::unanswered, our_code_); break;
    case CloseAction::report_code:
    case CloseAction::drop:
      if (before == CloseState::failed) {
        report(failure_, our_code_);
      } else {
        report(peer_closed_first_ ? Ending::peer : Ending::us, peer_code_);
      }
      break;
    case CloseAction::none:
    case CloseAction::reject:
    case CloseAction::ignore: break;
  }
  if (state_ != before) start_end_timer();
}

/// The peer has its time from when our last words have left; until then each byte it takes counts.
/// Pongs that follow them do not: a peer that pings for ever is to be left all the same.
void Connection::start_end_timer() {
  last_words_left_ = output_.size() == 0;
  if (!last_words_left_) {
    end_deadline_ = now_ + settings_->stall_timeout;
  } else {
    const bool closing = state_ == CloseState::closing;
    end_deadline_ = now_ + (closing ? settings_->close_timeout : settings_->end_timeout);
  }
}

void Connection::report(Ending ending, CloseCode code) {
  ended_ = End{ending, code};
}

Event Connection::tell_end() {
  const End end = *std::exchange(ended_, std::nullopt);
  Event event;
  event.type = EventType::ended;
  event.ending = end.ending;
  event.code = end.code;
  const bool both_closed = end.ending == Ending::peer || end.ending == Ending::us;
  if (both_closed && reason_ != nullptr) event.payload = *reason_;
  return event;
}

void Connection::on_ping(ConstBytes payload) {
  // RFC 6455 5.5.2: a ping is answered unless a Close has been received.
  if (state_ != CloseState::open && state_ != CloseState::closing) return;
  if (output_.size() >= kPongHoldBack || inside_raw_frame()) {
    pending_pong_ = std::make_unique<std::string>(as_text(payload));
  } else {
    append_control(Opcode::pong, payload);
  }
}

void Connection::on_pong(ConstBytes payload) {
  round_trip_.reset();
  const std::string_view text = as_text(payload);
  if (awaits_pong_ && text == std::to_string(ping_count_)) awaits_pong_ = false;
  if (sent_ping_ && *sent_ping_ == text) {
    round_trip_ = now_ - ping_sent_;
    sent_ping_.reset();
    awaits_pong_ = false;  // RFC 6455 5.5.3: the peer may answer only the newest ping
  }
}

void Connection::tick(Time now) {
  now_ = now;
  if (is_quiet() && !has_due()) return;  // the usual case
  if (holds_compression() && compression_->used_at + settings_->deflate_idle <= now) {
    if (compression_->deflater) compression_->deflater->release();
    reader_.release_idle();
  }
  const auto due = deadline();
  if (!due || *due > now) return;
  if (state_ != CloseState::open) {
    apply(CloseInput::timeout, 0, {});
    return;
  }
  failure_ = Ending::timeout;
  if (reading_ && awaits_pong_ && pong_deadline_ <= now) {
    apply(CloseInput::timeout, code::kServerError, "ping timeout");
  } else if (reading_ && reader_.is_unfinished() &&
             last_message_byte_ + settings_->message_timeout <= now) {
    apply(CloseInput::timeout, code::kPolicy, "message timeout");
  } else {
    next_ping_ = now + settings_->ping_interval;
    if (!awaits_pong_ &&
        !inside_raw_frame()) {  // one at a time, so that a slow peer can still answer it
      awaits_pong_ = true;
      pong_deadline_ = now + settings_->pong_timeout;
      const bool pinged = bool(ping(as_bytes(std::to_string(++ping_count_))));
      CHECK(pinged);
    }
  }
}

std::optional<Time> Connection::deadline() const {
  switch (state_) {
    case CloseState::gone: return std::nullopt;
    case CloseState::closing:
      if (!reading_ && output_.size() == 0) return std::nullopt;  // the answer may be there
      return end_deadline_;
    case CloseState::done:
    case CloseState::failed: return end_deadline_;
    case CloseState::open: break;
  }
  Time due = Time::max();
  if (settings_->ping_interval > Duration(0)) due = next_ping_;
  if (reading_ && awaits_pong_) due = std::min(due, pong_deadline_);
  if (reading_ && reader_.is_unfinished()) {
    due = std::min(due, last_message_byte_ + settings_->message_timeout);
  }
  if (holds_compression()) due = std::min(due, compression_->used_at + settings_->deflate_idle);
  return due == Time::max() ? std::nullopt : std::optional(due);
}

void Connection::set_reading(bool reading) {
  if (reading && !reading_) {
    pong_deadline_ = now_ + settings_->pong_timeout;
    last_message_byte_ = now_;
    start_end_timer();
  }
  reading_ = reading;
}

void Connection::set_queued(Time now, std::optional<Time> since) {
  now_ = std::max(now_, now);
  const bool was_queued = std::exchange(queued_, since.has_value());
  if (state_ == CloseState::open || state_ == CloseState::gone) return;
  if (since) {
    end_deadline_ = *since + settings_->stall_timeout;
  } else if (was_queued) {
    start_end_timer();
  }
}

bool Connection::half_close_wanted() const {
  if (output_.size() > 0) return false;
  return state_ == CloseState::failed || (state_ == CloseState::done && role_ == Role::server);
}

/// There is memory of permessage-deflate that can be given back.
bool Connection::holds_compression() const {
  if (compression_ == nullptr) return false;
  const auto& deflater = compression_->deflater;
  return (deflater && deflater->holds_state()) || reader_.holds_idle();
}

std::optional<DeflateRatio> Connection::deflate_ratio() const {
  if (compression_ == nullptr) return std::nullopt;
  const auto& deflater = compression_->deflater;
  return DeflateRatio{reader_.inflater()->totals(),
                      deflater ? deflater->totals() : DeflateTotals{}};
}

}  // namespace ws
