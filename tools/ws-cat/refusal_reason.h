// Why a server answers an opening handshake with anything but a 101, in one line of words and at
// most one hint: as much as the status, some fields and the first bytes of the body tell (RFC 9110
// section 15, RFC 6455 section 4.4). Pure: a table of signs, of which the first that fits counts.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "http/head.h"
#include "http/url.h"

namespace ws_cat {

/// What was asked for, as far as a refusal may be about it.
struct Asked {
  http::Url url;
  std::string host;     ///< as in the Host field
  std::string origin;   ///< empty: none was sent
  std::string version;  ///< Sec-WebSocket-Version
  bool credentials = false;
  bool protocols = false;  ///< a subprotocol was offered
};

/// What the head of the answer tells.
struct Refusal {
  unsigned status = 0;
  std::string line;  ///< `403 Forbidden`
  std::string location;
  std::string retry_after;
  std::vector<std::string> schemes;   ///< of authentication that the server, or a proxy, takes
  std::vector<std::string> versions;  ///< of WebSocket that the server speaks
  std::vector<std::string> upgrades;  ///< protocols that the server wants instead
  bool plain_text = false;            ///< the body is text/plain
};
Refusal refusal_of(const http::Head& head);

struct Reason {
  std::string why;   ///< continues a sentence, escaped
  std::string hint;  ///< empty: none
};

/// `body` is how the body begins; some servers say there what the status does not, and then nothing
/// is guessed.
Reason reason_of(const Refusal& refusal, std::string_view body, const Asked& asked);

/// Where `location` leads from `base`, as a ws or wss URL (RFC 3986 5.2); empty when it leads
/// nowhere that a WebSocket could be.
std::string redirect_target(std::string_view location, const http::Url& base);

}  // namespace ws_cat
