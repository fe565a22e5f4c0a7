#include "ws/judge.h"

namespace ws {

using diag::Rule;
using diag::Violation;

std::optional<Violation> judge_inflated(const Inflater::Piece& inflated, Utf8Validator* utf8,
                                        std::uint64_t size, std::uint64_t max_size,
                                        std::uint64_t offset) {
  const std::uint64_t room = max_size - size;
  const bool fits = inflated.output.size() <= room;
  if (utf8 != nullptr) {
    const ConstBytes text =
        fits ? inflated.output : inflated.output.first(static_cast<std::size_t>(room));
    if (const auto bad = utf8->feed(text)) {
      return Violation{Rule::ws_text_utf8, offset, text[*bad]};
    }
  }
  // RFC 7692 8: while it inflates, so that a few bytes do not become more than the limit.
  if (!fits) return Violation{Rule::ws_message_size, offset, max_size + 1};
  if (inflated.broken) return Violation{Rule::ws_deflate, offset, 0};
  if (inflated.ended && utf8 != nullptr && !utf8->complete()) {
    return Violation{Rule::ws_text_utf8, offset, 0};
  }
  return std::nullopt;
}

CloseBody read_close(Bytes body, std::uint64_t offset) {
  CloseBody close;
  if (body.empty()) return close;
  if (body.size() == 1) {
    close.broken = {Rule::ws_close_size, offset, body.size()};
    return close;
  }
  close.code = static_cast<CloseCode>(body[0] << 8 | body[1]);
  close.reason = body.subspan(2);
  if (!may_be_sent(close.code)) {
    close.broken = {Rule::ws_close_code, offset, close.code};
    return close;
  }
  Utf8Validator reason;
  const auto bad = reason.feed(close.reason);
  if (bad || !reason.complete()) {
    close.broken = {Rule::ws_close_utf8, offset + 2 + bad.value_or(close.reason.size()),
                    bad ? close.reason[*bad] : 0U};
  }
  return close;
}

}  // namespace ws
