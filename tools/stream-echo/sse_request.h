// What a request for an event stream asks for: the parameters of its query, and where a client that
// comes back goes on. Most are about the demonstration stream, which is at /sse. Pure; nothing is
// sent here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace stream_echo {

struct SseRequest {
  std::uint64_t start = 1;   ///< the id of the first message of the whole stream
  std::uint64_t count = 10;  ///< messages of the whole stream, at most kMaxSseCount
  std::uint64_t next = 1;    ///< the id of the first message of this answer
  Duration interval = std::chrono::seconds(1);    ///< between two messages; 0: no pause
  std::optional<Duration> duration = {};          ///< of all messages; `interval` follows from it
  Duration first_after = Duration(0);             ///< before the first message of this answer
  bool numbered = true;                           ///< messages have ids
  Duration heartbeat = std::chrono::seconds(15);  ///< of silence before a comment; 0: none
  std::optional<std::uint64_t> retry_ms = {};     ///< the reconnection time; absent: not sent
  std::string type = {};                          ///< the event type; empty: "message"
  std::optional<std::string> content = {};        ///< of each message, valid UTF-8
  std::string reasoning = {};                     ///< of a model, before its text; valid UTF-8
  bool echoes_body = false;                       ///< the content is what the request carries
  bool names_id = false;           ///< there is an `id=`, which nobody but a publisher may want
  std::string last_event_id = {};  ///< what the client had last, as it says; empty: nothing

  /// Whether the client has had every message. It is told to stop with 204 (HTML Living Standard
  /// 9.2.3), or it would come back for ever.
  bool finished() const { return next >= start + count; }
};

/// The most of `count=`, `start=` and `retry=`: no sum of two wraps around.
inline constexpr std::uint64_t kMaxSseCount = 1'000'000'000'000;

/// Reads a query: `count=`, `interval=` or `tps=` or `duration=`, `ttft=`, `heartbeat=`, `retry=`
/// (ms), `start=`, `event=`, `data=` or `size=`, `echo=body`, `id=none`, `reasoning=`,
/// `lastEventId=`. A `+` is a plus. Of two of a name
/// the later counts; other names are left to others. `last_event_id` is the value of the header,
/// which counts more than the query: that one is as old as the URL. Empty, or what is no id of this
/// stream, begins at the start. What is not named is as in `defaults`. The error names the
/// parameter and says what would have been right.
Result<SseRequest> parse_sse_request(std::string_view query, std::string_view last_event_id,
                                     SseRequest defaults = {});

/// Whether parse_sse_request() knows the name: then it is no slip for something else.
bool is_sse_parameter(std::string_view name);

}  // namespace stream_echo
