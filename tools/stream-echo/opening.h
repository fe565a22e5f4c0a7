// What a request gets: a WebSocket, another thing that is served here, or an HTTP answer that says
// why not. One pure function; the order of its questions is that of the answers' weight, so that a
// client with two faults hears of the one that matters more: grammar, who is asked for, body,
// method, path, handshake, who is asking.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "answer.h"
#include "endpoint.h"
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

std::variant<Agreement, Endpoint, Refusal> respond(const http::Head& head, const Policy& policy);

}  // namespace stream_echo
