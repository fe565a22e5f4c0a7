// What the server tells about its connections: a line each for people on standard error, or JSON
// Lines (cli/jsonl) on standard output. What a peer sent is escaped on its way to people. A reader
// of standard output that is slow holds the server up, through on_congestion(), instead of filling
// the memory; one that has gone is no reason to stop. Each thread has a Log of its own; those of
// other threads than the first hand their lines over to the first one's.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/jsonl.h"
#include "cli/term.h"
#include "net/loop.h"
#include "net/pump.h"
#include "net/stdio.h"
#include "ws/message.h"

namespace stream_echo {

class Log {
 public:
  struct Settings {
    int detail =
        0;  ///< lines for people: -1 none, 0 connections, 1 messages and control frames too
    bool jsonl = false;
    bool violations = false;  ///< shown whatever `detail` is
  };

  /// `talk` and `loop` outlive this.
  Log(net::Loop& loop, cli::Talk& talk, const Settings& settings);

  /// For the thread of `loop`: its lines go out through `first`, the Log of another thread, in the
  /// order of their turns. Both loops and `first` outlive this.
  Log(net::Loop& loop, Log& first);

  /// One line on standard output, sent at once. Of the first Log.
  void print_line(std::string_view line);

  /// True while standard output takes nothing more; the callback hears of each change.
  bool congested() const { return congested_; }
  void on_congestion(std::function<void(bool congested)> changed) { changed_ = std::move(changed); }

  /// Called when a queue that had to wait is empty, or will never be.
  void on_drained(std::function<void()> drained) { drained_ = std::move(drained); }

  /// Writes what waits as far as it goes, or hands it over; true when nothing is left here.
  bool flush();

  /// Whether any client has broken a rule so far.
  bool client_broke_protocol() const { return client_broke_protocol_; }

  /// For PeerLog. The JSON lines to append to, or nullptr when there are none wanted; they go out
  /// at the end of this turn.
  std::string* lines();
  bool shows(int detail) const { return settings_.detail >= detail; }
  bool wants_messages() const { return settings_.jsonl || shows(1); }
  bool shows_violations() const { return settings_.violations || shows(0); }
  void say(std::string_view text) { talk_.note(text); }
  void saw_violation() { client_broke_protocol_ = true; }
  Duration since_start() const { return loop_.now() - start_; }

 private:
  /// Lines of another Log, which is told when they are no burden any more.
  struct Batch {
    Log* from = nullptr;
    std::size_t size = 0;
  };

  void hand_over();
  void take(Log& from, std::string_view lines);
  void write(std::string_view lines);
  static void release(const Batch& batch);
  void set_congested(bool congested);
  void end_of_wait();

  net::Loop& loop_;
  Log* first_ = nullptr;  // nullptr: this is it
  cli::Talk& talk_;
  Settings settings_;
  Time start_;
  std::optional<net::Output> output_;  // of the first Log
  std::vector<Batch> waiting_;         // until there is room again
  std::size_t handed_over_ = 0;        // bytes that the first Log has not released
  std::string pending_;                // lines of this turn
  bool flush_waits_ = false;
  bool congested_ = false;
  bool client_broke_protocol_ = false;
  std::function<void(bool)> changed_;
  std::function<void()> drained_;
};

/// The log of one connection.
class PeerLog {
 public:
  /// `conn` counts from 1; `peer` is its address.
  PeerLog(Log& log, std::uint64_t conn, std::string peer);

  std::uint64_t conn() const { return conn_; }
  const std::string& peer() const { return peer_; }

  /// `protocol` and `extensions` are those agreed on, empty for none.
  void opened(std::string_view url, std::string_view protocol, std::string_view extensions);

  /// An event stream is on its way.
  void streaming(std::string_view url);

  /// Whether sent() has anything to tell.
  bool shows_events() const { return log_.wants_messages(); }

  /// Blocks of that stream, whole ones, or whole lines are on their way.
  void sent(ConstBytes blocks, bool is_event_stream);

  /// Its connection has ended, after so many events. Nothing more is logged.
  void stream_ended(std::uint64_t count, bool by_us, const net::TransportEnd& transport);

  /// An HTTP answer was sent; `why` is safe to print.
  void answered(unsigned status, std::string_view why, const diag::Violation* violation);
  /// A whole request is there, and its answer comes so much later.
  void waits(Duration time);

  void note(std::string_view text);
  void remark(std::string_view text);  ///< for people only, and nothing is over

  /// The moment of a fault has come.
  void fault(std::string_view text);

  /// Message pieces, pings, pongs, violations and the end of the WebSocket.
  void event(const ws::Event& event);

  /// The transport ended. Nothing more is logged.
  void ended(const net::TransportEnd& transport);

 private:
  void message(const ws::Event& event);
  void sent_line(std::string_view line);
  void control(std::string_view kind, ConstBytes payload);
  void violated(const diag::Violation& violation);
  cli::Stamp stamp(char dir) const;
  void say(std::string_view text);

  Log& log_;
  std::uint64_t conn_;
  std::string peer_;
  bool open_ = false;      // a WebSocket whose end has not been logged
  bool answered_ = false;  // an HTTP answer was sent
  bool waits_ = false;     // one is to come
  struct WebSocketEnd {
    ws::Ending ending = ws::Ending::cut;
    std::uint16_t code = ws::code::kAbnormal;
    std::string reason = {};
  };
  /// There while messages are shown, and at the end: thousands of idle peers do not need it.
  struct Details {
    cli::MessageLines lines;
    ws::MessageKind kind = ws::MessageKind::text;
    std::uint64_t size = 0;  // of the message, so far
    WebSocketEnd end;
  };
  Details& details();
  std::unique_ptr<Details> details_;
};

}  // namespace stream_echo
