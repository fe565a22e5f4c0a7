// How a connection ended: in the terms in which it is decided whether to connect again
// (sse/reconnect), and in words. No I/O.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "body_reader.h"
#include "net/http_client.h"
#include "options.h"
#include "sse/reconnect.h"

namespace sse_tail {

struct Ended {
  sse::Ending ending = sse::Ending::clean;
  int exit_code = 0;      ///< when it is a failure
  std::string what = {};  ///< what happened, without what comes of it
  std::string hint = {};
  std::optional<Duration> retry_after = {};
};

/// All is over: the exit code, and, unless it is empty, an error to report.
struct Stop {
  int exit_code = 0;
  std::string message = {};
  std::string hint = {};
};

/// How the body of `answer` is to be read, by its media type; nullopt: not at all. An event stream
/// is always good, anything with --any-type, and JSON where text is looked for in it.
std::optional<Framing> framing_of(const net::HttpAnswer& answer, const Args& args);

/// nullopt: `answer` has status 200 and a body that can be read. No encoding of the body is asked
/// for, and so one makes it no stream.
std::optional<Ended> judge_answer(const net::HttpAnswer& answer, const Args& args);

/// Of a transfer whose answer, if there was one, had an event stream.
Ended judge_end(const net::HttpEnd& end);

/// The end that --strict makes of `ended`, and the like: what `decision` says beside it, for the
/// one line on standard error: "connecting again in 3 s, after the event with ID \"7\"".
std::string next_step(const sse::Decision& decision, std::string_view last_id);

/// What to try when `decision` is to fail; empty: nothing.
std::string way_out(const Ended& ended, const sse::Decision& decision, const Args& args);

/// "3 s", "250 ms", "1.5 s", "20 min".
std::string time_text(Duration duration);

}  // namespace sse_tail
