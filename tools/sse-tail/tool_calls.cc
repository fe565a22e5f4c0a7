#include "tool_calls.h"

namespace sse_tail {
namespace {

/// Whether a call and a piece that both say who they are belong together. A server may give every
/// call the same number: another ID under it is another call.
bool agree(const CallMark& call, const CallMark& piece) {
  const bool same_id = call.id == piece.id;
  if (piece.number.empty() || call.number.empty()) return !piece.id.empty() && same_id;
  return call.number == piece.number && (same_id || call.id.empty() || piece.id.empty());
}

}  // namespace

std::optional<std::size_t> ToolCalls::of(const CallMark& mark, bool is_name) {
  const auto found = find(mark, is_name);
  if (found) {
    CallMark& known = calls_[*found].mark;
    if (known.id.empty()) known.id = mark.id;
    return found;
  }
  if (calls_.size() == kMaxCalls) return std::nullopt;
  calls_.push_back({.mark = mark});
  return calls_.size() - 1;
}

std::optional<std::size_t> ToolCalls::find(const CallMark& mark, bool is_name) const {
  const bool says_who = !mark.number.empty() || !mark.id.empty();
  std::optional<std::size_t> latest;
  std::optional<std::size_t> at_same_place;
  for (std::size_t at = calls_.size(); at-- > 0;) {
    const CallMark& call = calls_[at].mark;
    if (call.choice != mark.choice) continue;
    if (says_who) {
      if (agree(call, mark)) return at;
      continue;
    }
    const bool same_place = call.places == mark.places;
    if (same_place && call.event == mark.event) return at;
    if (!latest) latest = at;
    if (same_place && !at_same_place) at_same_place = at;
  }
  if (is_name) return std::nullopt;
  return at_same_place ? at_same_place : latest;
}

}  // namespace sse_tail
