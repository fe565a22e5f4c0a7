// How well a stream streams: told of everything that happens, with its time, this finds out how
// long the first content took, how evenly the rest came, and whether something on the way held it
// back. What counts as content is for others to say. No clock, no I/O.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/time.h"
#include "gaps.h"
#include "net/http_client.h"
#include "usage.h"

namespace sse_tail {

/// What has been found out. Absent: it did not happen, or is not known.
struct TimingReport {
  // What the connection took, each for itself; 0 for what was not needed.
  std::optional<Duration> redirect = {};
  std::optional<Duration> dns = {};
  std::optional<Duration> connect = {};  ///< TCP alone
  std::optional<Duration> tls = {};
  std::optional<Duration> sent = {};  ///< from its start until the request was sent: all of these

  // Since the request was sent.
  std::optional<Duration> ttfb = {};        ///< the first line of the answer
  std::optional<Duration> first_byte = {};  ///< of the body
  std::optional<Duration> first_comment = {};
  std::optional<Duration> first_event = {};
  std::optional<Duration> ttft_reasoning = {};
  std::optional<Duration> ttft = {};  ///< the first content
  std::optional<Duration> last_content = {};
  std::optional<Duration> end = {};  ///< of the body, or when we left it

  std::uint64_t bytes = 0;        ///< of the body
  std::uint64_t events = 0;       ///< messages, whatever is in them
  std::uint64_t chunks = 0;       ///< those with content
  std::uint64_t chars = 0;        ///< code points of content
  std::uint64_t first_chars = 0;  ///< of these in the first chunk

  std::optional<GapSummary> gaps = {};  ///< between chunks: the inter-chunk latency
  // Time in which we held the server up is neither stall nor silence.
  std::uint64_t stalls = 0;  ///< gaps that are longer than is agreed
  Duration stall_max = Duration(0);
  std::uint64_t stall_at = 0;      ///< the chunk that came after the longest, from 1; 0: none did
  std::uint64_t coalesced = 0;     ///< chunks that came in the same read as the one before
  Duration silence = Duration(0);  ///< in all, of 100 ms or more, up to the last content
  Usage usage = {};

  /// A proxy, or the server itself, seems to collect what it should pass on: of at least 8 chunks
  /// three quarters came in the same read as the one before; the last came half a second or more
  /// after the request; and nine tenths of that time passed in silences of 100 ms or more.
  bool buffered() const;
};

class Timing {
 public:
  /// A gap is a stall when it is longer than `stall`.
  explicit Timing(Duration stall) : stall_(stall) {}

  /// An attempt begins. It takes the place of the one before, until one has been answered with a
  /// stream: from its request on times count. What is between it and later connections is a gap
  /// like any other.
  void begun(Time now);

  /// What is known of the transfer by now; may be told several times.
  void transfer(const net::HttpTimings& timings);

  /// The answer to this attempt has a stream. After transfer().
  void opened();

  /// From now on we read nothing, so that the server has to wait, or we go on.
  void paused(bool paused, Time now);

  /// Some of the body came. What is told next came with it, and has its time. Of the same `now`:
  /// still the same read, which libcurl hands over in pieces.
  void read(Time now, std::size_t size);

  void comment();
  void event();
  void content(std::string_view text);    ///< UTF-8; of no account when it is empty
  void reasoning(std::string_view text);  ///< likewise
  void usage(const Usage& usage);         ///< each number replaces that of an earlier call

  /// The body is over; another may follow.
  void ended(Time now) { end_ = now; }

  TimingReport report() const;

  /// Of the attempt from which times count, as far as transfer() was told.
  const net::HttpTimings& connection() const { return connection_; }
  std::optional<Time> start() const { return begun_; }

 private:
  enum class Attempt : std::uint8_t {
    open,     ///< has not been answered with a stream
    kept,     ///< has
    another,  ///< comes after that one
  };

  Time origin() const;
  void add_gap(Duration gap);
  void count_silence();

  Duration stall_;
  Attempt attempt_ = Attempt::open;
  std::optional<Time> begun_;
  net::HttpTimings connection_;
  Time read_at_;
  // The same on a clock that stands still while we hold the server up.
  Time awake_at_;
  std::optional<Time> paused_since_;
  Duration paused_for_ = Duration(0);
  std::optional<Time> first_byte_;
  std::optional<Time> first_comment_;
  std::optional<Time> first_event_;
  std::optional<Time> first_reasoning_;
  std::optional<Time> first_content_;
  std::optional<Time> last_content_;
  Time content_awake_at_;                // the last of it
  std::optional<Time> output_awake_at_;  // likewise, of content or reasoning
  std::optional<Time> end_;
  Gaps gaps_;
  TimingReport counted_;  // what is counted as it comes
};

}  // namespace sse_tail
