// Moves the bytes of one connection between its stream and the protocol: read, decode, write,
// deadlines, back-pressure, and the orderly end. First bytes go to the owner, who reads the HTTP
// head; after open() they go through a ws::Connection and come out as events. Both tools use this
// one.
//
// Memory stays flat: while too much waits to be sent (see Limits), or the owner is paused, nothing
// is read, and what was already read is kept (one read's worth: Loop::kReadSize, or more of a peer
// that takes what it is sent).
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/output_buffer.h"
#include "base/time.h"
#include "net/loop.h"
#include "net/pacer.h"
#include "net/stream.h"
#include "ws/connection.h"

namespace net {

/// How the transport came to its end.
struct TransportEnd {
  enum class How { by_us, fin, reset, failed };
  How how = How::by_us;
  std::string error = {};  ///< of `reset` and `failed`
  std::string hint = {};   ///< of `failed`: what to do about it; mostly empty
};

/// Whom a Pump works for. A base class and not six std::functions, because a server has thousands
/// of idle Pumps. None of the calls may destroy the Pump; after on_ended(), the last one,
/// Loop::later() may.
class PumpOwner {
 public:
  /// Before open(): received bytes, all to be taken off the front of `in`, unless open() or
  /// finish() is called meanwhile; then the rest goes there.
  virtual void on_bytes(Bytes& in) = 0;
  /// After open(): received bytes as they came, before they are decoded.
  virtual void on_wire(ConstBytes) {}
  /// After open(): everything up to and including EventType::ended.
  virtual void on_event(const ws::Event& event) = 0;
  /// The time of Pump::set_deadline() has come.
  virtual void on_deadline() {}
  /// Less than Limits::output waits to be sent again.
  virtual void on_drained() {}
  virtual void on_ended(const TransportEnd& end) = 0;

 protected:
  ~PumpOwner() = default;
};

class Pump {
 public:
  struct Limits {
    std::size_t output = std::size_t{1} << 20;  ///< waiting to be sent before it is too much
    /// Whether too much output stops reading, as it must where input makes output. Not at both ends
    /// of a connection: each would wait for the other to read.
    bool reading_waits = true;
    Duration write_timeout = Duration(0);  ///< without progress, then it is dropped; 0: never
  };

  /// `loop`, `limits` and `owner` outlive this.
  Pump(Loop& loop, std::unique_ptr<Stream> stream, const Limits& limits, PumpOwner& owner);
  ~Pump();
  Pump(const Pump&) = delete;
  Pump& operator=(const Pump&) = delete;

  /// Queues bytes that go out before anything of the Connection's.
  void write(ConstBytes bytes);

  /// Sends a piece of a message out of the loop's shared buffer, where it lies: from within
  /// PumpOwner::on_event back to where it came from, or, with update() right after, all that the
  /// buffer was filled with. It is copied only when it is `compressed` (goes out so) or something
  /// else waits to be sent. After a Close of ours, while the peer may still be sending, nothing is
  /// (RFC 6455 5.5.1).
  void send_in_place(const ws::Event& message);

  /// Whether PumpOwner::on_event hears of messages. If not, each goes back where it came from, as
  /// by send_in_place().
  void set_echoing(bool echoing) { echoing_ = echoing; }

  /// From now on this is a WebSocket connection.
  void open(ws::Connection connection);

  /// From now on what the Connection sends is given to `rewrite`, which puts it on the wire in
  /// another form with write().
  void set_rewriting(std::function<void(ConstBytes)> rewrite);

  /// Gives the Connection up without a word: received bytes go to on_bytes() again.
  void leave_protocol();

  /// nullptr when there is none. It has been told the time: what the owner does with it happens
  /// now.
  ws::Connection* connection();

  /// Before open(): for on_deadline(); nullopt: none.
  void set_deadline(std::optional<Time> at);

  /// Sends what is queued, shuts down writing, discards what still comes for two seconds at most,
  /// so that a reset does not overtake our last words, and ends. There is no `ended` event then.
  /// Outside of a handler update() follows.
  void finish();

  /// Sends what is queued and ends with a reset. Outside of a handler update() follows.
  void finish_with_reset();

