#include "ws/observer_frames.h"

#include <algorithm>

namespace ws {

using diag::Rule;
using diag::Violation;

void FrameObserver::agree(const std::optional<DeflateParameters>& deflate, bool others) {
  others_ = others;
  if (reading_ == Reading::compressed) return;
  if (!deflate) {
    inflater_.reset();
    return;
  }
  const bool takeover = !(direction_ == Direction::to_server ? deflate->client_no_context_takeover
                                                             : deflate->server_no_context_takeover);
  if (inflater_ != nullptr && takeover == context_takeover_) return;
  context_takeover_ = takeover;
  inflater_ = std::make_unique<Inflater>(takeover);
}

bool FrameObserver::take(Bytes& in, std::uint64_t& frame_count, ObservationQueue& out) {
  auto piece = decoder_.next(in);
  if (!piece) return true;
  if (piece->first) {
    number_ = ++frame_count;
    begin_frame(*piece, out);
    if (piece->header.length >> 63 != 0) {  // there is no such frame, nor an end of it
      decoder_.put_back(in, *piece, piece->payload.size());
      end_frame(piece->header, true, out);
      cut_message(out);
      return false;
    }
  }
  std::optional<Inflater::Piece> inflated;
  if (use_ == Use::message && reading_ == Reading::compressed) {
    inflated = inflater_->inflate(piece->payload, piece->last && piece->header.fin);
    const std::size_t left = inflated->broken ? 0 : piece->payload.size() - inflated->used;
    decoder_.put_back(in, *piece, left);
    piece->payload = piece->payload.first(piece->payload.size() - left);
    if (left > 0) piece->last = false;
  }
  if (!piece->payload.empty()) {
    Observation& payload =
        out.push(ObservationType::payload, direction_, piece->payload_offset, piece->payload);
    payload.frame = number_;
    payload.header = piece->header;
    payload.position = position_;
  }
  if (inflated) {
    take_inflated(*inflated, piece->last && piece->header.fin, out);
  } else if (use_ == Use::message) {
    take_plain(*piece, out);
  } else if (use_ == Use::control) {
    take_control(*piece, out);
  }
  position_ += piece->payload.size();
  if (piece->last) end_frame(piece->header, false, out);
  return true;
}

void FrameObserver::cut(std::uint64_t frame_count, ObservationQueue& out) {
  if (const auto header = decoder_.current()) {
    end_frame(*header, true, out);
  } else if (!decoder_.at_boundary()) {
    Observation& raw =
        out.push(ObservationType::raw, direction_, decoder_.offset(), decoder_.partial());
    raw.raw = RawKind::header;
    number_ = frame_count + 1;  // the frame that it would have been
    if (const auto started = decoder_.peek()) judge_start(*started, decoder_.offset(), out);
  }
  cut_message(out);
}

void FrameObserver::begin_frame(const FramePiece& piece, ObservationQueue& out) {
  const FrameHeader& header = piece.header;
  offset_ = piece.offset;
  position_ = 0;
  // Every bit of a header is in it, so that this is what came.
  const std::size_t size = encode_header_as_given(header, header_bytes_);
  Observation& frame = out.push(ObservationType::frame, direction_, piece.offset,
                                ConstBytes(header_bytes_).first(size));
  frame.frame = number_;
  frame.header = header;

  judge_start(header, piece.offset, out);
  const bool top_bit = header.length >> 63 != 0;
  if (!closed_ || top_bit) tell(judge_length(header, piece.offset), out);
  judge_key(header, out);
  use_ = Use::none;
  if (!is_known(header.opcode) || top_bit) return;
  if (is_control(header.opcode)) {
    use_ = Use::control;
  } else if (!closed_) {
    begin_data(piece, out);
  }
}

/// What the first two bytes of a header tell. An endpoint looks at nothing behind a Close, and what
/// stands there is judged for standing there only.
void FrameObserver::judge_start(const FrameHeader& header, std::uint64_t offset,
                                ObservationQueue& out) {
  const bool known = is_known(header.opcode);
  const bool control = is_control(header.opcode);
  if (closed_) {
    if (known && !control) {  // RFC 6455 5.5.1
      tell(Violation{Rule::ws_after_close, offset, static_cast<std::uint64_t>(header.opcode)}, out);
    }
    return;
  }
  if (!others_) tell(judge_rsv(header, inflater_ != nullptr, offset), out);
  tell(judge_opcode(header, offset), out);
  tell(judge_mask(header, direction_ == Direction::to_server, offset), out);
  if (!known) return;
  if (!control) return tell(judge_order(header, reading_ != Reading::nothing, offset), out);
  tell(judge_control(header, offset), out);
  if (header.fin) return;
  FrameHeader whole = header;  // it may be too long as well
  whole.fin = true;
  tell(judge_control(whole, offset), out);
}

/// RFC 6455 5.3: two random keys of 32 bits are hardly the same. Told of once.
void FrameObserver::judge_key(const FrameHeader& header, ObservationQueue& out) {
  if (!header.masked || direction_ == Direction::to_client || closed_) return;
  if (last_key_ == header.key && !key_told_) {
    key_told_ = true;
    tell(Violation{Rule::ws_mask_key, offset_, 0}, out);
  }
  last_key_ = header.key;
}

/// Opens the message or continues it. A fragment that continues nothing belongs to no message.
void FrameObserver::begin_data(const FramePiece& piece, ObservationQueue& out) {
  const FrameHeader& header = piece.header;
  if (begins_message(header.opcode)) {
    cut_message(out);
    const bool compressed = inflater_ != nullptr && (header.rsv & kRsv1) != 0;
    if (compressed && inflater_broken_) {
      inflater_ = std::make_unique<Inflater>(context_takeover_);
      inflater_broken_ = false;
    }
    reading_ = compressed ? Reading::compressed : Reading::plain;
    kind_ = kind_of(header.opcode);
    delivered_ = false;
    // Other bits may say that the text is not as it reads.
    judges_text_ = kind_ == MessageKind::text && header.rsv == (compressed ? kRsv1 : 0);
    judges_size_ = true;
    announced_ = 0;
    told_ = 0;
    fragment_count_ = 0;
    utf8_.reset();
  }
  if (reading_ == Reading::nothing) return;
  use_ = Use::message;
  if (reading_ == Reading::plain) {
    const auto broken = judge_size(header, announced_, limits_.max_message, piece.offset);
    if (broken && judges_size_) {
      judges_size_ = false;
      tell(broken, out);
    }
    announced_ += std::min(header.length, UINT64_MAX - announced_);
  }
  if (fragment_count_ > limits_.max_fragments) return;
  if (++fragment_count_ > limits_.max_fragments) {
    tell(Violation{Rule::ws_fragment_count, piece.offset, fragment_count_}, out);
  }
}

void FrameObserver::take_plain(const FramePiece& piece, ObservationQueue& out) {
  const bool ends = piece.last && piece.header.fin;
  if (judges_text_) {
    const auto broken = judge_text(utf8_, piece.payload, ends, piece.payload_offset);
    if (broken) judges_text_ = false;
    tell(broken, out);
  }
  if (reading_ == Reading::plain && (ends || !piece.payload.empty())) {
    push_message(piece.payload, ends, out);
  }
  if (ends) reading_ = Reading::nothing;
}

/// `ends`: the message does. Tells one thing after the other that is wrong with the piece.
void FrameObserver::take_inflated(const Inflater::Piece& inflated, bool ends,
                                  ObservationQueue& out) {
  while (const auto broken = judge_inflated(
             inflated, judges_text_ ? &utf8_ : nullptr, judges_size_ ? announced_ : 0,
             judges_size_ ? limits_.max_message : UINT64_MAX, offset_)) {
    // Behind what could not be inflated, this one may have broken no rule.
    if (broken->rule != Rule::ws_deflate || !window_lost_) tell(broken, out);
    judges_text_ = false;
    if (broken->rule == Rule::ws_message_size) judges_size_ = false;
    if (broken->rule == Rule::ws_deflate) break;
  }
  announced_ += inflated.output.size();
  const bool complete = inflated.ended && !inflated.broken;
  if (!inflated.output.empty() || complete) push_message(inflated.output, complete, out);
  if (inflated.broken) {
    cut_message(out);
    if (!ends) reading_ = Reading::lost;
    // The output is a view of what the old one holds, so that this one has to wait.
    inflater_broken_ = true;
    window_lost_ = context_takeover_;
  } else if (complete) {
    reading_ = Reading::nothing;
  }
}

void FrameObserver::take_control(const FramePiece& piece, ObservationQueue& out) {
  const std::size_t held =
      static_cast<std::size_t>(std::min<std::uint64_t>(position_, control_.size()));
  const ConstBytes fits =
      piece.payload.first(std::min(piece.payload.size(), control_.size() - held));
  std::copy(fits.begin(), fits.end(), control_.begin() + static_cast<std::ptrdiff_t>(held));
  if (!piece.last) return;

  const Bytes body = Bytes(control_).first(held + fits.size());
  Observation told;
  told.type = piece.header.opcode == Opcode::ping ? ObservationType::ping : ObservationType::pong;
  told.bytes = body;
  if (piece.header.opcode == Opcode::close) {
    const std::uint64_t end = piece.payload_offset + piece.payload.size();
    const CloseBody close = read_close(body, end - piece.header.length);
    const bool whole = body.size() == piece.header.length;
    const bool judged = close.broken && (whole || close.broken->rule != Rule::ws_close_utf8);
    if (judged && !closed_) tell(close.broken, out);
    closed_ = true;
    told.type = ObservationType::close;
    told.code = close.code;
    told.bytes = close.reason;
  }
  Observation& control = out.push(told.type, direction_, offset_, told.bytes);
  control.code = told.code;
  control.frame = number_;
  control.header = piece.header;
}

void FrameObserver::end_frame(const FrameHeader& header, bool cut, ObservationQueue& out) {
  Observation& end = out.push(ObservationType::frame_end, direction_, offset_);
  end.frame = number_;
  end.header = header;
  end.cut = cut;
}

Observation& FrameObserver::push_message(ConstBytes piece, bool last, ObservationQueue& out) {
  Observation& message = out.push(ObservationType::message, direction_, offset_, piece);
  message.frame = number_;
  message.kind = kind_;
  message.first = !delivered_;
  message.last = last;
  message.compressed = reading_ == Reading::compressed;
  message.position = told_;
  told_ += piece.size();
  delivered_ = true;
  return message;
}

/// A message ends that has not come to its end.
void FrameObserver::cut_message(ObservationQueue& out) {
  if (delivered_ && (reading_ == Reading::plain || reading_ == Reading::compressed)) {
    push_message({}, true, out).cut = true;
  }
  reading_ = Reading::nothing;
}

void FrameObserver::tell(const std::optional<Violation>& violation, ObservationQueue& out) const {
  if (violation) out.push_violation(direction_, *violation, number_);
}

}  // namespace ws
