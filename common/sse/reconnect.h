// What becomes of an event stream when its connection has ended, or none came about: whether to
// connect again, and when (HTML Living Standard 9.2.2 and 9.2.3), as a browser does or as suits a
// tool. These are decisions only: who connects, and reads the clock, is told how long to wait.
//
// A browser connects again whenever a stream ends, cleanly or not, and whenever the network fails;
// an answer that is not an event stream ends it for good. A tool takes 204 for the word to stop
// that it is meant to be, and a few statuses for a trouble that passes. It does not insist on a
// server that it has never reached.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/time.h"

namespace sse {

enum class Ending : std::uint8_t {
  clean,         ///< the body came to its end
  cut,           ///< the body did not
  unreachable,   ///< no answer came
  futile,        ///< no answer came, nor will one: a wrong URL, a certificate that is not trusted
  not_a_stream,  ///< status 200 with another media type
  no_content,    ///< status 204
  busy,          ///< status 429, 502, 503 or 504
  refused,       ///< any other status
};

/// Of an answer whose status is not 200.
Ending ending_of(unsigned status);

enum class Verdict : std::uint8_t {
  reconnect,  ///< after a while
  stop,       ///< all is well
  fail,
};

/// What a decision comes from.
enum class Because : std::uint8_t {
  reconnection_time,  ///< reconnect: the stream's, or the default
  backoff,            ///< reconnect: longer than that, after attempts in vain
  retry_after,        ///< reconnect: longer than both, as the server asks
  ending,             ///< stop, fail: no other connection would be better
  once,               ///< stop, fail: another may, but there is to be only one
  failures,           ///< fail: another may, but too many have failed
};

struct Decision {
  Verdict verdict = Verdict::fail;
  Because because = Because::ending;
  Duration wait = Duration(0);  ///< reconnect: from the ending on, at most kLongestWait
  std::uint32_t failures = 0;   ///< in a row so far, this one too
};

/// As long as the times that people give on a command line; a server that says more means never.
inline constexpr Duration kLongestWait = std::chrono::hours(365 * 24);

struct ReconnectPolicy {
  bool strict = false;           ///< exactly as a browser
  bool once = false;             ///< a request that is not to be repeated: a POST, for instance
  bool until_clean_end = false;  ///< nor when its stream has come to a clean end
  /// How many attempts in a row may fail without an end. Unset: any number once a stream has been
  /// there, none before; when strict, any number.
  std::optional<std::uint32_t> max_failures = {};
  Duration reconnection_time = std::chrono::seconds(3);  ///< until the stream says another
  /// Backoff stops to grow here; a longer reconnection time counts all the same.
  Duration max_backoff = std::chrono::seconds(30);
  /// From the third connection within a second on, whatever the stream says.
  Duration least_wait = std::chrono::milliseconds(100);
};

class Reconnect {
 public:
  /// `seed` decides the jitter.
  Reconnect(const ReconnectPolicy& policy, std::uint64_t seed);

  /// A connection is attempted.
  void connecting(Time now);

  /// An event stream is there: status and media type are right.
  void opened();

  /// Some of its body has come. When strict, the connection was not in vain, whatever becomes of
  /// it.
  void received() {
    if (policy_.strict) fruitful_ = true;
  }

  /// An event has come, and the connection was not in vain. A body without any would be had again
  /// and again as fast as the server can say `retry: 0`.
  void message() { fruitful_ = true; }

  /// The field `retry`. Longer times than kLongestWait become that.
  void set_reconnection_time(std::uint64_t ms);
  Duration reconnection_time() const { return reconnection_time_; }

  /// The connection has ended. `retry_after` is what the answer asked for, if it did.
  Decision ended(Ending ending, std::optional<Duration> retry_after = std::nullopt);

 private:
  Duration wait();
  std::uint64_t draw();

  ReconnectPolicy policy_;
  Duration reconnection_time_;
  bool ever_opened_ = false;
  std::uint32_t failures_ = 0;  // in a row
  std::uint32_t vain_ = 0;      // in a row
  bool fruitful_ = false;
  std::array<std::optional<Time>, 2> begun_;  // the last connection, and the one before it
  bool hurried_ = false;                      // the last is the third within a second
  std::uint64_t random_state_;
};

/// The value of Retry-After (RFC 9110 10.2.3): seconds, or a date, from which `date`, the value of
/// the same answer's Date, is subtracted. At most kLongestWait; nullopt when it is neither.
std::optional<Duration> retry_after(std::string_view value, std::string_view date);

/// The field Last-Event-ID (HTML 9.2.4) for an id.
struct LastEventId {
  std::string_view value = {};    ///< empty: the field is not sent
  std::string_view problem = {};  ///< why it is not, although there is an id: "it holds a ..."
};
LastEventId last_event_id(std::string_view id);

}  // namespace sse
