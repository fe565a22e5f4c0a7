// One run of ws-cat: dial, opening handshake, messages both ways, and the end. Everything happens
// in callbacks of the loop; this is the place where they come together.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "cli/term.h"
#include "feed.h"
#include "net/curl.h"
#include "net/loop.h"
#include "net/pump.h"
#include "net/stdio.h"
#include "opening.h"
#include "options.h"
#include "outlet.h"
#include "refusal.h"
#include "stats.h"
#include "verdict.h"

namespace ws_cat {

class Session {
 public:
  /// All three must outlive the session.
  Session(net::Loop& loop, const Args& args, cli::Talk& talk);

  /// Begins; the loop is stopped when everything is over and written.
  void start();

  /// Ctrl-C: the first closes cleanly, the second leaves.
  void interrupt();

  int exit_code() const { return exit_code_.value_or(0); }

  /// What --stats prints.
  std::string stats() const { return stats_.text(loop_.now() - started_); }

 private:
  // Until the connection is open
  void on_dialled(std::variant<std::unique_ptr<net::Stream>, net::DialError> result);
  void on_bytes(Bytes& in);
  void on_head(const Opening::HeadSeen& head);
  void on_refused();
  void opened(const std::string& protocol);

  // While it is open
  void on_event(const ws::Event& event);
  void on_message(const ws::Event& piece);
  void on_control(const ws::Event& event);
  void on_violation(const diag::Violation& violation);
  void on_ended(const ws::Event& ended);
  void report_close();
  void on_transport_ended(const net::TransportEnd& end);
  void on_input(ConstBytes bytes);
  void on_input_end(const std::optional<std::string>& error);
  void perform(const Result<Intent>& intent);
  void end_of_input();
  void wait_for_replies();
  void close(ws::CloseCode code, std::string_view reason);

  // The end
  void give_up(int exit_code, std::string_view message, std::string_view hint = {});
  void conclude(const Verdict& verdict);
  void say_error(int exit_code, std::string_view message, std::string_view hint);
  void leave();

  void pause_reading(bool paused);

  net::Loop& loop_;
  const Args& args_;
  cli::Talk& talk_;
  Time started_;
  Time last_byte_;
  Time last_message_;  // or, after the end of input, the last time that something was still to be
                       // sent
  net::Dialer dialer_;
  std::optional<Opening> opening_;
  std::unique_ptr<net::Pump> pump_;
  std::unique_ptr<net::Input> input_;
  Outlet outlet_;
  Feed feed_;
  Stats stats_;
  std::optional<std::uint64_t> messages_left_;  // of --count
  RefusalBody body_;
  net::Timer max_timer_;
  net::Timer open_timer_;  // the opening handshake, then the body of a refusal
  net::Timer eof_timer_;
  std::optional<ws::Event> ended_;
  ws::CloseCode our_code_ = 0;  // of the Close that we began with
  std::string our_reason_;
  std::optional<int> exit_code_;
  bool input_ended_ = false;
  bool interrupted_ = false;
  bool leaving_ = false;
};

}  // namespace ws_cat
