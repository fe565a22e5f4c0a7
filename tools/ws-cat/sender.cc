#include "sender.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "base/check.h"

namespace ws_cat {
namespace {

// How often to look whether everything is sent, when the wait for replies is to begin then.
constexpr Duration kBusyCheck = std::chrono::milliseconds(50);

// Shorter texts gain too little to be harder to read on the wire.
constexpr std::size_t kWorthCompressing = 1024;

}  // namespace

Sender::Sender(net::Loop& loop, const Args& args, net::Pump& pump, const Outlet& outlet,
               Stats& stats, Tell tell)
    : loop_(loop),
      args_(args),
      pump_(pump),
      outlet_(outlet),
      stats_(stats),
      tell_(std::move(tell)),
      feed_(args.from, args.binary),
      eof_timer_(loop, [this] { wait_for_replies(); }),
      last_message_(loop.now()) {}

void Sender::start() {
  for (const GivenMessage& message : args_.messages) {
    perform(Intent{.kind = message.kind, .payload = as_bytes(message.data)}, *pump_.connection());
  }
  if (!args_.read_stdin) return end_of_input();
  input_ = std::make_unique<net::Input>(
      loop_, STDIN_FILENO, [this](Bytes bytes) { on_input(bytes); },
      [this](const std::optional<std::string>& error) { on_input_end(error); });
}

void Sender::resume() {
  if (input_ != nullptr) input_->resume();
}

void Sender::on_input(Bytes bytes) {
  if (args_.from == Format::raw && bytes.size() <= args_.fragment) {
    send_block(bytes);
  } else {
    ws::Connection& connection = *pump_.connection();
    ConstBytes rest = bytes;
    while (const auto intent = feed_.next(rest)) {
      perform(*intent, connection);
      if (input_ended_) break;
    }
  }
  pump_.update();
  if (pump_.congested() && input_ != nullptr) input_->pause();
}

void Sender::on_input_end(const std::optional<std::string>& error) {
  ws::Connection& connection = *pump_.connection();
  if (error) perform(Error{fmt::format("cannot read standard input: {}", *error), {}}, connection);
  while (!input_ended_) {
    const auto intent = feed_.finish();
    if (!intent) break;
    perform(*intent, connection);
  }
  end_of_input();
  pump_.update();
}

void Sender::perform(const Result<Intent>& intent, ws::Connection& connection) {
  if (!intent) {  // nothing more can be sent, but what was sent may be answered
    tell_({cli::Exit::read, intent.error().message, intent.error().hint});
    return end_of_input();
  }
  if (intent->type == Intent::Type::raw) {
    // Too late when the server has closed; after a Close of the input's own it is not.
    static_cast<void>(connection.send_raw(intent->payload));
    return;
  }
  if (!connection.can_send()) return;
  switch (intent->type) {
    case Intent::Type::message: return send_message(*intent, connection);
    case Intent::Type::ping:
    case Intent::Type::pong: {
      const bool is_ping = intent->type == Intent::Type::ping;
      const auto sent =
          is_ping ? connection.ping(intent->payload) : connection.pong(intent->payload);
      CHECK(bool(sent));
      return;
    }
    case Intent::Type::close: return close(intent->code, as_text(intent->payload));
    case Intent::Type::end: return end_of_input();
    case Intent::Type::raw: return;
  }
}

/// Whether the message that `piece` begins is to be compressed, when the server agreed to it.
/// Binary data mostly is, and --fragment speaks of the bytes in a frame.
bool Sender::worth_compressing(const Intent& piece) const {
  if (args_.compress_all) return true;
  const bool long_enough = piece.payload.size() >= kWorthCompressing || !piece.last;
  return piece.kind == ws::MessageKind::text && long_enough && args_.fragment == SIZE_MAX;
}

/// One frame, or with --fragment as many as it takes.
void Sender::send_message(const Intent& piece, ws::Connection& connection) {
  const bool compress = worth_compressing(piece);  // counts for the first fragment
  ConstBytes rest = piece.payload;
  do {
    const ConstBytes part = take_front(rest, std::min(args_.fragment, rest.size()));
    const auto sent = connection.send(piece.kind, piece.last && rest.empty(), part, compress);
    CHECK(bool(sent));
  } while (!rest.empty());
  stats_.sent(piece.payload.size(), piece.last);
}

/// A read that is a whole message goes out from where it lies.
void Sender::send_block(Bytes block) {
  const ws::Connection* const connection = open_connection();
  if (connection == nullptr) return;
  pump_.send_in_place({.kind = ws::MessageKind::binary,
                       .compressed = args_.compress_all && connection->can_compress(),
                       .payload = block});
  stats_.sent(block.size(), true);
}

void Sender::end_of_input() {
  if (input_ended_) return;
  input_ended_ = true;
  input_.reset();
  last_message_ = loop_.now();
  if (args_.eof_wait) wait_for_replies();
}

/// Closes when no message has come for --eof-wait since the last byte of ours went out, and since
/// standard output took what came.
void Sender::wait_for_replies() {
  const ws::Connection* const connection = open_connection();
  if (connection == nullptr) return;
  const Time now = loop_.now();
  const Duration wait = *args_.eof_wait;
  const bool busy = !connection->output().empty() || !outlet_.idle();
  if (wait > Duration(0) && busy) {
    last_message_ = now;
    return eof_timer_.start(now + std::min(wait, kBusyCheck));
  }
  if (last_message_ + wait > now) return eof_timer_.start(last_message_ + wait);
  close(args_.close_code, args_.close_reason);
  pump_.update();
}

void Sender::close(ws::CloseCode code, std::string_view reason) {
  ws::Connection* const connection = open_connection();
  if (connection == nullptr) return;
  stop();
  if (connection->inside_raw_frame()) {
    tell_(
        {cli::Exit::ok, "the input ended inside a frame: the connection ends without a Close", {}});
    return pump_.finish();
  }
  const auto closed = connection->close(code, reason);
  CHECK(bool(closed));
  reason_ = reason;
}

/// nullptr: nothing can be sent any more.
ws::Connection* Sender::open_connection() {
  ws::Connection* const connection = pump_.ended() ? nullptr : pump_.connection();
  return connection != nullptr && connection->can_send() ? connection : nullptr;
}

void Sender::stop() {
  input_ended_ = true;
  input_.reset();
  eof_timer_.stop();
}

}  // namespace ws_cat
