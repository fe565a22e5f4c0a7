#include "ws/observer.h"

namespace ws {
namespace {

/// A byte that a head begins with and no sound frame does: as one, a capital letter from C on is an
/// opcode that has RSV1 and no FIN although it begins no message, or that is unknown; so is a CR,
/// which may stand in front of a request (RFC 9112 2.2).
bool can_begin_head(Direction direction, std::uint8_t byte) {
  if (direction == Direction::to_client) return byte == 'H';
  return (byte >= 'C' && byte <= 'Z') || byte == '\r';
}

}  // namespace

Observer::Observer(const ObserverSettings& settings) : settings_(settings) {}

std::optional<Observation> Observer::next(Direction direction, Bytes& in) {
  Side& from = side(direction);
  if (from.ended) in = {};
  while (queue_.empty() && !in.empty()) step(from, in);
  return queue_.pop();
}

void Observer::step(Side& from, Bytes& in) {
  const std::size_t before = in.size();
  decide(from, in.front());
  switch (from.reads) {
    case Reads::undecided: break;
    case Reads::heads:
      if (!from.heads.take(in, from.offset, exchange_, queue_)) from.reads = Reads::nothing;
      if (from.direction == Direction::to_client) follow_answer();
      break;
    case Reads::frames:
      if (!from.frames->take(in, frame_count_, queue_)) from.reads = Reads::nothing;
      break;
    case Reads::nothing:
      queue_.push(ObservationType::raw, from.direction, from.offset, in);
      in = {};
      break;
  }
  from.offset += before - in.size();
}

/// What begins with the byte `first`, where something begins.
void Observer::decide(Side& from, std::uint8_t first) {
  const bool between_heads = from.reads == Reads::heads && from.heads.at_boundary();
  if (from.reads != Reads::undecided && !between_heads) return;
  if (between_heads && exchange_.tunnel) {
    from.reads = Reads::nothing;
  } else if (!begins_frames(from, first)) {
    from.reads = Reads::heads;
  } else {
    from.reads = Reads::frames;
    from.after_head = between_heads;
    from.frames.emplace(from.direction, settings_.limits, from.offset);
    agree(*from.frames);
  }
}

bool Observer::begins_frames(const Side& from, std::uint8_t first) const {
  using Begin = ObserverSettings::Begin;
  const bool head = can_begin_head(from.direction, first);
  if (from.reads == Reads::undecided) {
    if (settings_.begin != Begin::by_first_byte) return settings_.begin == Begin::frames;
    // What answers a head is one, or should be.
    const bool answer =
        from.direction == Direction::to_client && side(Direction::to_server).reads == Reads::heads;
    return !head && !answer;
  }
  if (from.direction == Direction::to_client) return exchange_.upgraded;
  // The answer may not have been seen yet, or before the request.
  const bool asked = exchange_.asked.has_value();
  if (asked && exchange_.upgraded) return true;
  return (asked || exchange_.upgraded) && !head;
}

/// What was agreed, or else, as long as no answer is seen, what was offered.
void Observer::agree(FrameObserver& frames) const {
  if (exchange_.upgraded) return frames.agree(exchange_.deflate, exchange_.others);
  auto deflate = settings_.deflate;
  bool others = false;
  if (exchange_.asked && exchange_.asked->extensions) {
    const OfferedExtensions& offers = *exchange_.asked->extensions;
    others = !offers.others.empty();
    if (!deflate && !offers.deflate.empty()) {
      const DeflateOffer& offer = offers.deflate.front();
      deflate = {.server_no_context_takeover = offer.server_no_context_takeover,
                 .client_no_context_takeover = offer.client_no_context_takeover};
    }
  }
  frames.agree(deflate, others);
}

/// An answer may say more about what the client has sent behind its request.
void Observer::follow_answer() {
  Side& client = side(Direction::to_server);
  if (client.reads != Reads::frames) return;
  if (exchange_.upgraded) {
    agree(*client.frames);
  } else if (client.after_head && !exchange_.asked && client.frames->at_boundary()) {
    client.reads = Reads::heads;  // it was refused
  }
}

void Observer::eof(Direction direction) {
  Side& from = side(direction);
  if (from.ended) return;
  const StreamEnd how = cut(from, true);
  from.ended = true;
  queue_.push(ObservationType::end, direction, from.offset).end = how;
}

void Observer::hole(Direction direction, std::optional<std::uint64_t> size) {
  Side& from = side(direction);
  if (from.ended) return;
  cut(from, false);
  from.reads = Reads::nothing;
  queue_.push(ObservationType::hole, direction, from.offset).missing = size;
  from.offset += size.value_or(0);
}

/// Tells what ends here too early.
StreamEnd Observer::cut(Side& from, bool ended) {
  const bool closed = from.frames && from.frames->closed();
  switch (from.reads) {
    case Reads::undecided: return StreamEnd::http;
    case Reads::heads: return from.heads.cut(ended, queue_) ? StreamEnd::cut : StreamEnd::http;
    case Reads::nothing:
      if (exchange_.tunnel) return StreamEnd::http;
      return closed ? StreamEnd::closed : StreamEnd::cut;
    case Reads::frames: break;
  }
  const bool whole = from.frames->at_boundary();
  from.frames->cut(frame_count_, queue_);
  if (closed) return StreamEnd::closed;
  return whole ? StreamEnd::unclosed : StreamEnd::cut;
}

Direction guess_direction(ConstBytes first) {
  if (first.empty() || can_begin_head(Direction::to_client, first[0])) return Direction::to_client;
  if (can_begin_head(Direction::to_server, first[0])) return Direction::to_server;
  const bool masked = first.size() > 1 && (first[1] & kMaskBit) != 0;
  return masked ? Direction::to_server : Direction::to_client;
}

}  // namespace ws
