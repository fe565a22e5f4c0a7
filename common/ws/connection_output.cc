// The sending half of ws/connection: frames of each kind, and messages that go back where they lie.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/check.h"
#include "ws/connection.h"

namespace ws {

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

std::optional<Event> Connection::next_echoing(Bytes& in, Bytes& begun) {
  CHECK(role_ == Role::server);
  const bool may_echo = can_send() && output_.size() == 0 && !sending_fragments_ && !ended_;
  PlainFrame frame;
  while (may_echo && !in.empty() && reader_.take_plain(in, frame)) {
    const Bytes from = frame.payload;
    const std::size_t header_size = unmasked_header_size(frame);
    if (begun.empty()) begun = Bytes(from.data() - header_size, std::size_t{0});
    std::uint8_t* const at = begun.data() + begun.size();
    encode_unmasked_header(frame, at);
    const Bytes payload(at + header_size, from.size());
    copy_masked(from, frame.mask, payload.data());
    if (!MessageReader::is_sound(frame, payload)) {
      std::optional<Event> event = reader_.fail_plain(frame, payload);
      react(*event);
      return event;
    }
    begun = Bytes(begun.data(), begun.size() + header_size + payload.size());
  }
  if (in.empty() && !ended_) return std::nullopt;
  return next(in);
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

}  // namespace ws
