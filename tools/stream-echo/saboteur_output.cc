// The part of the saboteur that queues what is sent: behind what is queued already, and no faster
// than there is room.
#include <utility>

#include <fmt/format.h>

#include "saboteur.h"

namespace stream_echo {

/// What the connection sends, in the form that the faults give it.
void Saboteur::rewrite(ConstBytes frames) {
  const std::string bytes = distortion_.rewrite(frames);
  write(bytes);
  for (Distortion::LatePong& pong : distortion_.take_late_pongs()) {
    if (!may_wait("pong")) continue;  // RFC 6455 5.5.3: not every ping needs an answer
    schedule(pong.delay, [this, frame = std::move(pong.frame)] {
      if (!distortion_.muted()) put(frame);
    });
  }
  if (distortion_.cut()) end(End::orderly);
}

/// The connection ends behind what is queued.
void Saboteur::end(End end) {
  end_ = end;
  fill();
}

void Saboteur::begin_flood(Flood flood) {
  if (distortion_.muted()) return;
  take_output();
  backlog_.add(std::move(flood));
  fill();
}

/// Queues as much of the backlog as the pump holds; drained() asks for more. What waited for the
/// end of it comes then.
void Saboteur::fill() {
  while (!backlog_.empty() && pump_.takes_output() && !pump_.congested()) {
    const Backlog::Piece piece = backlog_.next();
    queue(piece.bytes, piece.pause);
  }
  if (!backlog_.empty() && pump_.takes_output()) return;
  if (end_ == End::orderly || end_ == End::reset) {
    const bool reset = std::exchange(end_, End::done) == End::reset;
    return reset ? pump_.finish_with_reset() : pump_.finish();
  }
  if (uncounted_ && backlog_.empty()) count(*std::exchange(uncounted_, std::nullopt), true);
}

void Saboteur::drained() {
  fill();
}

/// Bytes that go out as they are, behind what is on its way already.
void Saboteur::put(std::string_view bytes) {
  take_output();
  write(bytes);
}

/// Not into the middle of a flood.
void Saboteur::write(std::string_view bytes) {
  if (backlog_.empty()) return queue(bytes, Duration(0));
  backlog_.add_bytes(bytes);
}

void Saboteur::queue(std::string_view bytes, Duration pause) {
  if (bytes.empty()) return;
  pump_.write(as_bytes(bytes));
  pace_.announce(bytes.size(), pause);
}

/// Moves what the connection wants to send to the wire, as the faults will have it.
void Saboteur::take_output() {
  ws::Connection* const connection = pump_.connection();
  while (connection != nullptr && !connection->output().empty()) {
    const ConstBytes output = connection->output();
    rewrite(output);
    connection->sent(output.size());
  }
}

void Saboteur::set_pace() {
  if (!pace_.active()) return;
  pump_.set_pace([this](std::size_t waiting) { return pace_.next(waiting); });
}

}  // namespace stream_echo
