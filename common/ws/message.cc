#include "ws/message.h"

#include <algorithm>

#include "ws/judge.h"

namespace ws {

using diag::Rule;
using diag::Violation;

MessageReader::MessageReader(Role role, const MessageLimits& limits,
                             const std::optional<DeflateParameters>& deflate)
    : role_(role), limits_(limits) {
  if (!deflate) return;
  inflater_ =
      std::make_unique<Inflater>(!(role == Role::server ? deflate->client_no_context_takeover
                                                        : deflate->server_no_context_takeover));
}

void MessageReader::release_idle() {
  if (holds_idle()) inflater_->release();
}

std::optional<Event> MessageReader::next(Bytes& in) {
  std::optional<Event> event;  // filled where the caller gets it
  PlainFrame frame;
  if (take_plain(in, frame)) {  // the usual case
    if (frame.mask != 0) copy_masked(frame.payload, frame.mask, frame.payload.data());
    if (!is_sound(frame, frame.payload)) {
      event = fail_plain(frame, frame.payload);
      return event;
    }
    event.emplace();
    event->kind = kind_of(frame.opcode);
    event->payload = frame.payload;
    return event;
  }
  while (!finished_) {
    const auto piece = decoder_.next(in);
    if (!piece) break;
    take(*piece, in, event);
    if (event) return event;
  }
  if (finished_) {
    in = {};
  } else if (const auto header = decoder_.peek()) {  // what two bytes of a header already show
    if (const auto broken = judge_start(*header, decoder_.offset())) event = fail(*broken);
  }
  return event;
}

Unfinished MessageReader::unfinished() const {
  const auto header = decoder_.current();
  Unfinished cut{.message = message_open_, .kind = kind_, .received = message_size_};
  if (header) {
    cut.frame = Unfinished::Frame::payload;
    cut.opcode = header->opcode;
    cut.left = decoder_.left();
    // What the header announced counts in message_size_ already.
    if (!is_control(header->opcode) && !compressed_) cut.received -= cut.left;
  } else if (!decoder_.at_boundary()) {
    cut.frame = Unfinished::Frame::header;
  }
  return cut;
}

bool MessageReader::take_plain(Bytes& in, PlainFrame& frame) {
  return !message_open_ && !finished_ &&
         decoder_.take_plain(in, role_ == Role::server, limits_.max_message, frame);
}

Event MessageReader::fail_plain(const PlainFrame& frame, ConstBytes payload) {
  utf8_.reset();
  return fail(*judge_text(utf8_, payload, true, frame.payload_offset));
}

inline void MessageReader::take(const FramePiece& piece, Bytes& in, std::optional<Event>& event) {
  if (piece.first) {
    auto broken = judge_start(piece.header, piece.offset);
    if (!broken) broken = judge_rest(piece);
    if (broken) {
      event = fail(*broken);
      return;
    }
  }
  if (is_control(piece.header.opcode)) {
    event = take_control(piece);
  } else if (compressed_) {
    event = take_compressed(piece, in);
  } else {
    take_data(piece, event);
  }
}

/// Everything that the first two bytes of a header tell.
inline std::optional<Violation> MessageReader::judge_start(const FrameHeader& header,
                                                           std::uint64_t offset) const {
  auto broken = judge_rsv(header, inflater_ != nullptr, offset);
  if (!broken) broken = judge_opcode(header, offset);
  if (!broken) broken = judge_mask(header, role_ == Role::server, offset);
  if (broken) return broken;
  return is_control(header.opcode) ? judge_control(header, offset)
                                   : judge_order(header, message_open_, offset);
}

/// The rest of the header. For a data frame this opens or continues the message.
inline std::optional<Violation> MessageReader::judge_rest(const FramePiece& piece) {
  const FrameHeader& header = piece.header;
  if (auto broken = judge_length(header, piece.offset)) return broken;
  if (is_control(header.opcode)) return std::nullopt;

  if (header.opcode != Opcode::cont) {
    message_open_ = true;
    compressed_ = header.rsv != 0;
    delivered_ = false;
    kind_ = kind_of(header.opcode);
    message_size_ = 0;
    fragment_count_ = 0;
    utf8_.reset();
  }
  if (!compressed_) {
    if (auto broken = judge_size(header, message_size_, limits_.max_message, piece.offset)) {
      return broken;
    }
    message_size_ += header.length;
  }
  if (++fragment_count_ > limits_.max_fragments) {
    return Violation{Rule::ws_fragment_count, piece.offset, fragment_count_};
  }
  return std::nullopt;
}

inline void MessageReader::take_data(const FramePiece& piece, std::optional<Event>& event) {
  const bool ends = piece.last && piece.header.fin;
  if (kind_ == MessageKind::text) {
    if (const auto broken = judge_text(utf8_, piece.payload, ends, piece.payload_offset)) {
      event = fail(*broken);
      return;
    }
  }
  if (ends) message_open_ = false;
  if (piece.payload.empty() && !ends) return;

  event.emplace();
  event->kind = kind_;
  event->first = !delivered_;
  event->last = ends;
  event->payload = piece.payload;
  delivered_ = true;
}

std::optional<Event> MessageReader::take_compressed(const FramePiece& piece, Bytes& in) {
  const Inflater::Piece inflated =
      inflater_->inflate(piece.payload, piece.last && piece.header.fin);
  Utf8Validator* const utf8 = kind_ == MessageKind::text ? &utf8_ : nullptr;
  if (const auto broken =
          judge_inflated(inflated, utf8, message_size_, limits_.max_message, piece.offset)) {
    return fail(*broken);
  }
  decoder_.put_back(in, piece, piece.payload.size() - inflated.used);
  message_size_ += inflated.output.size();
  if (inflated.ended) message_open_ = false;
  if (inflated.output.empty() && !inflated.ended) return std::nullopt;

  Event event;
  event.kind = kind_;
  event.first = !delivered_;
  event.last = inflated.ended;
  event.compressed = true;
  event.payload = inflated.output;
  delivered_ = true;
  return event;
}

std::optional<Event> MessageReader::take_control(const FramePiece& piece) {
  Bytes payload = piece.payload;
  if (!piece.first || !piece.last) {
    if (control_ == nullptr) control_ = std::make_unique<std::array<std::uint8_t, 125>>();
    if (piece.first) control_size_ = 0;
    std::copy(payload.begin(), payload.end(), control_->begin() + control_size_);
    control_size_ = static_cast<std::uint8_t>(control_size_ + payload.size());
    if (!piece.last) return std::nullopt;
    payload = Bytes(*control_).first(control_size_);
  }
  if (piece.header.opcode == Opcode::close) {
    const std::uint64_t end = piece.payload_offset + piece.payload.size();
    return close_event(payload, end - payload.size());
  }
  Event event;
  event.type = piece.header.opcode == Opcode::ping ? EventType::ping : EventType::pong;
  event.payload = payload;
  return event;
}

/// `offset` is that of body[0].
Event MessageReader::close_event(Bytes body, std::uint64_t offset) {
  const CloseBody close = read_close(body, offset);
  if (close.broken) return fail(*close.broken);
  finished_ = true;
  Event event;
  event.type = EventType::close;
  event.code = close.code;
  event.payload = close.reason;
  return event;
}

Event MessageReader::fail(const Violation& violation) {
  finished_ = true;
  Event event;
  event.type = EventType::violation;
  event.violation = violation;
  return event;
}

}  // namespace ws
