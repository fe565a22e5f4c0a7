// One end of an open WebSocket connection (RFC 6455 sections 5 to 8), after the opening handshake
// and without any I/O: received bytes, intents and the time go in; events and bytes to send come
// out. It answers pings, keeps the connection alive, and walks through the closing handshake by the
// table of ws/close.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/output_buffer.h"
#include "base/result.h"
#include "base/time.h"
#include "ws/deflate.h"
#include "ws/deflate_offer.h"
#include "ws/message.h"
#include "ws/sent_frames.h"

namespace ws {

struct Settings {
  MessageLimits limits = {};
  Duration ping_interval = Duration(0);  ///< between keepalive pings; 0: none
  Duration pong_timeout = std::chrono::seconds(20);
  Duration message_timeout = std::chrono::seconds(60);  ///< without a byte of an open message
  Duration close_timeout = std::chrono::seconds(5);     ///< for the answer to our Close
  Duration end_timeout = std::chrono::seconds(2);       ///< for the peer's end of the transport
  Duration stall_timeout = std::chrono::seconds(30);    ///< for the peer to take what goes before
  std::optional<DeflateParameters> deflate = {};        ///< permessage-deflate, when it is agreed
  /// Without a compressed message, after which most of the memory for it is given back. Long enough
  /// for a conversation, because whoever compresses starts with an empty window then.
  Duration deflate_idle = std::chrono::seconds(10);
};

/// Bytes of the compressed messages, in each direction.
struct DeflateRatio {
  DeflateTotals received;
  DeflateTotals sent;
};

class Connection {
 public:
  /// `mask_source` is called by a client only. The connection is open from the start. Thousands may
  /// share their settings.
  Connection(Role role, std::shared_ptr<const Settings> settings, MaskSource mask_source, Time now);
  Connection(Role role, const Settings& settings, MaskSource mask_source, Time now)
      : Connection(role, std::make_shared<const Settings>(settings), std::move(mask_source), now) {}

  /// Takes received bytes off the front of `in` up to the next event; nullopt: `in` is used up.
  /// Payloads are unmasked in `in`. Also to be called, with an empty `in`, after eof() and tick().
  /// `ended` is the last event: the transport is to be closed.
  std::optional<Event> next(Bytes& in);

  /// Like next(), but sends back whole messages that are plain frames in `in` instead of telling of
  /// them, by begin_frame(): without their masks, and one behind the other at the end of `begun`,
  /// which lies in front of `in`, in the same buffer. When nothing has begun the first one stays
  /// where it is. Other messages are told of. For a server, in the same turn as unsent().
  std::optional<Event> next_echoing(Bytes& in, Bytes& begun);

  /// The transport ended: nothing more will be received.
  void eof();

  /// Appends a message, or a fragment of one when not `last`, to output(). The kind counts for the
  /// first fragment, and so does `compress`, which does nothing unless can_compress(). Text is the
  /// caller's to check. An Error says that it is too late.
  Result<void> send(MessageKind kind, bool last, ConstBytes payload, bool compress = false);

  /// Like send(), for a payload that the caller owns and puts on the wire itself: writes only the
  /// header, to `out`, which has room for it, and returns its size (a server's is never longer than
  /// the client's header in front of the same payload). A client's payload is masked in place. Only
  /// while can_send() and output() is empty: what has been begun goes out first. What the transport
  /// does not take of it is to be given back at once, with unsent().
  std::size_t begin_frame(MessageKind kind, bool last, Bytes payload, Bytes out);

  /// The rest of what was begun: copied, to the front of output().
  void unsent(ConstBytes rest) { output_.prepend(rest); }

  Result<void> ping(ConstBytes payload);  ///< at most 125 bytes
  Result<void> pong(ConstBytes payload);  ///< unsolicited (RFC 6455 5.5.3), at most 125 bytes

  /// Appends bytes that are frames already, valid or not, as they are: whoever uses it answers for
  /// them. They are followed, so that a Close among them counts as ours, and so that nothing of
  /// this side's own gets into the middle of a frame: pongs wait for its end, pings and a Close are
  /// left out. Also after our Close, for whoever wants to break that rule; an Error says that the
  /// peer has closed.
  Result<void> send_raw(ConstBytes bytes);

  /// What send_raw() sent ends inside a frame.
  bool inside_raw_frame() const { return raw_ != nullptr && !raw_->at_boundary(); }

  /// Starts the closing handshake. 1005 sends no code; a reason has at most 123 bytes of UTF-8.
  /// Not inside_raw_frame().
  Result<void> close(CloseCode code, std::string_view reason);

  /// Tells the time, first of all in every turn: what is received and sent then happens at `now`.
  void set_time(Time now) { now_ = now; }

  /// The same, and what is due happens. To be called when everything has been received that has
  /// come by then.
  void tick(Time now);
  std::optional<Time> deadline() const;  ///< when tick() has something to do

