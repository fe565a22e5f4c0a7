#include "ws/connection.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "diag/rule.h"

namespace ws {
namespace {

// RFC 6455 5.5.3 allows to answer only the newest ping. We do so when this much is already waiting,
// so that a peer that pings and never reads costs a bounded amount of memory.
constexpr std::size_t kPongHoldBack = std::size_t{64} << 10;

}  // namespace

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
  auto event = reader_.next(in);  // the one object that is returned
  // A peer that keeps pinging may still have left a message open.
  if (!event || event->type == EventType::message) last_message_byte_ = now_;
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

Result<void> Connection::send(MessageKind kind, bool last, ConstBytes payload, bool compress) {
  if (!can_send()) return Error{"the connection is closing", {}};
  const bool first = !sending_fragments_;
  if (first) sending_compressed_ = compress && can_compress();
  if (sending_compressed_) {
    payload = compression_->deflater->compress(payload, last);
    compression_->used_at = now_;
  }
  FrameHeader header = next_data_header(kind, last, payload.size());
  if (first && sending_compressed_) header.rsv = kRsv1;  // RFC 7692 6.1: on no other fragment
  append_frame(header, payload);
  return {};
}

std::size_t Connection::begin_frame(MessageKind kind, bool last, Bytes payload, Bytes out) {
  CHECK(can_send() && output_.size() == 0);
  if (!sending_fragments_) sending_compressed_ = false;
  CHECK(!sending_compressed_);
  const FrameHeader header = next_data_header(kind, last, payload.size());
  if (header.masked) apply_mask(payload, header.key, 0);
  return encode_header(header, out);
}

Result<void> Connection::ping(ConstBytes payload) {
  if (!can_send()) return Error{"the connection is closing", {}};
  if (payload.size() > kMaxControlSize) {
    return Error{fmt::format("a ping carries at most {} bytes", kMaxControlSize), {}};
  }
  append_control(Opcode::ping, payload);
  sent_ping_ = std::make_unique<std::string>(as_text(payload));
  ping_sent_ = now_;
  return {};
}

Result<void> Connection::pong(ConstBytes payload) {
  if (!can_send()) return Error{"the connection is closing", {}};
  if (payload.size() > kMaxControlSize) {
    return Error{fmt::format("a pong carries at most {} bytes", kMaxControlSize), {}};
  }
  append_control(Opcode::pong, payload);
  return {};
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

Result<void> Connection::send_raw(ConstBytes bytes) {
  const bool heard = state_ == CloseState::open || state_ == CloseState::closing;
  if (!heard) return Error{"the connection is closed", {}};
  if (raw_ == nullptr) raw_ = std::make_unique<SentFrames>();
  output_.append(bytes);
  raw_->follow(bytes);
  if (state_ == CloseState::open && raw_->close_code()) {
    our_code_ = *raw_->close_code();
    state_ = close_step(state_, CloseInput::we_close).next;
    start_end_timer();
  }
  send_pending_pong();
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

void Connection::sent(std::size_t size) {
  output_.sent(size);
  if (state_ != CloseState::open && !last_words_left_) start_end_timer();
  send_pending_pong();
}

void Connection::send_pending_pong() {
  if (!pending_pong_ || output_.size() >= kPongHoldBack || inside_raw_frame()) return;
  if (state_ != CloseState::open && state_ != CloseState::closing) return;
  append_control(Opcode::pong, as_bytes(*pending_pong_));
  pending_pong_.reset();
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

inline FrameHeader Connection::header_of(Opcode opcode, bool fin, std::size_t size) {
  FrameHeader header;
  header.fin = fin;
  header.opcode = opcode;
  header.length = size;
  header.masked = role_ == Role::client;
  if (header.masked) header.key = (*mask_source_)();
  return header;
}

/// Of the next message, or of the next fragment of the one that is being sent.
inline FrameHeader Connection::next_data_header(MessageKind kind, bool last, std::size_t size) {
  const Opcode first = kind == MessageKind::text ? Opcode::text : Opcode::binary;
  const Opcode opcode = sending_fragments_ ? Opcode::cont : first;
  sending_fragments_ = !last;
  return header_of(opcode, last, size);
}

void Connection::append_frame(const FrameHeader& header, ConstBytes payload) {
  std::array<std::uint8_t, kMaxHeaderSize> bytes;
  const std::size_t size = encode_header(header, bytes);
  Bytes frame = output_.extend(size + payload.size());
  std::copy_n(bytes.begin(), size, take_front(frame, size).begin());
  std::copy(payload.begin(), payload.end(), frame.begin());
  if (header.masked) apply_mask(frame, header.key, 0);
}

void Connection::append_control(Opcode opcode, ConstBytes payload) {
  append_frame(header_of(opcode, true, payload.size()), payload);
}

void Connection::append_close(CloseCode code, std::string_view reason) {
  if (inside_raw_frame()) return;  // the peer would take it for payload
  if (code == code::kNoStatus) return append_control(Opcode::close, {});
  std::array<std::uint8_t, kMaxControlSize> body;
  body[0] = static_cast<std::uint8_t>(code >> 8);
  body[1] = static_cast<std::uint8_t>(code);
  std::copy(reason.begin(), reason.end(), body.begin() + 2);
  append_control(Opcode::close, ConstBytes(body).first(2 + reason.size()));
}

}  // namespace ws
