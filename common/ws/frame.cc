#include "ws/frame.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"

namespace ws {
namespace {

constexpr std::uint8_t kLength64 = 127;

/// The two bytes that every header starts with (RFC 6455 5.2).
void parse_start(std::uint8_t first, std::uint8_t second, FrameHeader& header) {
  header.fin = (first & kFinBit) != 0;
  header.rsv = static_cast<std::uint8_t>(first >> 4 & 7);
  header.opcode = static_cast<Opcode>(first & 15);
  header.masked = (second & kMaskBit) != 0;
  const auto length = static_cast<std::uint8_t>(second & 0x7F);
  header.length_form = length == kLength16   ? LengthForm::bits16
                       : length == kLength64 ? LengthForm::bits64
                                             : LengthForm::bits7;
  header.length = header.length_form == LengthForm::bits7 ? length : 0;
}

std::size_t length_size(LengthForm form) {
  return form == LengthForm::bits7 ? 0 : form == LengthForm::bits16 ? 2 : 8;
}

LengthForm shortest_form(std::uint64_t length) {
  if (length < kLength16) return LengthForm::bits7;
  return length <= UINT16_MAX ? LengthForm::bits16 : LengthForm::bits64;
}

std::size_t header_size(std::uint8_t second) {
  const auto length = static_cast<std::uint8_t>(second & 0x7F);
  const std::size_t plain = length < kLength16 ? 2 : length == kLength16 ? 4 : 10;
  return plain + ((second & kMaskBit) != 0 ? 4 : 0);
}

void parse_header(const std::uint8_t* bytes, FrameHeader& header) {
  parse_start(bytes[0], bytes[1], header);
  const std::uint8_t* at = bytes + 2;
  const std::uint8_t* const length_end = at + length_size(header.length_form);
  for (; at < length_end; ++at) header.length = header.length << 8 | *at;
  if (header.masked) std::memcpy(header.key.data(), at, header.key.size());
}

/// `form` is wide enough for the length.
inline std::size_t encode(const FrameHeader& header, LengthForm form, std::uint8_t* out) {
  const unsigned mask_bit = header.masked ? kMaskBit : 0u;
  out[0] = static_cast<std::uint8_t>((header.fin ? kFinBit : 0u) | (header.rsv & 7u) << 4 |
                                     (static_cast<unsigned>(header.opcode) & 15u));
  std::size_t size = 2;
  if (form == LengthForm::bits7) {
    out[1] = static_cast<std::uint8_t>(mask_bit | header.length);
  } else {
    out[1] =
        static_cast<std::uint8_t>(mask_bit | (form == LengthForm::bits16 ? kLength16 : kLength64));
    for (std::size_t i = length_size(form); i > 0; --i) {
      out[size++] = static_cast<std::uint8_t>(header.length >> (8 * (i - 1)));
    }
  }
  if (header.masked) {
    std::memcpy(out + size, header.key.data(), header.key.size());
    size += header.key.size();
  }
  return size;
}

}  // namespace

std::size_t encode_header(const FrameHeader& header, Bytes out) {
  return encode(header, shortest_form(header.length), out.data());
}

std::size_t encode_header_as_given(const FrameHeader& header, Bytes out) {
  return encode(header, std::max(header.length_form, shortest_form(header.length)), out.data());
}

std::optional<FramePiece> FrameDecoder::next(Bytes& in) {
  std::optional<FramePiece> piece;  // filled where the caller gets it
  if (in_payload_) {
    if (in.empty()) return piece;
    piece.emplace().header = header_;
    piece->first = false;
  } else {
    if (!take_header(in, piece.emplace().header)) {
      piece.reset();
      return piece;
    }
    left_ = piece->header.length;
  }

  const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(left_, in.size()));
  piece->offset = frame_offset_;
  piece->payload_offset = position_;
  piece->payload = take_front(in, size);
  const FrameHeader& header = piece->header;
  if (header.masked) apply_mask(piece->payload, header.key, header.length - left_);
  position_ += size;
  left_ -= size;
  piece->last = left_ == 0;
  in_payload_ = left_ > 0;
  if (piece->last) {
    frame_offset_ = position_;
  } else if (piece->first) {
    header_ = header;
  }
  return piece;
}

void FrameDecoder::put_back(Bytes& in, const FramePiece& piece, std::size_t size) {
  if (size == 0) return;
  const Bytes rest = piece.payload.last(size);
  CHECK(rest.data() + size == in.data());
  left_ += size;
  position_ -= size;
  frame_offset_ = piece.offset;
  header_ = piece.header;
  in_payload_ = true;
  if (header_.masked) apply_mask(rest, header_.key, header_.length - left_);
  in = Bytes(rest.data(), size + in.size());
}

std::optional<FrameHeader> FrameDecoder::peek() const {
  if (in_payload_ || held_ < 2) return std::nullopt;
  FrameHeader header;
  parse_start(header_bytes_[0], header_bytes_[1], header);
  return header;
}

std::optional<FrameHeader> FrameDecoder::current() const {
  return in_payload_ ? std::optional(header_) : std::nullopt;
}

/// Reads a header off the front of `in`; false when `in` ends before the header does.
inline bool FrameDecoder::take_header(Bytes& in, FrameHeader& header) {
  if (held_ == 0 && in.size() >= 2) {  // the usual case: the whole header lies in the buffer
    const std::size_t size = header_size(in[1]);
    if (in.size() >= size) {
      parse_header(in.data(), header);
      in = in.subspan(size);
      position_ += size;
      return true;
    }
  }
  while (held_ < wanted_header_size()) {
    if (in.empty()) return false;
    header_bytes_[held_++] = take_front(in, 1).front();
    ++position_;
  }
  parse_header(header_bytes_.data(), header);
  held_ = 0;
  return true;
}

std::size_t FrameDecoder::wanted_header_size() const {
  return held_ < 2 ? 2 : header_size(header_bytes_[1]);
}

}  // namespace ws
