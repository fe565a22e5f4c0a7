// What the rules of RFC 6455 sections 5 to 8 (and RFC 7692 section 6) say about a header, a text or
// the body of a Close, one function for each question. They hold no state and decide nothing: an
// endpoint (ws/message) fails at the first broken rule, an observer (ws/observer) tells and goes
// on.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "base/utf8.h"
#include "diag/rule.h"
#include "ws/close.h"
#include "ws/deflate.h"
#include "ws/frame.h"

namespace ws {

inline bool is_known(Opcode opcode) {
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

/// A frame that begins a message: text or binary.
inline bool begins_message(Opcode opcode) {
  return opcode == Opcode::text || opcode == Opcode::binary;
}

// ---- A header. `offset` is that of its first byte. All but judge_length() and judge_size() need
// its first two bytes only, as FrameDecoder::peek() gives them.

/// RFC 6455 5.2: a reserved bit has no meaning, but (RFC 7692 6) for RSV1 where a message begins.
inline std::optional<diag::Violation> judge_rsv(const FrameHeader& header, bool deflate_agreed,
                                                std::uint64_t offset) {
  const bool compressed = header.rsv == kRsv1 && begins_message(header.opcode) && deflate_agreed;
  if (header.rsv == 0 || compressed) return std::nullopt;
  return diag::Violation{diag::Rule::ws_rsv, offset, header.rsv};
}

inline std::optional<diag::Violation> judge_opcode(const FrameHeader& header,
                                                   std::uint64_t offset) {
  if (is_known(header.opcode)) return std::nullopt;
  return diag::Violation{diag::Rule::ws_opcode, offset, static_cast<std::uint64_t>(header.opcode)};
}

/// RFC 6455 5.1: a client masks, a server does not.
inline std::optional<diag::Violation> judge_mask(const FrameHeader& header, bool sent_by_client,
                                                 std::uint64_t offset) {
  if (header.masked == sent_by_client) return std::nullopt;
  const auto rule = sent_by_client ? diag::Rule::ws_mask_missing : diag::Rule::ws_mask_forbidden;
  return diag::Violation{rule, offset + 1, header.masked ? 1U : 0U};
}

/// RFC 6455 5.5, of a control frame. The length itself may not have arrived yet: its form is
/// enough.
inline std::optional<diag::Violation> judge_control(const FrameHeader& header,
                                                    std::uint64_t offset) {
  if (!header.fin) {
    return diag::Violation{diag::Rule::ws_control_fragmented, offset,
                           static_cast<std::uint64_t>(header.opcode)};
  }
  if (header.length_form == LengthForm::bits7) return std::nullopt;
  return diag::Violation{diag::Rule::ws_control_size, offset + 1,
                         header.length_form == LengthForm::bits16 ? 126U : 127U};
}

/// RFC 6455 5.4, of a data frame: fragments of one message come in order, and messages do not
/// interleave.
inline std::optional<diag::Violation> judge_order(const FrameHeader& header, bool message_open,
                                                  std::uint64_t offset) {
  const bool continues = header.opcode == Opcode::cont;
  if (continues == message_open) return std::nullopt;
  return diag::Violation{
      continues ? diag::Rule::ws_continuation_unexpected : diag::Rule::ws_continuation_missing,
      offset, static_cast<std::uint64_t>(header.opcode)};
}

inline bool is_minimal(const FrameHeader& header) {
  switch (header.length_form) {
    case LengthForm::bits7: return true;
    case LengthForm::bits16: return header.length > 125;
    case LengthForm::bits64: return header.length > UINT16_MAX;
  }
  return true;
}

/// RFC 6455 5.2: the top bit is 0, the form is the shortest. The second MUST binds the sender only;
/// a tool that looks for mistakes does not overlook this one.
inline std::optional<diag::Violation> judge_length(const FrameHeader& header,
                                                   std::uint64_t offset) {
  const bool top_bit = header.length >> 63 != 0;
  if (!top_bit && is_minimal(header)) return std::nullopt;
  return diag::Violation{top_bit ? diag::Rule::ws_length_top_bit : diag::Rule::ws_length_minimal,
                         offset + 1, header.length};
}

/// RFC 6455 10.4, of a data frame that is not compressed: too much is told from the header, before
/// the payload comes. `size` is that of the message so far.
inline std::optional<diag::Violation> judge_size(const FrameHeader& header, std::uint64_t size,
                                                 std::uint64_t max_size, std::uint64_t offset) {
  if (size <= max_size && header.length <= max_size - size) return std::nullopt;
  return diag::Violation{diag::Rule::ws_message_size, offset + 1, size + header.length};
}

// ---- A payload

/// RFC 6455 8.1: the first byte in `text`, or behind it when it `ends` too early, that cannot be.
/// `offset` is that of text[0].
inline std::optional<diag::Violation> judge_text(Utf8Validator& utf8, ConstBytes text, bool ends,
                                                 std::uint64_t offset) {
  auto bad = utf8.feed(text);
  if (!bad && ends && !utf8.complete()) bad = text.size();
  if (!bad) return std::nullopt;
  return diag::Violation{diag::Rule::ws_text_utf8, offset + *bad,
                         *bad < text.size() ? text[*bad] : 0U};
}

/// What a piece of a compressed message has become. `utf8` is null when it is no text, or need not
/// be judged; `size` is that of the message so far. Where in a frame a byte lay that inflates to
/// this or that is hard to say, and depends on how the frame was cut: violations are at its first
/// byte, `offset`, and in the order of the inflated bytes.
std::optional<diag::Violation> judge_inflated(const Inflater::Piece& inflated, Utf8Validator* utf8,
                                              std::uint64_t size, std::uint64_t max_size,
                                              std::uint64_t offset);

/// RFC 6455 5.5.1: nothing, or a code and a reason.
struct CloseBody {
  CloseCode code = code::kNoStatus;
  Bytes reason;
  std::optional<diag::Violation> broken;
};

/// `offset` is that of body[0]; the reason is a view of `body`.
CloseBody read_close(Bytes body, std::uint64_t offset);

}  // namespace ws
