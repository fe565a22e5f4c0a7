// WebSocket frames (RFC 6455 section 5.2): bits to headers, and back. It knows nothing of messages,
// UTF-8 or who is right, and it never fails: a wasteful length or a set top bit is a fact in the
// header, for others to judge. Holds at most 14 bytes and allocates nothing, so that a 10 GiB frame
// passes through in pieces.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>

#include "base/bytes.h"
#include "ws/mask.h"

namespace ws {

enum class Opcode : std::uint8_t { cont = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

inline bool is_control(Opcode opcode) {
  return (static_cast<unsigned>(opcode) & 8) != 0;
}

/// How the length is written: in 7 bits, or in the 16 or 64 bits that follow.
enum class LengthForm : std::uint8_t { bits7, bits16, bits64 };

/// RSV1, RSV2, RSV3 as bits 4, 2, 1 of `rsv`.
struct FrameHeader {
  bool fin = true;
  std::uint8_t rsv = 0;
  Opcode opcode = Opcode::text;  ///< may hold any value from 0 to 15
  LengthForm length_form = LengthForm::bits7;
  bool masked = false;
  MaskKey key = {};
  std::uint64_t length = 0;  ///< of the payload, top bit included
};

// In the first two bytes of a header.
inline constexpr std::uint8_t kFinBit = 0x80;
inline constexpr std::uint8_t kMaskBit = 0x80;
inline constexpr std::uint8_t kLength16 = 126;  ///< 16 bits of length follow; less is the length

inline constexpr std::uint8_t kRsv1 = 4;  ///< in FrameHeader::rsv
inline constexpr std::size_t kMaxHeaderSize = 14;

/// Writes `header` with the shortest length form, whatever `length_form` says. Returns its size;
/// `out` has room for it.
std::size_t encode_header(const FrameHeader& header, Bytes out);

/// Writes `header` as it stands, for whoever sends broken frames on purpose: the length in its
/// length_form, however wasteful, and with its top bit. A form that is too short for the length
/// gives way to the shortest that is not. Returns its size.
std::size_t encode_header_as_given(const FrameHeader& header, Bytes out);

/// A frame, or a piece of one that was cut by the end of the buffer. A frame that lies wholly in
/// the buffer is one piece, both `first` and `last`. A first piece may have an empty payload though
/// more will come, so that a header can be judged before its payload arrives.
struct FramePiece {
  FrameHeader header;
  std::uint64_t offset = 0;          ///< of the frame's first byte in the stream
  std::uint64_t payload_offset = 0;  ///< of payload[0] in the stream
  Bytes payload;                     ///< unmasked, in the caller's buffer
  bool first = true;
  bool last = true;
};

/// A frame that lies wholly in the buffer and is a message of its own; see take_plain().
struct PlainFrame {
  Opcode opcode = Opcode::text;      ///< text or binary
  std::uint64_t payload_offset = 0;  ///< of payload[0] in the stream
  Bytes payload;                     ///< in the caller's buffer, as it came
  std::uint64_t mask = 0;            ///< what copy_masked() makes the payload of it with
};

/// The header that a peer that does not mask gives such a frame, in the two functions: its size,
/// and its bytes. There is room for them where the header of the frame ends.
inline std::size_t unmasked_header_size(const PlainFrame& frame) {
  return frame.payload.size() < kLength16 ? 2 : 4;
}
inline void encode_unmasked_header(const PlainFrame& frame, std::uint8_t* to) {
  const std::size_t size = frame.payload.size();
  to[0] = static_cast<std::uint8_t>(kFinBit | static_cast<unsigned>(frame.opcode));
  to[1] = static_cast<std::uint8_t>(size);
  if (size < kLength16) return;
  to[1] = kLength16;
  to[2] = static_cast<std::uint8_t>(size >> 8);
  to[3] = static_cast<std::uint8_t>(size);
}

class FrameDecoder {
 public:
  /// `offset` is that of the first frame in the stream.
  explicit FrameDecoder(std::uint64_t offset = 0) : frame_offset_(offset), position_(offset) {}

