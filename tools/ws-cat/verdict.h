// What the end of a connection means to the user: an exit code and the sentence that goes with it.
#pragma once

#include <string>

#include "net/pump.h"
#include "opening.h"
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

/// What surrounds the end of an open connection.
struct Circumstances {
  net::TransportEnd transport = {};
  ws::Unfinished unfinished = {};
  Duration idle = Duration(0);  ///< since the last byte came
  ws::CloseCode our_code = 0;   ///< of the Close that we began with; 0: none
  bool all_sent = true;         ///< of what we had to send
};

/// An open connection came to its end: `ended` is its last event.
Verdict judge_end(const ws::Event& ended, const Circumstances& circumstances, const Args& args);

/// The transport ended before the answer to the opening handshake was complete.
Verdict judge_lost_answer(const net::TransportEnd& transport, const Received& received,
                          const http::Url& url);

/// The answer to the opening handshake broke `violation`'s rule.
Verdict judge_answer(const diag::Violation& violation, std::string_view first_bytes,
                     const http::Url& url);

/// `the answer begins with "SSH-2.0-OpenSSH_9.2", which is SSH`
std::string first_bytes_text(std::string_view first_bytes);

/// `1011 "model overloaded"`, `1001 (going away)`; the reason escaped.
std::string close_text(ws::CloseCode code, ConstBytes reason);

}  // namespace ws_cat
