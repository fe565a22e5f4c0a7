#include "session.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "base/base64.h"
#include "cli/escape.h"
#include "diag/report.h"
#include "net/entropy.h"

namespace ws_cat {
namespace {

// How often to look whether everything is sent, when the wait for replies is to begin then.
constexpr Duration kBusyCheck = std::chrono::milliseconds(50);

// How long a refusal may go on.
constexpr Duration kBodyTimeout = std::chrono::seconds(5);

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

Session::Session(net::Loop& loop, const Args& args, cli::Talk& talk)
    : loop_(loop),
      args_(args),
      talk_(talk),
      started_(loop.now()),
      last_byte_(started_),
      last_message_(started_),
      dialer_(loop),
      outlet_(loop, args, started_),
      feed_(args.from, args.binary),
      messages_left_(args.count),
      body_(talk),
      max_timer_(loop,
                 [this] {
                   give_up(to_int(cli::Exit::timeout), "time is up (--max-time)");
                   loop_.stop();  // even when standard output does not take the rest
                 }),
      open_timer_(loop,
                  [this] {
                    if (!opening_->refusal().empty()) return on_refused();
                    give_up(to_int(cli::Exit::timeout), "the connection was not open in time");
                  }),
      eof_timer_(loop, [this] { wait_for_replies(); }) {
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

void Session::start() {
  opening_.emplace(args_, random_nonce());
  if (args_.max_time) max_timer_.start(started_ + *args_.max_time);
  if (args_.connect_timeout) open_timer_.start(started_ + *args_.connect_timeout);

  net::DialOptions options{.host = args_.url.host,
                           .port = args_.url.port,
                           .tls = args_.url.secure(),
                           .insecure = args_.insecure,
                           .ca_file = args_.ca_file,
                           .resolve = args_.resolve,
                           .unix_socket = args_.unix_socket,
                           .connect_timeout = args_.connect_timeout};
  if (args_.verbosity > 0) {
    options.trace = [this](std::string_view line) {
      talk_.verbose("* " + cli::escape(line, cli::Escape::line));
    };
  }
  dialer_.dial(options, [this](auto result) { on_dialled(std::move(result)); });
}

void Session::on_dialled(std::variant<std::unique_ptr<net::Stream>, net::DialError> result) {
  if (leaving_) return;
  if (const auto* error = std::get_if<net::DialError>(&result)) {
    return give_up(error->code, error->message, error->hint);
  }
  pump_ = std::make_unique<net::Pump>(
      loop_, std::get<std::unique_ptr<net::Stream>>(std::move(result)),
      // What is sent comes from standard input, which waits instead.
      net::Pump::Limits{.reading_waits = false},
      net::Pump::Handlers{
          .bytes = [this](Bytes& in) { on_bytes(in); },
          .wire = args_.to != Format::wire ? std::function<void(ConstBytes)>()
                                           : [this](ConstBytes bytes) { outlet_.wire(bytes); },
          .event = [this](const ws::Event& event) { on_event(event); },
          .deadline = [] {},
          .drained =
              [this] {
                if (input_ != nullptr) input_->resume();
              },
          .ended = [this](const net::TransportEnd& end) { on_transport_ended(end); }});
  talk_.verbose(marked_lines(opening_->request(), "> "));
  pump_->write(as_bytes(opening_->request()));
  pump_->update();
}

void Session::on_bytes(Bytes& in) {
  last_byte_ = loop_.now();
  while (auto step = opening_->next(in)) {
    if (const auto* head = std::get_if<Opening::HeadSeen>(&*step)) {
      on_head(*head);
    } else if (const auto* open = std::get_if<Opening::Opened>(&*step)) {
      return opened(open->protocol);
    } else if (const auto* piece = std::get_if<Opening::BodyPiece>(&*step)) {
      body_.show(as_text(piece->bytes));
      if (body_.full()) return on_refused();
    } else if (std::holds_alternative<Opening::RefusalEnd>(*step)) {
      return on_refused();
    } else {
      return on_violation(std::get<diag::Violation>(*step));
    }
  }
}

void Session::on_head(const Opening::HeadSeen& head) {
  talk_.verbose(marked_lines(head.text, "< "));
  if (opening_->refusal().empty()) return;
  if (args_.verbosity == 0) talk_.plain(marked_lines(head.text, ""));
  open_timer_.start(loop_.now() + kBodyTimeout);
}

void Session::on_refused() {
  body_.finish();
  give_up(to_int(cli::Exit::refused),
          fmt::format("the server refused the WebSocket: {}",
                      cli::escape(opening_->refusal(), cli::Escape::line)));
}

void Session::opened(const std::string& protocol) {
  open_timer_.stop();
  pump_->open(ws::Connection(ws::Role::client, connection_settings(args_), net::random_mask_key,
                             loop_.now()));
  outlet_.opened(protocol);
  for (const GivenMessage& message : args_.messages) {
    perform(Intent{.kind = message.kind, .payload = as_bytes(message.data)});
  }
  if (!args_.read_stdin) return end_of_input();
  input_ = std::make_unique<net::Input>(
      loop_, STDIN_FILENO, [this](ConstBytes bytes) { on_input(bytes); },
      [this](const std::optional<std::string>& error) { on_input_end(error); });
}

void Session::on_event(const ws::Event& event) {
  last_byte_ = loop_.now();
  switch (event.type) {
    case ws::EventType::message: return on_message(event);
    case ws::EventType::ping:
    case ws::EventType::pong: return on_control(event);
    case ws::EventType::violation: return on_violation(event.violation);
    case ws::EventType::ended: return on_ended(event);
    case ws::EventType::close: input_.reset(); return;
  }
}

void Session::on_message(const ws::Event& piece) {
  if (messages_left_ == 0) return;  // all that were wanted have come
  last_message_ = loop_.now();
  stats_.received(piece);
  outlet_.message(piece);
  if (piece.last && messages_left_ && --*messages_left_ == 0) {
    close(args_.close_code, args_.close_reason);
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
  input_.reset();
  if (pump_->connection() != nullptr) return;  // which ends by the rules of closing
  const std::string& first = opening_->first_bytes();
  if (!first.starts_with("HTTP/1.")) talk_.plain(first_bytes_text(first));
  pump_->drop();
}

void Session::on_ended(const ws::Event& ended) {
  ended_ = ended;  // its reason lives as long as the connection does
}

void Session::on_transport_ended(const net::TransportEnd& end) {
  if (ended_) {
    report_close();
    conclude(judge_end(*ended_,
                       {.transport = end,
                        .idle = loop_.now() - last_byte_,
                        .our_code = our_code_,
                        .all_sent = pump_->connection()->output().empty()},
                       args_));
  } else if (!opening_->refusal().empty()) {
    if (!leaving_) return on_refused();
  } else if (pump_->connection() == nullptr && end.how != net::TransportEnd::How::by_us) {
    conclude(judge_lost_answer(end, !opening_->first_bytes().empty()));
  }
  leave();
}

/// The close in --to jsonl: whoever closed first, with what it said.
void Session::report_close() {
  switch (ended_->ending) {
    case ws::Ending::peer: return outlet_.closed(ended_->code, ended_->payload, "peer");
    case ws::Ending::cut: return outlet_.closed(ended_->code, {}, "cut");
    case ws::Ending::us:
    case ws::Ending::unanswered: return outlet_.closed(our_code_, as_bytes(our_reason_), "us");
    case ws::Ending::violation:
    case ws::Ending::timeout: return outlet_.closed(ended_->code, {}, "us");
  }
}

void Session::on_input(ConstBytes bytes) {
  while (const auto intent = feed_.next(bytes)) {
    perform(*intent);
    if (input_ended_) break;
  }
  pump_->update();
  if (pump_->congested() && input_ != nullptr) input_->pause();
}

void Session::on_input_end(const std::optional<std::string>& error) {
  if (error) perform(Error{fmt::format("cannot read standard input: {}", *error), {}});
  while (!input_ended_) {
    const auto intent = feed_.finish();
    if (!intent) break;
    perform(*intent);
  }
  end_of_input();
  pump_->update();
}

void Session::perform(const Result<Intent>& intent) {
  if (!intent) {  // nothing more can be sent, but what was sent may be answered
    conclude({cli::Exit::read, intent.error().message, intent.error().hint});
    return end_of_input();
  }
  ws::Connection& connection = *pump_->connection();
  if (!connection.can_send()) return;
  switch (intent->type) {
    case Intent::Type::message: {
      const auto sent = connection.send(intent->kind, intent->last, intent->payload);
      CHECK(bool(sent));
      stats_.sent(intent->payload.size(), intent->last);
      return;
    }
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
  }
}

void Session::end_of_input() {
  if (input_ended_) return;
  input_ended_ = true;
  input_.reset();
  last_message_ = loop_.now();
  if (args_.eof_wait) wait_for_replies();
}

/// Closes when no message has come for --eof-wait since the last byte of ours went out, and since
/// standard output took what came.
void Session::wait_for_replies() {
  if (pump_->ended() || !pump_->connection()->can_send()) return;
  const Time now = loop_.now();
  const Duration wait = *args_.eof_wait;
  const bool busy = !pump_->connection()->output().empty() || !outlet_.idle();
  if (wait > Duration(0) && busy) {
    last_message_ = now;
    return eof_timer_.start(now + std::min(wait, kBusyCheck));
  }
  if (last_message_ + wait > now) return eof_timer_.start(last_message_ + wait);
  close(args_.close_code, args_.close_reason);
  pump_->update();
}

void Session::close(ws::CloseCode code, std::string_view reason) {
  ws::Connection& connection = *pump_->connection();
  if (!connection.can_send()) return;
  const auto closed = connection.close(code, reason);
  CHECK(bool(closed));
  our_code_ = code;
  our_reason_ = reason;
  input_ended_ = true;
  input_.reset();
}

void Session::interrupt() {
  if (interrupted_) return loop_.stop();
  interrupted_ = true;
  if (!exit_code_) exit_code_ = to_int(cli::Exit::interrupted);
  const bool open = pump_ != nullptr && pump_->connection() != nullptr && !pump_->ended();
  if (!open) return give_up(*exit_code_, {});
  close(args_.close_code, args_.close_reason);
  pump_->update();
}

/// Ends at once, with a Close if the connection is open.
void Session::give_up(int exit_code, std::string_view message, std::string_view hint) {
  if (!exit_code_) exit_code_ = exit_code;
  if (!message.empty()) say_error(exit_code, message, hint);
  if (leaving_) return loop_.stop();
  leaving_ = true;
  if (pump_ != nullptr && !pump_->ended()) {
    if (pump_->connection() != nullptr) close(ws::code::kGoingAway, {});
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
  input_.reset();
  open_timer_.stop();
  eof_timer_.stop();
  outlet_.flush();
  if (outlet_.idle()) loop_.stop();
}

void Session::pause_reading(bool paused) {
  if (pump_ == nullptr || pump_->ended()) return;
  pump_->set_paused(paused);
  pump_->update();
}

}  // namespace ws_cat
