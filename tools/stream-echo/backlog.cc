#include "backlog.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/check.h"

namespace stream_echo {

std::string as_chunk(std::string_view body) {
  return fmt::format("{:x}\r\n{}\r\n", body.size(), body);
}

void Backlog::add(Flood flood) {
  items_.emplace_back(std::move(flood));
}

void Backlog::add_bytes(std::string_view bytes) {
  if (bytes.empty()) return;
  auto* const last = items_.empty() ? nullptr : std::get_if<std::string>(&items_.back());
  if (last != nullptr) {
    *last += bytes;
  } else {
    items_.emplace_back(std::string(bytes));
  }
}

void Backlog::add_body(std::string body, const Slices& pieces, bool chunked) {
  if (body.empty()) return;
  items_.emplace_back(Body{.text = std::move(body), .pieces = pieces, .chunked = chunked});
}

void Backlog::stop_floods() {
  const auto is_flood = [](const auto& item) { return std::holds_alternative<Flood>(item); };
  items_.erase(std::ranges::find_if(items_, is_flood), items_.end());
}

Backlog::Piece Backlog::next() {
  CHECK(!items_.empty());
  return std::visit([this](auto& first) { return next_of(first); }, items_.front());
}

Backlog::Piece Backlog::next_of(Flood& flood) {
  if (!flood.head.empty()) {
    taken_ = std::exchange(flood.head, {});
    return {.bytes = taken_};
  }
  if (flood.times > 0) {
    --flood.times;
    return {.bytes = flood.block};
  }
  taken_ = std::move(flood.behind);
  items_.pop_front();
  return {.bytes = taken_};
}

Backlog::Piece Backlog::next_of(std::string& bytes) {
  taken_ = std::move(bytes);
  items_.pop_front();
  return {.bytes = taken_};
}

Backlog::Piece Backlog::next_of(Body& body) {
  const std::string_view rest = std::string_view(body.text).substr(body.offset);
  const std::string_view piece =
      rest.substr(0, std::min<std::uint64_t>(body.pieces.size, rest.size()));
  body.offset += piece.size();
  taken_ = body.chunked ? as_chunk(piece) : std::string(piece);
  const Duration pause = body.pieces.pause;
  if (piece.size() == rest.size()) items_.pop_front();
  return {.bytes = taken_, .pause = pause};
}

}  // namespace stream_echo