  /// Ends at once, dropping what is queued.
  void drop();

  /// Shuts down writing when what is queued has been sent. What would be sent later is dropped.
  void half_close();

  /// Reads nothing any more, and ends when the peer has ended or cannot be written to.
  void stop_reading();

  /// From now on this side writes slowly, in pieces of chosen sizes. An empty one ends that.
  void set_pace(Pacer::Pace pace) { odd().pacer.set(std::move(pace)); }

  /// While paused no event is delivered and nothing is read.
  void set_paused(bool paused);

  /// Sends what there is and arranges for the next turn. To be called after using connection() or
  /// write() from outside of a handler.
  void update();

  bool ended() const { return stream_ == nullptr; }
  bool congested() const { return output_size() >= limits_.output; }

  /// Whether what write() queues from now on still leaves.
  bool takes_output() const;

 private:
  struct Oddities {
    Pacer pacer;
    std::function<void(ConstBytes)> rewrite;
  };
  struct Written {
    Io io = Io::ok;
    std::size_t size = 0;
  };

  /// Time for what is queued to leave after finish().
  static constexpr Duration kFinishTimeout = std::chrono::seconds(5);

  static TransportEnd end_of(const IoFailure& failure);
  Oddities& odd();
  void turn(bool readable);
  Bytes read_buffer();
  void read_some();
  void pass_on(Bytes in);
  std::optional<ws::Event> next_event(Bytes& in);
  void deliver(const ws::Event& event);
  void deliver_pending();
  void transport_ended(TransportEnd end);
  void tick();
  void on_timer();
  void flush();
  void write_begun();
  Written write_some(ConstBytes bytes);
  void divert();
  void write_queued();
  Time pause_end_or_now() const;
  void note_end(TransportEnd end);
  void note_kept();
  void close();
  void continue_later();
  std::size_t output_size() const {
    return output_.size() + (connection_ ? connection_->output().size() : 0);
  }
  bool may_pass_on() const {
    const bool waits = limits_.reading_waits && congested() && !write_failed_;
    return finishing_ || (!paused_ && !deaf_ && !waits);
  }
  bool may_read() const { return !ended() && !input_ended_ && held_ == nullptr && may_pass_on(); }
  bool may_write();
  bool half_close_wanted() const;
  bool has_last_words() const;
  bool only_listens() const;
  std::optional<Time> write_timeout_at() const;
  Time next_deadline() const;

  Loop& loop_;
  std::unique_ptr<Stream> stream_;
  const Limits& limits_;
  PumpOwner& owner_;
  std::optional<Poll> poll_;
  Timer timer_;
  std::optional<ws::Connection> connection_;
  OutputBuffer output_{0};  // of write(), which is for heads and the like
  Bytes begun_;             // of send_in_place(), in the loop's shared buffer: goes out first
  std::unique_ptr<std::vector<std::uint8_t>> held_;  // read, but not yet passed on
  std::optional<Time> deadline_;
  std::optional<Time> stalled_at_;     // output waits since, without progress
  std::size_t kept_ = 0;               // as the loop knows it
  std::size_t refused_size_ = 0;       // of the latest write, when the stream took nothing of it
  std::unique_ptr<TransportEnd> end_;  // the first cause of it
  std::unique_ptr<Oddities> odd_;      // of whoever sends in odd ways
  bool echoing_ = false;
  bool bulk_ = false;  // the latest read brought Loop::kReadSize or more
  bool paused_ = false;
  bool deaf_ = false;  // stop_reading() was called
  bool finishing_ = false;
  bool half_close_asked_ = false;
  bool reset_asked_ = false;
  bool input_ended_ = false;  // by a FIN
  bool half_closed_ = false;
  bool write_failed_ = false;
  bool was_congested_ = false;
  bool reads_ahead_ = false;     // stream_->reads_ahead()
  bool listens_ = false;         // only_listens(), as of the latest update()
  bool turn_waits_ = false;      // continue_later() was called
  std::shared_ptr<Pump*> self_;  // shared with work that waits in the loop, once there is some
};

}  // namespace net
