// What a request gets: a WebSocket, or an HTTP answer that says why not. One pure function; the
// order of its questions is that of the answers' weight, so that a client with two faults hears of
// the one that matters more: grammar, who is asked for, body, method, path, handshake, who is
// asking.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "answer.h"
#include "http/head.h"
#include "policy.h"
#include "ws/deflate_offer.h"

namespace stream_echo {

/// The handshake succeeded.
struct Agreement {
  std::string response;    ///< the whole head of the 101
  std::string protocol;    ///< the subprotocol chosen; empty: none
  std::string extensions;  ///< the value of Sec-WebSocket-Extensions in it; empty: none
  std::optional<ws::DeflateParameters> deflate;  ///< what that means
  std::string url;                               ///< what the client asked for, as it sent it
};

/// An HTTP answer.
struct Refusal {
  Answer answer;
  std::string why;                                ///< one line for the log, safe to print
  std::optional<diag::Violation> violation = {};  ///< when a rule was broken
};

std::variant<Agreement, Refusal> respond(const http::Head& head, const Policy& policy);

/// The answer to what is no valid request head.
Refusal refuse(const diag::Violation& violation);

}  // namespace stream_echo
