// Carries out the faults of one open connection: watches for the moment of each, acts on the pump
// when it has come, and stands between the honest echo, or event stream, and the wire. What happens
// to single frames is distortion's business, to events stream_distortion's, and how it leaves is
// pace_fault's. All randomness comes from one seed, so that a run can be repeated.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "answer.h"
#include "backlog.h"
#include "distortion.h"
#include "fault.h"
#include "fault_script.h"
#include "log.h"
#include "net/loop.h"
#include "net/pump.h"
#include "pace_fault.h"
#include "stream_distortion.h"

namespace stream_echo {

class Saboteur {
 public:
  /// All but `faults` outlive this. Nothing happens before opened().
  Saboteur(net::Loop& loop, net::Pump& pump, PeerLog& log, const FaultScript& script,
           std::vector<Fault> faults, std::uint64_t seed);

  /// Throws the dice.
  bool happens(double probability);

  const std::vector<Fault>& faults() const { return faults_; }

  /// The pump has been given an answer of `size` bytes other than a 101.
  void answered(std::size_t size) { begin_answer(size); }

  /// The pump has been given the 101 of `head_size` bytes, and is open.
  void opened(std::size_t head_size);

  /// False while a script does all the talking.
  bool echoes() const { return script_.echo; }

  /// A piece of a message has come, and its echo lies in the connection's output.
  void echoed(std::size_t size, bool last);

  /// A ping has come, and its pong lies in the connection's output.
  void pinged() { take_output(); }

  /// A Close has come. False: it is to be ignored, and so is everything from now on.
  bool takes_close() const { return !ignores_close_; }

  /// The pump has room again.
  void drained();

  // The same for an event stream, in saboteur_stream.cc.

  /// What the faults make of its head.
  StreamHead stream_head(StreamHead head);

  /// The pump has been given that head, of `head_size` bytes. `error` makes the block that tells of
  /// an error.
  void opened_stream(std::size_t head_size, std::function<std::string(std::string_view)> error);

  /// Sends a block, as sse::encode() writes it, or what the faults make of it, and logs it. False:
  /// it is not sent, or not all of it.
  bool send_block(ConstBytes block, StreamDistortion::Kind kind);

  /// Sends what belongs behind the last block, and ends the connection.
  void end_stream();

  /// Nothing is to be sent now: a fault is busy, or wants silence. drained() may end that.
  bool holds_back() const { return silent_ || !backlog_.empty(); }

  /// A fault, or end_stream(), has ended the connection.
  bool has_ended() const { return end_ == End::done; }

 private:
  void begin_answer(std::size_t size);
  void begin_waiting();
  void count(std::size_t size, bool whole);
  bool is_last_event() const;
  std::string framed(std::string_view body) const;
  void add_body(std::string body);
  bool send(ConstBytes block, StreamDistortion::Kind kind);
  void put_body(std::string body);
  void send_comment();
  void send_error(std::string_view text);
  void begin_long_line(std::uint64_t size);
  bool may_begin(const Fault& fault) const;
  void begin(const Fault& fault);
  void act(const Fault& fault);
  void close(const Fault& fault);
  void beat();
  bool makes_sense(const Fault& fault);
  // In saboteur_output.cc.
  enum class End : std::uint8_t {
    none,
    orderly,  ///< waited for: it comes behind the backlog
    reset,    ///< the same
    done,
  };
  void end(End end);
  void begin_flood(Flood flood);
  void fill();
  void put(std::string_view bytes);
  void write(std::string_view bytes);
  void queue(std::string_view bytes, Duration pause);
  void rewrite(ConstBytes frames);
  void take_output();
  void set_pace();

  void run_script(ScriptStep::On on, std::uint64_t number);
  void run_steps(std::vector<const ScriptStep*> steps);
  bool may_wait(std::string_view what);
  void schedule(Duration delay, std::function<void()> task);
  void run_due();
  void start_timer();
  std::uint64_t random_below(std::uint64_t limit);

  net::Loop& loop_;
  net::Pump& pump_;
  PeerLog& log_;
  const FaultScript& script_;
  std::vector<Fault> faults_;
  std::vector<const Fault*> waiting_;  // for their messages or bytes
  std::mt19937_64 random_;
  Distortion distortion_;
  PaceFaults pace_;
  struct Stream {
    Stream(std::function<bool(double)> happens, bool is_event_stream)
        : distortion(std::move(happens), is_event_stream) {}

    StreamDistortion distortion;
    std::function<std::string(std::string_view)> error;
    bool chunked = true;
  };
  std::unique_ptr<Stream> stream_;  // of an event stream
  net::Timer timer_;
  std::multimap<Time, std::function<void()>> tasks_;
  Duration beat_interval_ = Duration(0);  // of `ping` or `comment`
  std::optional<Time> next_beat_;
  std::vector<std::vector<const ScriptStep*>> postponed_;  // to the end of the message
  std::uint64_t message_count_ = 0;
  std::uint64_t byte_count_ = 0;
  Backlog backlog_;
  std::optional<std::size_t> uncounted_;  // of an event that is in there, its size
  std::string line_block_;                // of `long-line`
  bool inside_message_ = false;           // that is being echoed
  bool ignores_close_ = false;
  bool silent_ = false;
  End end_ = End::none;
};

}  // namespace stream_echo
