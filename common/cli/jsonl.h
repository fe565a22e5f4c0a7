// The lines of `--to jsonl`, one flat JSON object each, the same in every tool: what happened on a
// WebSocket connection or in an event stream, as streamrec(5) lists it. Lines are appended to a
// string of the caller's, who prints them. The keys stand in a fixed order, and those that do not
// apply are left out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/time.h"
#include "diag/rule.h"

namespace cli {

/// Payload of one line; a longer one comes in several.
inline constexpr std::size_t kMaxLinePayload = std::size_t{1} << 20;

/// What every line begins with.
struct Stamp {
  Duration since_start = Duration(0);
  std::uint64_t conn = 1;  ///< connections and reconnections, counted from 1
  char dir = 0;            ///< '<' received, '>' sent, 0: neither
};

/// The answer to the opening handshake, or the one with an event stream. Empty texts are left out.
struct Opened {
  unsigned status = 101;
  std::string_view protocol = {};  ///< the subprotocol; of an event stream "http/1.1" or "h2"
  std::string_view extensions = {};
  std::string_view url = {};
};
void open_line(std::string& out, const Stamp& stamp, const Opened& opened);

/// `kind` is "ping" or "pong".
void control_line(std::string& out, const Stamp& stamp, std::string_view kind, ConstBytes payload);

/// The end of a connection, `by` "peer", "us" or "cut". The reason is left out when it is empty;
/// what is not UTF-8 in it becomes U+FFFD.
void close_line(std::string& out, const Stamp& stamp, std::uint16_t code, ConstBytes reason,
                std::string_view by);

/// A message of an event stream: `type` is the event type, `id` the last event ID string (left out
/// when it is empty). Data over kMaxLinePayload comes in several lines, as MessageLines has it.
void event_line(std::string& out, const Stamp& stamp, std::string_view type, std::string_view id,
                std::string_view data);

/// A comment in an event stream, without its colon; it may become several lines, too.
void comment_line(std::string& out, const Stamp& stamp, std::string_view text);

/// The reconnection time of an event stream.
void retry_line(std::string& out, const Stamp& stamp, std::uint64_t ms);

/// Another connection will be made, in `ms`.
void reconnect_line(std::string& out, const Stamp& stamp, std::uint64_t ms);

/// The end of an event stream, `by` as in close_line(). `unfinished` is what of its last event
/// came: lines without the blank one; left out when it is empty.
void end_line(std::string& out, const Stamp& stamp, std::string_view by,
              std::string_view unfinished = {});

void violation_line(std::string& out, const Stamp& stamp, const diag::Violation& violation);

/// One number of a timing line; `value` is not negative.
struct TimingNumber {
  std::string key = {};  ///< with its unit: "ttft_us"
  double value = 0;
  bool whole = true;  ///< to be rounded
};

/// How well an event stream streamed, in the order given. `run` is left out when it is 0.
void timing_line(std::string& out, const Stamp& stamp, std::uint64_t run,
                 std::span<const TimingNumber> numbers);

/// `code` is an exit code.
void error_line(std::string& out, const Stamp& stamp, int code, std::string_view message);

/// The messages of one direction of one connection, given piece by piece. A message of at most
/// kMaxLinePayload bytes is one line; of a longer one every full line says `"more":true`. No line
/// ends inside a UTF-8 character.
class MessageLines {
 public:
  /// Takes the next piece of the message, cut anywhere. `type` is "text" or "binary", and is to be
  /// the same for all pieces.
  void append(std::string& out, const Stamp& stamp, std::string_view type, ConstBytes piece,
              bool last);

  /// The message will never be complete: appends what is held of it, with `"more":true`.
  void cut(std::string& out, const Stamp& stamp, std::string_view type);

 private:
  std::vector<std::uint8_t> held_;  // of an unfinished message, at most kMaxLinePayload
};

}  // namespace cli
