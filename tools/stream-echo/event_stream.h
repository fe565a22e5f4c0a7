// An event stream on its way to one client (HTML Living Standard 9.2), or a stream of lines: the
// head, a comment at once unless another server is imitated, then events as their source has them
// and the connection takes them, comments when it is quiet, and the end. Everything that is ready
// goes out in one chunk and one write, unless somebody wants to see each event.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "answer.h"
#include "base/output_buffer.h"
#include "channels.h"
#include "demo_stream.h"
#include "endpoint.h"
#include "log.h"
#include "net/loop.h"
#include "net/pump.h"
#include "paced_stream.h"
#include "saboteur.h"

namespace stream_echo {

/// Where events come from: the demonstration and a paced answer, which end, or a channel, which
/// does not.
using EventSource =
    std::variant<DemoStream, std::unique_ptr<Subscription>, std::unique_ptr<PacedStream>>;

class EventStream {
 public:
  /// What all streams of one thread share; outlives them.
  struct Shared {
    /// Of a connection; then the client is to come back. nullopt: none.
    std::optional<Duration> max_age = {};
    OutputBuffer scratch = OutputBuffer(OutputBuffer::kKeptByOne);  // what is being put together
  };

  /// All but `request`, `head` and `source` outlive this; `saboteur` is nullptr when there are no
  /// faults.
  /// `chance` is any number: what clients do at the same time is spread by it.
  EventStream(net::Loop& loop, net::Pump& pump, PeerLog& log, Shared& shared, Saboteur* saboteur,
              const SseRequest& request, StreamHead head, EventSource source, std::uint64_t chance);

  /// Queues the head, and what there is to begin with.
  void open();

  /// The time of the pump's deadline has come, there is room again, or something is new.
  void run();

  /// While paused nothing is sent. Pump::update() follows.
  void set_paused(bool paused);

  /// The server stops: an orderly end, unless there has been one, or a fault or an answer that
  /// nobody can come back for is on its way: that is broken off. Pump::update() follows.
  void shut_down();

  /// The connection has ended; for the log.
  void ended(const net::TransportEnd& end);

 private:
  using Kind = StreamDistortion::Kind;

  bool held_back() const;
  bool has_room() const;
  Subscription* subscription() const;  // nullptr: it is another source
  PacedStream* paced() const;          // likewise
  std::optional<Time> due() const;
  std::uint64_t append_due(OutputBuffer& out, Time now);
  bool append_end(OutputBuffer& out);
  void append_retry(OutputBuffer& out, std::uint64_t retry_ms);
  void append_opening(OutputBuffer& out);
  std::string error(std::string_view text);
  bool send(OutputBuffer& out, Kind kind);
  void write(ConstBytes body);
  void finish();
  void break_off();
  void end_early();
  void set_deadline(Time now);
  std::uint64_t reconnection_time() const;

  net::Loop& loop_;
  net::Pump& pump_;
  PeerLog& log_;
  Shared& shared_;
  Saboteur* saboteur_;
  StreamHead head_;
  std::optional<std::uint64_t> retry_ms_;
  Duration heartbeat_;
  EventSource source_;
  std::uint64_t chance_;
  Time quiet_since_;
  std::optional<Time> age_end_;
  std::uint64_t count_ = 0;  // of events that were sent, the end mark and an error included
  bool one_by_one_;          // somebody wants to see each event
  bool paused_ = false;
  bool opened_ = false;  // what a stream begins with has been sent
  bool finished_ = false;
};

}  // namespace stream_echo
