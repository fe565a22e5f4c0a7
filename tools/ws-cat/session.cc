#include "session.h"

#include <fmt/format.h>

#include <array>

#include "base/base64.h"
#include "cli/escape.h"
#include "net/entropy.h"

namespace ws_cat {
namespace {

// How long a refusal may go on.
constexpr Duration kBodyTimeout = std::chrono::seconds(5);

// What is sent comes from standard input, which waits instead: for as long as the system has no
// room. What is in the system's hands is queue enough.
constexpr net::Pump::Limits kLimits = {.output = 1, .reading_waits = false};

std::string random_nonce() {
  std::array<std::uint8_t, ws::kKeySize> bytes;
  net::fill_random(bytes);
  return to_base64(bytes);
}

ws::Settings connection_settings(const Args& args) {
  ws::Settings settings;
  settings.limits.max_message = args.max_message;
  settings.ping_interval = args.ping_interval;
  settings.pong_timeout = args.ping_timeout;
  return settings;
}

}  // namespace

Session::Session(net::Loop& loop, const Args& args, cli::Talk& talk, net::Recorder* recorder)
    : loop_(loop),
      args_(args),
      talk_(talk),
      recorder_(recorder),
      started_(loop.now()),
      last_byte_(started_),
      dialer_(loop),
      outlet_(loop, args, started_),
      messages_left_(args.count),
      max_timer_(loop,
                 [this] {
                   give_up(to_int(cli::Exit::timeout), "time is up (--max-time)");
                   loop_.stop();  // even when standard output does not take the rest
                 }),
      open_timer_(loop, [this] {
        if (opening_->refused()) return give_up(opening_->refusal());
        give_up(to_int(cli::Exit::timeout), pump_ == nullptr
                                                ? "no connection in time (--connect-timeout)"
                                                : "no answer to the opening handshake in time "
                                                  "(--connect-timeout)");
      }) {
  // What is said stands behind the messages that came before.
  talk_.set_before_line([this] {
    if (outlet_.has_text()) outlet_.flush();
  });
  // A reader slower than the server: stop reading, so that the server has to wait too.
  outlet_.on_congested([this] { pause_reading(true); });
  outlet_.on_drained([this] {
    pause_reading(false);
    if (leaving_) leave();
  });
  outlet_.on_failed([this](const std::string& error, bool broken_pipe) {
    if (broken_pipe) return give_up(to_int(cli::Exit::ok), {});
    give_up(to_int(cli::Exit::write), fmt::format("cannot write to standard output: {}", error));
  });
}

Session::~Session() {
  talk_.set_before_line(nullptr);
}

void Session::start() {
  opening_.emplace(args_, talk_, random_nonce());
  if (args_.connection.max_time) max_timer_.start(started_ + *args_.connection.max_time);
  if (args_.connection.connect_timeout)
    open_timer_.start(started_ + *args_.connection.connect_timeout);

  net::DialOptions options{.host = args_.url.host,
                           .port = args_.url.port,
                           .tls = args_.url.secure(),
                           .connection = {.security = args_.tls,
                                          .resolve = args_.connection.resolve,
                                          .unix_socket = args_.connection.unix_socket,
                                          .connect_timeout = args_.connection.connect_timeout}};
  if (args_.talk.verbosity > 0) {
    options.connection.trace = [this](std::string_view line) {
      talk_.verbose("* " + cli::escape(line, cli::Escape::line));
    };
  }
  dialer_.dial(options, [this](auto result) { on_dialled(std::move(result)); });
}

void Session::on_dialled(std::variant<std::unique_ptr<net::Stream>, net::DialError> result) {
  if (leaving_) return;
  if (const auto* error = std::get_if<net::DialError>(&result)) {
    return give_up(error->code, cli::escape(error->message, cli::Escape::line), error->hint);
  }
  auto stream = std::get<std::unique_ptr<net::Stream>>(std::move(result));
  if (recorder_ != nullptr) stream = recorder_->tap(std::move(stream), 1);
  pump_ = std::make_unique<net::Pump>(loop_, std::move(stream), kLimits, *this);
  if (args_.dribble) {
    pump_->set_pace([slice = *args_.dribble](std::size_t) {
      return net::Pacer::Slice{.size = slice.size, .pause = slice.pause};
    });
  }
  opening_->show_request();
  pump_->write(as_bytes(opening_->request()));
  pump_->update();
}

void Session::on_bytes(Bytes& in) {
  const bool was_refused = opening_->refused();
  const auto outcome = opening_->take(in);
  if (!outcome) {
    if (!was_refused && opening_->refused()) open_timer_.start(loop_.now() + kBodyTimeout);
  } else if (const auto* open = std::get_if<Opening::Opened>(&*outcome)) {
    opened(*open);
  } else if (const auto* refusal = std::get_if<Verdict>(&*outcome)) {
    give_up(*refusal);
  } else {
    const auto& broken = std::get<OpeningPhase::Broken>(*outcome);
    outlet_.violation(broken.violation);
    give_up(broken.verdict);
  }
}

void Session::opened(const ws::Accepted& agreement) {
  open_timer_.stop();
  ws::Settings settings = connection_settings(args_);
  settings.deflate = agreement.deflate;
  pump_->open(ws::Connection(ws::Role::client, settings, net::random_mask_key, loop_.now()));
  outlet_.opened(agreement.protocol, agreement.extensions);
  sender_.emplace(loop_, args_, *pump_, outlet_, stats_,
                  [this](const Verdict& verdict) { conclude(verdict); });
  sender_->start();
}

std::string Session::stats() const {
  const ws::Connection* const connection = pump_ != nullptr ? pump_->connection() : nullptr;
  return stats_.text(loop_.now() - started_,
                     connection != nullptr ? connection->deflate_ratio() : std::nullopt);
}

void Session::on_wire(ConstBytes bytes) {
  last_byte_ = loop_.now();
  if (args_.to == Format::wire) outlet_.wire(bytes);
}

void Session::on_event(const ws::Event& event) {
  switch (event.type) {
    case ws::EventType::message: return on_message(event);
    case ws::EventType::ping:
    case ws::EventType::pong: return on_control(event);
    case ws::EventType::violation: return on_violation(event.violation);
    case ws::EventType::ended: ended_ = event; return;  // its reason lives as the connection does
    case ws::EventType::close: sender_->stop(); return;
  }
}

void Session::on_message(const ws::Event& piece) {
  if (messages_left_ == 0) return;  // all that were wanted have come
  sender_->message_came();
  stats_.received(piece);
  outlet_.message(piece);
  if (piece.last && messages_left_ && --*messages_left_ == 0) {
    sender_->close(args_.close_code, args_.close_reason);
  }
}

void Session::on_control(const ws::Event& event) {
  const bool is_ping = event.type == ws::EventType::ping;
  const auto round_trip = is_ping ? std::nullopt : pump_->connection()->round_trip();
  if (round_trip) stats_.round_trip(*round_trip);
  if (!args_.show_control) return;
  if (args_.to == Format::jsonl) return outlet_.control(event);
  std::string text = fmt::format("< {} \"{}\"", is_ping ? "ping" : "pong",
                                 cli::escape(as_text(event.payload), cli::Escape::line));
  if (round_trip) {
    text +=
        fmt::format(" {:.3f} ms", std::chrono::duration<double, std::milli>(*round_trip).count());
  }
  talk_.plain(text);
}

void Session::on_violation(const diag::Violation& violation) {
  outlet_.violation(violation);
  conclude(judge_violation(violation));
  sender_->stop();  // the rest goes by the rules of closing
}

void Session::on_drained() {
  if (sender_) sender_->resume();
}

void Session::on_ended(const net::TransportEnd& end) {
  if (ended_) {
    report_close();
    conclude(judge_end(*ended_,
                       {.transport = end,
                        .unfinished = pump_->connection()->unfinished(),
                        .idle = loop_.now() - last_byte_,
                        .our_code = pump_->connection()->our_code(),
                        .all_sent = pump_->connection()->output().empty()},
                       args_));
  } else if (opening_->refused()) {
    if (!leaving_) return give_up(opening_->refusal());
  } else if (!sender_ && end.how != net::TransportEnd::How::by_us) {
    conclude(opening_->lost(end));
  }
  leave();
}

/// The close in --to jsonl: whoever closed first, with what it said.
void Session::report_close() {
  switch (ended_->ending) {
    case ws::Ending::peer: return outlet_.closed(ended_->code, ended_->payload, "peer");
    case ws::Ending::cut: return outlet_.closed(ended_->code, {}, "cut");
    case ws::Ending::us:
    case ws::Ending::unanswered:
      return outlet_.closed(pump_->connection()->our_code(), as_bytes(sender_->reason()), "us");
    case ws::Ending::violation:
    case ws::Ending::timeout: return outlet_.closed(ended_->code, {}, "us");
  }
}

void Session::interrupt() {
  if (interrupted_) return loop_.stop();
  interrupted_ = true;
  if (!exit_code_) exit_code_ = to_int(cli::Exit::interrupted);
  const bool open = pump_ != nullptr && pump_->connection() != nullptr && !pump_->ended();
  if (!open) return give_up(*exit_code_, {});
  sender_->close(args_.close_code, args_.close_reason);
  pump_->update();
}

void Session::give_up(const Verdict& verdict) {
  give_up(to_int(verdict.exit), verdict.message, verdict.hint);
}

/// Ends at once, with a Close if the connection is open.
void Session::give_up(int exit_code, std::string_view message, std::string_view hint) {
  if (!exit_code_) exit_code_ = exit_code;
  if (!message.empty()) say_error(exit_code, message, hint);
  if (leaving_) return loop_.stop();
  leaving_ = true;
  if (pump_ != nullptr && !pump_->ended()) {
    if (sender_) sender_->close(ws::code::kGoingAway, {});
    pump_->update();
    pump_->drop();
  }
  leave();
}

void Session::conclude(const Verdict& verdict) {
  const bool failed = verdict.exit != cli::Exit::ok;
  if (failed && !exit_code_) exit_code_ = to_int(verdict.exit);
  if (verdict.message.empty()) return;
  if (failed) return say_error(to_int(verdict.exit), verdict.message, verdict.hint);
  talk_.note(verdict.message);
}

void Session::say_error(int exit_code, std::string_view message, std::string_view hint) {
  talk_.error(message, hint);
  outlet_.error(exit_code, message);
}

/// Stops the loop when everything is written.
void Session::leave() {
  leaving_ = true;
  if (sender_) sender_->stop();
  open_timer_.stop();
  outlet_.flush();
  if (outlet_.idle()) loop_.stop();
}

void Session::pause_reading(bool paused) {
  if (pump_ == nullptr || pump_->ended()) return;
  pump_->set_paused(paused);
  pump_->update();
}

}  // namespace ws_cat