  /// The usual case of next(), in few instructions, where the header leaves nothing to judge: takes
  /// a frame that lies wholly in `in`, is a whole message (FIN, text or binary, no reserved bit),
  /// and is masked or not as `masked` says, with at most `max_size` bytes and the shortest form of
  /// their number. False: nothing was taken, as it is for next().
  bool take_plain(Bytes& in, bool masked, std::uint64_t max_size, PlainFrame& frame);

  /// Takes one piece off the front of `in`, unmasking it there; nullopt: `in` is used up.
  std::optional<FramePiece> next(Bytes& in);

  /// Gives the last `size` bytes of `piece`, which next() has just returned, back to `in`, masked
  /// again, as if they had not been taken.
  void put_back(Bytes& in, const FramePiece& piece, std::size_t size);

  /// What is known of a header whose first two bytes are here and whose rest is not: fin, rsv,
  /// opcode, masked and length_form; no length, no key.
  std::optional<FrameHeader> peek() const;

  /// The bytes of a header whose rest is not here; valid until the next call.
  ConstBytes partial() const { return ConstBytes(header_bytes_).first(held_); }

  /// The header of the frame whose payload is being read; nullopt between frames and inside a
  /// header.
  std::optional<FrameHeader> current() const;
  std::uint64_t left() const { return in_payload_ ? left_ : 0; }  ///< payload bytes still to come

  /// Of the first byte of the frame that is being read; between two frames, the bytes taken so far.
  std::uint64_t offset() const { return frame_offset_; }

  /// True between two frames: an end of the stream here cuts none.
  bool at_boundary() const { return held_ == 0 && !in_payload_; }

 private:
  bool take_header(Bytes& in, FrameHeader& header);
  std::size_t wanted_header_size() const;

  std::array<std::uint8_t, kMaxHeaderSize> header_bytes_ = {};
  std::uint8_t held_ = 0;  // bytes of header_bytes_ filled
  bool in_payload_ = false;
  FrameHeader header_;      // of the frame that is being read, once it was cut
  std::uint64_t left_ = 0;  // payload bytes still to come
  std::uint64_t frame_offset_;
  std::uint64_t position_;  // in the stream
};

// Here so that it becomes part of the loops that call it.
inline bool FrameDecoder::take_plain(Bytes& in, bool masked, std::uint64_t max_size,
                                     PlainFrame& frame) {
  // The longest header that is taken here, so that nothing after this looks beyond the buffer.
  constexpr std::size_t kLongest = 2 + 2 + 4;
  if (!at_boundary() || in.size() < kLongest) return false;
  const auto opcode = static_cast<Opcode>(in[0] ^ kFinBit);
  if (opcode != Opcode::text && opcode != Opcode::binary) return false;
  const unsigned length7 = in[1] ^ (masked ? kMaskBit : 0u);  // more than 127: not as it should be
  std::size_t header_size = 2;
  std::size_t size = length7;
  if (length7 >= kLength16) {
    size = static_cast<std::size_t>(in[2] << 8 | in[3]);
    if (length7 != kLength16 || size < kLength16) return false;
    header_size = 4;
  }
  if (masked) header_size += sizeof(MaskKey);
  if (size > max_size || size > in.size() - header_size) return false;

  frame.opcode = opcode;
  frame.payload_offset = position_ + header_size;
  frame.payload = in.subspan(header_size, size);
  frame.mask = 0;
  if (masked) {
    MaskKey key;
    std::memcpy(key.data(), frame.payload.data() - key.size(), key.size());
    frame.mask = mask_word(key, 0);
  }
  in = in.subspan(header_size + size);
  position_ += header_size + size;
  frame_offset_ = position_;
  return true;
}

}  // namespace ws
