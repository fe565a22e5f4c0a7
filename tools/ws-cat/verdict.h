// What the end of a connection means to the user: an exit code and the sentence that goes with it.
#pragma once

#include <string>

#include "net/pump.h"
#include "options.h"
#include "ws/message.h"

namespace ws_cat {

struct Verdict {
  cli::Exit exit = cli::Exit::ok;
  std::string message;  ///< empty: nothing to say
  std::string hint;
};

/// The peer broke `violation`'s rule, or exceeded a limit of ours.
Verdict judge_violation(const diag::Violation& violation);

/// An open connection came to its end: `ended` is its last event, `idle` the time since a byte
/// came.
Verdict judge_end(const ws::Event& ended, const net::TransportEnd& transport, Duration idle,
                  const Args& args);

/// The transport ended before the answer to the opening handshake was complete; `begun`: something
/// of it had come.
Verdict judge_lost_answer(const net::TransportEnd& transport, bool begun);

/// `the answer begins with "SSH-2.0-OpenSSH_9.2", which is SSH`
std::string first_bytes_text(std::string_view first_bytes);

/// `1011 "model overloaded"`, `1001 (going away)`; the reason escaped.
std::string close_text(ws::CloseCode code, ConstBytes reason);

}  // namespace ws_cat
