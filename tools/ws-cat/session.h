// One run of ws-cat: dial, opening handshake, messages both ways, and the end. Everything happens
// in callbacks of the loop; this is the place where they come together.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "cli/term.h"
#include "net/curl.h"
#include "net/loop.h"
#include "net/pump.h"
#include "net/recorder.h"
#include "opening_phase.h"
#include "options.h"
#include "outlet.h"
#include "sender.h"
#include "stats.h"
#include "verdict.h"

namespace ws_cat {

class Session final : public net::PumpOwner {
 public:
  /// All must outlive the session. `recorder` may be nullptr.
  Session(net::Loop& loop, const Args& args, cli::Talk& talk, net::Recorder* recorder);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// Begins; the loop is stopped when everything is over and written.
  void start();

  /// Ctrl-C: the first closes cleanly, the second leaves.
  void interrupt();

  int exit_code() const { return exit_code_.value_or(0); }

  /// What --stats prints.
  std::string stats() const;

 private:
  // Until the connection is open
  void on_dialled(std::variant<std::unique_ptr<net::Stream>, net::DialError> result);
  void on_bytes(Bytes& in) override;
  void opened(const ws::Accepted& agreement);

  // While it is open
  void on_wire(ConstBytes bytes) override;
  void on_event(const ws::Event& event) override;
  void on_drained() override;
  void on_message(const ws::Event& piece);
  void on_control(const ws::Event& event);
  void on_violation(const diag::Violation& violation);
  void report_close();
  void on_ended(const net::TransportEnd& end) override;

  // The end
  void give_up(const Verdict& verdict);
  void give_up(int exit_code, std::string_view message, std::string_view hint = {});
  void conclude(const Verdict& verdict);
  void say_error(int exit_code, std::string_view message, std::string_view hint);
  void leave();

  void pause_reading(bool paused);

  net::Loop& loop_;
  const Args& args_;
  cli::Talk& talk_;
  net::Recorder* recorder_;
  Time started_;
  Time last_byte_;  // received
  net::Dialer dialer_;
  std::optional<OpeningPhase> opening_;
  std::unique_ptr<net::Pump> pump_;
  Outlet outlet_;
  Stats stats_;
  std::optional<Sender> sender_;                // while the connection is open, and after
  std::optional<std::uint64_t> messages_left_;  // of --count
  net::Timer max_timer_;
  net::Timer open_timer_;  // the opening handshake, then the body of a refusal
  std::optional<ws::Event> ended_;
  std::optional<int> exit_code_;
  bool interrupted_ = false;
  bool leaving_ = false;
};

}  // namespace ws_cat
