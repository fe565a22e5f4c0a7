// permessage-deflate as it is negotiated (RFC 7692 section 7.1).
#pragma once

#include <cstdint>

namespace ws {

/// What both ends have agreed on. A window is that of whoever compresses: the server's messages
/// need no more than 2^server_max_window_bits bytes of it.
struct DeflateParameters {
  bool server_no_context_takeover = false;
  bool client_no_context_takeover = false;
  std::uint8_t server_max_window_bits = 15;  ///< 8 to 15
  std::uint8_t client_max_window_bits = 15;

  bool operator==(const DeflateParameters&) const = default;
};

}  // namespace ws
