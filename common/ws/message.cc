#include "ws/message.h"

#include <algorithm>

namespace ws {

using diag::Rule;
using diag::Violation;

namespace {

bool is_known(Opcode opcode) {
  switch (opcode) {
    case Opcode::cont:
    case Opcode::text:
    case Opcode::binary:
    case Opcode::close:
    case Opcode::ping:
    case Opcode::pong: return true;
  }
  return false;
}

bool is_minimal(const FrameHeader& header) {
  switch (header.length_form) {
    case LengthForm::bits7: return true;
    case LengthForm::bits16: return header.length > 125;
    case LengthForm::bits64: return header.length > UINT16_MAX;
  }
  return true;
}

}  // namespace

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
  return fail_text(payload, *find_bad_text(payload, true), frame.payload_offset);
}

inline void MessageReader::take(const FramePiece& piece, Bytes& in, std::optional<Event>& event) {
  if (piece.first) {
    auto broken = judge_start(piece.header, piece.offset);
    if (!broken) broken = judge_length(piece);
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
  const auto opcode = static_cast<std::uint64_t>(header.opcode);
  // RFC 6455 5.2: a reserved bit has no meaning, but (RFC 7692 6) for RSV1 where a message begins.
  const bool begins = header.opcode == Opcode::text || header.opcode == Opcode::binary;
  if (header.rsv != 0 && !(header.rsv == kRsv1 && begins && inflater_ != nullptr)) {
    return Violation{Rule::ws_rsv, offset, header.rsv};
  }
  if (!is_known(header.opcode)) return Violation{Rule::ws_opcode, offset, opcode};
  // RFC 6455 5.1: a client masks, a server does not.
  if (role_ == Role::server && !header.masked)
    return Violation{Rule::ws_mask_missing, offset + 1, 0};
  if (role_ == Role::client && header.masked)
    return Violation{Rule::ws_mask_forbidden, offset + 1, 1};
  if (is_control(header.opcode)) {  // RFC 6455 5.5
    if (!header.fin) return Violation{Rule::ws_control_fragmented, offset, opcode};
    if (header.length_form != LengthForm::bits7) {  // the length itself may not have arrived yet
      return Violation{Rule::ws_control_size, offset + 1,
                       header.length_form == LengthForm::bits16 ? 126U : 127U};
    }
    return std::nullopt;
  }
  // RFC 6455 5.4: fragments of one message come in order, and messages do not interleave.
  const bool continues = header.opcode == Opcode::cont;
  if (continues && !message_open_)
    return Violation{Rule::ws_continuation_unexpected, offset, opcode};
  if (!continues && message_open_) return Violation{Rule::ws_continuation_missing, offset, opcode};
  return std::nullopt;
}

/// The rest of the header. For a data frame this opens or continues the message.
inline std::optional<Violation> MessageReader::judge_length(const FramePiece& piece) {
  const FrameHeader& header = piece.header;
  const std::uint64_t at = piece.offset + 1;
  // RFC 6455 5.2: the top bit is 0, the form is the shortest. The second MUST binds the sender
  // only; a tool that looks for mistakes does not overlook this one.
  if (header.length >> 63 != 0) return Violation{Rule::ws_length_top_bit, at, header.length};
  if (!is_minimal(header)) return Violation{Rule::ws_length_minimal, at, header.length};
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
  // RFC 6455 10.4: refused from the header, before the payload comes.
  if (!compressed_) {
    if (header.length > limits_.max_message - message_size_) {
      return Violation{Rule::ws_message_size, at, message_size_ + header.length};
    }
    message_size_ += header.length;
  }
  if (++fragment_count_ > limits_.max_fragments) {
    return Violation{Rule::ws_fragment_count, piece.offset, fragment_count_};
  }
  return std::nullopt;
}

/// RFC 6455 8.1: where in `text`, or behind it when it `ends` too early, the first byte is that
/// cannot be.
inline std::optional<std::size_t> MessageReader::find_bad_text(ConstBytes text, bool ends) {
  auto bad = utf8_.feed(text);
  if (!bad && ends && !utf8_.complete()) bad = text.size();
  return bad;
}

Event MessageReader::fail_text(ConstBytes text, std::size_t bad, std::uint64_t offset) {
  return fail({Rule::ws_text_utf8, offset + bad, bad < text.size() ? text[bad] : 0U});
}

inline void MessageReader::take_data(const FramePiece& piece, std::optional<Event>& event) {
  const bool ends = piece.last && piece.header.fin;
  if (kind_ == MessageKind::text) {
    if (const auto bad = find_bad_text(piece.payload, ends)) {
      event = fail_text(piece.payload, *bad, piece.payload_offset);
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

/// Where in a frame a byte lay that inflates to this or that is hard to say, and depends on how the
/// frame was cut: violations are at its first byte, and in the order of the inflated bytes.
std::optional<Event> MessageReader::take_compressed(const FramePiece& piece, Bytes& in) {
  const Inflater::Piece inflated =
      inflater_->inflate(piece.payload, piece.last && piece.header.fin);
  const std::uint64_t room = limits_.max_message - message_size_;
  const bool fits = inflated.output.size() <= room;
  if (kind_ == MessageKind::text) {
    const ConstBytes text =
        fits ? inflated.output : inflated.output.first(static_cast<std::size_t>(room));
    if (const auto bad = utf8_.feed(text)) {
      return fail({Rule::ws_text_utf8, piece.offset, text[*bad]});
    }
  }
  // RFC 7692 8: while it inflates, so that a few bytes do not become more than the limit.
  if (!fits) return fail({Rule::ws_message_size, piece.offset, limits_.max_message + 1});
  if (inflated.broken) return fail({Rule::ws_deflate, piece.offset, 0});
  if (inflated.ended && kind_ == MessageKind::text && !utf8_.complete()) {
    return fail({Rule::ws_text_utf8, piece.offset, 0});
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

/// RFC 6455 5.5.1: nothing, or a code and a reason. `offset` is that of body[0].
Event MessageReader::close_event(Bytes body, std::uint64_t offset) {
  Event event;
  event.type = EventType::close;
  event.code = code::kNoStatus;
  if (!body.empty()) {
    if (body.size() == 1) return fail({Rule::ws_close_size, offset, body.size()});
    event.code = static_cast<CloseCode>(body[0] << 8 | body[1]);
    event.payload = body.subspan(2);
    if (!may_be_sent(event.code)) return fail({Rule::ws_close_code, offset, event.code});
    Utf8Validator reason;
    const auto bad = reason.feed(event.payload);
    if (bad || !reason.complete()) {
      return fail({Rule::ws_close_utf8, offset + 2 + bad.value_or(event.payload.size()),
                   bad ? event.payload[*bad] : 0U});
    }
  }
  finished_ = true;
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
