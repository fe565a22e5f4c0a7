// libcurl's words for what went wrong, in our look, and what TLS has to say in words for people.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "net/connect.h"

namespace net {

/// Whom a connection is made to.
struct Endpoint {
  std::string host;  ///< an IPv6 address without brackets
  std::uint16_t port = 0;
  bool tls = false;
  std::string_view plain_url = "ws://";  ///< how a URL begins that asks for no TLS
};

/// `code` is a CURLcode, `text` what libcurl says about it, `os_error` the errno behind it (0:
/// none), `options` with the environment's say.
DialError explain(int code, const std::string& text, int os_error, const Endpoint& endpoint,
                  const ConnectOptions& options);

}  // namespace net
