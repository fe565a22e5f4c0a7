// What a session sends once its connection is open: the messages of the command line, then standard
// input up to its end, then, when no more replies come, the Close.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "feed.h"
#include "net/loop.h"
#include "net/pump.h"
#include "net/stdio.h"
#include "options.h"
#include "outlet.h"
#include "stats.h"
#include "verdict.h"

namespace ws_cat {

class Sender {
 public:
  /// What the user is to be told: why the input ends early, say.
  using Tell = std::function<void(const Verdict&)>;

  /// All must outlive it. The connection of `pump` is open.
  Sender(net::Loop& loop, const Args& args, net::Pump& pump, const Outlet& outlet, Stats& stats,
         Tell tell);

  /// Sends what the command line gives, and begins to read standard input.
  void start();

  /// The wait for replies begins anew.
  void message_came() { last_message_ = loop_.now(); }

  /// What was sent has left: standard input may go on.
  void resume();

  /// Sends a Close, if that is still possible, and nothing after it.
  void close(ws::CloseCode code, std::string_view reason);

  /// Sends nothing any more.
  void stop();

  /// Of the Close that close() sent.
  const std::string& reason() const { return reason_; }

 private:
  void on_input(Bytes bytes);
  void send_block(Bytes block);
  void on_input_end(const std::optional<std::string>& error);
  void perform(const Result<Intent>& intent, ws::Connection& connection);
  void send_message(const Intent& piece, ws::Connection& connection);
  bool worth_compressing(const Intent& piece) const;
  void end_of_input();
  void wait_for_replies();
  ws::Connection* open_connection();

  net::Loop& loop_;
  const Args& args_;
  net::Pump& pump_;
  const Outlet& outlet_;
  Stats& stats_;
  Tell tell_;
  Feed feed_;
  std::unique_ptr<net::Input> input_;
  net::Timer eof_timer_;
  Time last_message_;  // or, after the end of input, the last time that something was still to be
                       // sent
  std::string reason_;
  bool input_ended_ = false;
};

}  // namespace ws_cat
