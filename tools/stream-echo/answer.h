// An HTTP answer of one go: status, fields and a short text, after which the connection ends; and
// the head of an answer that goes on, an event stream. The 101 that opens a WebSocket is neither.
#pragma once

#include <ctime>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "diag/rule.h"
#include "ws/handshake.h"

namespace stream_echo {

/// The media type of JSON (RFC 8259 11).
inline constexpr std::string_view kJsonType = "application/json";

struct Answer {
  unsigned status = 200;
  /// The body without its last line end; may have several lines. Empty: there is no body.
  std::string text = {};
  std::vector<ws::FieldLine> fields = {};  ///< beside those that every answer has
  std::string content_type = "text/plain; charset=utf-8";
  bool with_body = true;  ///< false for HEAD
  /// What Access-Control-Allow-Origin says: `*`, an origin, or empty for no such field.
  std::string allow_origin = "*";
};

/// An answer with what is said about it.
struct Refusal {
  Answer answer;
  std::string why;                                ///< one line for the log, safe to print
  std::optional<diag::Violation> violation = {};  ///< when a rule was broken
};

/// The most that a late answer waits: longer than clients do, and no longer than a connection that
/// says nothing may be held.
inline constexpr Duration kMaxDelay = std::chrono::seconds(60);

/// An answer, or what makes one some time after the request: until then it costs no more than the
/// request does.
struct LateAnswer {
  Refusal answer = {};           ///< at once, without `make`
  Duration after = Duration(0);  ///< before `make` is called, at most kMaxDelay
  std::function<Refusal()> make = {};
};

/// What a client sent, in quotes and safe to print.
std::string quoted(std::string_view text);

/// Says `why` to both sides; `hint` is one line for the client.
Refusal refuse_with(unsigned status, std::string why, std::string_view hint = {});

/// The answer to what breaks a rule.
Refusal refuse(const diag::Violation& violation);

/// The head of an event stream (HTML Living Standard 9.2), or of a stream of lines, which goes on
/// until the connection ends.
struct StreamHead {
  std::string content_type = "text/event-stream";
  bool is_event_stream = true;             ///< or lines, without comments and the like
  bool chunked = true;                     ///< RFC 9112 7.1; not to a client of HTTP/1.0
  std::string encoding = {};               ///< of Content-Encoding; empty: no such field
  std::vector<ws::FieldLine> fields = {};  ///< beside those that every stream has
  std::string allow_origin = {};           ///< as Answer has it
};

/// The rule in words, with the status that it asks for and the fields that go with that status.
Answer answer_to(const diag::Violation& violation);

/// The bytes to send; `now` is for the Date field (RFC 9110 6.6.1).
std::string to_http(const Answer& answer, std::time_t now);
std::string to_http(const StreamHead& head, std::time_t now);

/// "Not Found" for 404, of the registered ones; empty for others.
std::string_view reason_phrase(unsigned status);

}  // namespace stream_echo
