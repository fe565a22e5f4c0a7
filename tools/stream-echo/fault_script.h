// A fault script: JSON Lines that say what a misbehaving server does and when. Each line is one
// step, `{"on":"open","send_text":"hello"}`; the steps of one occasion happen in the order of the
// lines, and a `sleep` among them delays those that follow.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "fault.h"

namespace stream_echo {

struct Sleep {
  Duration time = Duration(0);
};
/// On the wire, as they are.
struct SendBytes {
  std::string bytes;
};
struct SendText {
  std::string text;
};

struct ScriptStep {
  enum class On { open, message, time };
  On on = On::open;
  std::uint64_t message = 0;    ///< the number of the message, from 1; 0: each
  Duration time = Duration(0);  ///< of On::time, since the connection was opened

  std::variant<Sleep, SendBytes, SendText, FaultPlan> action;
};

struct FaultScript {
  std::vector<ScriptStep> steps;
  bool echo = true;  ///< a line `{"echo":false}` turns the echo off
};

/// What the server as a whole is asked for.
struct FaultSettings {
  std::vector<Fault> always;  ///< of every connection; the same word in a URL takes its place
  FaultScript script;         ///< of every connection
  bool in_urls = true;        ///< whether a URL may ask for more
  std::uint64_t seed = 0;     ///< of all that is left to chance
};

/// The error names the line.
Result<FaultScript> parse_fault_script(std::string_view text);

}  // namespace stream_echo