  /// Open, between two messages, with nothing to send and no memory to give back: what comes now,
  /// if it leaves the connection quiet, does not bring deadline() nearer.
  bool is_quiet() const {
    return can_send() && !reader_.is_unfinished() && compression_ == nullptr && output_.size() == 0;
  }

  /// While is_quiet(): tick() has something to do.
  bool has_due() const {
    const bool pings = settings_->ping_interval > Duration(0);
    return (pings && next_ping_ <= now_) || (awaits_pong_ && pong_deadline_ <= now_);
  }

  /// Tells that the caller has stopped (or resumed) reading: meanwhile nothing of the peer's can be
  /// late.
  void set_reading(bool reading);

  ConstBytes output() const { return output_.view(); }
  void sent(std::size_t size);  ///< the first `size` bytes of output() are on their way

  /// What has been taken off output() may wait in a queue of the caller's: tells at `now` since
  /// when nothing of it has left; nullopt: all has. The peer's time after a Close begins when it
  /// has.
  void set_queued(Time now, std::optional<Time> since);

  /// The transport's sending half should be shut down now (RFC 6455 7.1.1): by a server when both
  /// have closed, by either end after a failure.
  bool half_close_wanted() const;

  CloseState state() const { return state_; }
  bool can_send() const { return state_ == CloseState::open; }

  /// The code of the Close that we sent; 0: none.
  CloseCode our_code() const { return our_code_; }

  /// permessage-deflate is agreed, with a window that we can compress with.
  bool can_compress() const { return compression_ != nullptr && compression_->deflater; }

  /// nullopt: permessage-deflate is not agreed.
  std::optional<DeflateRatio> deflate_ratio() const;

  /// What the end of the transport has cut, or would cut.
  Unfinished unfinished() const { return reader_.unfinished(); }

  /// From the latest keepalive or own ping to the pong event just returned; nullopt when that pong
  /// answers something else.
  std::optional<Duration> round_trip() const { return round_trip_; }

 private:
  struct End {
    Ending ending = Ending::cut;
    CloseCode code = 0;
  };
  struct Compression {
    std::optional<Deflater> deflater;
    Time used_at;
  };

  // RFC 6455 5.5.3 allows to answer only the newest ping. We do so when this much is already
  // waiting, so that a peer that pings and never reads costs a bounded amount of memory.
  static constexpr std::size_t kPongHoldBack = std::size_t{64} << 10;

  std::optional<Event> next_received(Bytes& in);
  void react(const Event& event);
  void apply(CloseInput input, CloseCode code, std::string_view reason);
  void start_end_timer();
  void report(Ending ending, CloseCode code);
  Event tell_end();
  void on_ping(ConstBytes payload);
  void on_pong(ConstBytes payload);
  void send_pending_pong();
  FrameHeader header_of(Opcode opcode, bool fin, std::size_t size);
  FrameHeader next_data_header(MessageKind kind, bool last, std::size_t size);
  void append_frame(const FrameHeader& header, ConstBytes payload);
  void append_control(Opcode opcode, ConstBytes payload);
  bool holds_compression() const;
  void append_close(CloseCode code, std::string_view reason);

  // A server has thousands of these: the small members stand together.
  Role role_;
  CloseState state_ = CloseState::open;
  bool sending_fragments_ = false;
  bool sending_compressed_ = false;  // the message that is being sent
  bool reading_ = true;
  bool awaits_pong_ = false;  // the keepalive ping is not answered yet
  bool peer_closed_first_ = false;
  bool queued_ = false;                 // by the caller: see set_queued()
  bool last_words_left_ = false;        // our Close and what was queued before it
  Ending failure_ = Ending::violation;  // why state_ is failed
  CloseCode our_code_ = 0;              // sent; 0: none
  CloseCode peer_code_ = 0;             // received; 0: none

  std::shared_ptr<const Settings> settings_;
  std::unique_ptr<const MaskSource> mask_source_;  // a server has none
  MessageReader reader_;
  OutputBuffer output_;
  std::unique_ptr<Compression> compression_;  // of permessage-deflate, when it is agreed
  std::unique_ptr<SentFrames> raw_;           // of send_raw()
  Time now_;
  Time last_message_byte_;  // while reader_.is_unfinished()
  Time next_ping_;          // keepalive
  Time pong_deadline_;      // while awaits_pong_
  Time ping_sent_;
  Time end_deadline_;  // in closing, done, failed
  std::uint64_t ping_count_ = 0;
  std::unique_ptr<std::string> sent_ping_;     // payload of the latest ping, until it is answered
  std::unique_ptr<std::string> pending_pong_;  // held back while output() is long
  std::optional<Duration> round_trip_;

  std::optional<End> ended_;                           // to be told by next()
  std::unique_ptr<std::vector<std::uint8_t>> reason_;  // of the peer's Close, when it came
};

}  // namespace ws
