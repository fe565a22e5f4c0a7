// One peer, from accept to the end of its connection: reads the request, sends the answer, and once
// a WebSocket is open sends each piece of a message back as it comes, so that memory does not
// depend on the size of a message. Event streams are event_stream's business, deadlines,
// back-pressure and the orderly end are net/pump's, misbehaviour is the saboteur's.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "event_stream.h"
#include "fault_script.h"
#include "http/body.h"
#include "http/head.h"
#include "log.h"
#include "mcp.h"
#include "net/loop.h"
#include "net/pump.h"
#include "net/stream.h"
#include "opening.h"
#include "opening_fault.h"
#include "policy.h"
#include "saboteur.h"
#include "ws/connection.h"

namespace stream_echo {

class Session final : public net::PumpOwner {
 public:
  /// What all sessions share; outlives them.
  struct Shared {
    net::Loop& loop;
    Log& log;
    Policy policy;
    std::shared_ptr<const ws::Settings> websocket;
    FaultSettings faults;
    EventStream::Shared streams;
    Subscribers& subscribers;
    McpSessions& mcp;
    const std::atomic<std::size_t>& open_count;  ///< connections of all threads
    /// Called once for each session, by its number; to delete it, wait for the end of the turn.
    std::function<void(std::uint64_t conn)> ended;
  };

  /// `conn` is its number in the log.
  Session(Shared& shared, std::unique_ptr<net::Stream> stream, std::uint64_t conn,
          std::string peer);

  /// Answers 503 without waiting for a request.
  void turn_away();
  bool turned_away() const { return turned_away_; }

  /// The server stops: closes a WebSocket with 1001, ends an event stream, answers at once who
  /// waits for a late answer, drops who has not asked for anything yet. An answer on its way is
  /// finished.
  void shut_down();

  /// Nothing is read, and no event sent, while the log has no room.
  void set_paused(bool paused);

 private:
  void on_bytes(Bytes& in) override;
  void on_event(const ws::Event& event) override;
  void on_deadline() override;
  void on_drained() override;
  void on_ended(const net::TransportEnd& end) override;
  void on_head(const http::Head& head);
  void on_content(Bytes& in);
  void on_request();
  void on_violation(const diag::Violation& violation, ConstBytes rest);
  void sabotage(FaultPlan plan);
  void carry_out(const OpeningPlan& plan);
  void proceed();
  void open(const Handshake& handshake);
  void serve(Endpoint& endpoint);
  void serve_page(const Endpoint& endpoint);
  void serve_messages(Endpoint& endpoint);
  void serve_channel(const Endpoint& endpoint);
  void publish(const Endpoint& endpoint);
  void serve_model(const Endpoint& endpoint);
  /// What says why not, in the form that the client expects of whom it asks, once that is known.
  Answer in_its_form(const Refusal& refusal) const;
  void serve_inspection(const Endpoint& endpoint);
  void serve_mcp(const Endpoint& endpoint);
  void wait_for_mcp(const Endpoint& endpoint, McpReading reading);
  void answer_later(const Endpoint& endpoint, LateAnswer answer);
  void answer_late();
  /// `head` without what depends on the request.
  void open_stream(const Endpoint& endpoint, StreamHead head, EventSource source);
  void answer(const Endpoint& endpoint, Refusal refusal);
  void answer(const Refusal& refusal);

  Shared& shared_;
  PeerLog log_;
  /// What is there only until the answer is on its way.
  struct Start {
    http::HeadReader reader{http::HeadKind::request};
    std::optional<http::Head> head;      // once it is there
    std::optional<Agreement> agreement;  // while the 101 waits for its turn
    std::optional<Endpoint> endpoint;    // while the answer does
    std::optional<http::BodyReader> body;
    std::string content;                       // of the request, at most kMaxBody
    std::optional<OpeningPlan> delayed;        // what is to happen after a delay
    std::function<Refusal()> late;             // makes the answer that waits for its time
    std::unique_ptr<McpSession::Watch> watch;  // of a late answer that may be cancelled
  };
  std::unique_ptr<Start> start_;
  bool turned_away_ = false;
  bool log_is_full_ = false;
  bool swallows_ = false;  // what comes is of no interest any more
  net::Pump pump_;
  std::unique_ptr<Saboteur> saboteur_;  // when there are faults
  std::unique_ptr<EventStream> stream_;
};

// Thousands of idle WebSockets are to cost little: what only some need lies behind pointers.
static_assert(sizeof(Session) <= 712);

}  // namespace stream_echo
