// URLs as a command line gives them (RFC 3986, RFC 6455 section 3): scheme, user information, host,
// port, target. Names are not resolved and nothing is normalised that a user may want to test.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace http {

struct Url {
  std::string scheme;                   ///< lower case: ws, wss, http, https
  std::optional<std::string> user;      ///< percent-decoded
  std::optional<std::string> password;  ///< percent-decoded
  std::string host;        ///< a name, an IPv4 address, or an IPv6 address without brackets
  std::uint16_t port = 0;  ///< the scheme's own when none was given
  std::string target;      ///< path and query as sent in a request; at least "/"

  bool secure() const { return scheme == "wss" || scheme == "https"; }

  /// host[:port] as in a Host field: brackets around IPv6, no port that the scheme implies.
  std::string authority() const;

  /// The whole URL again, without user information: safe to print.
  std::string text() const;
};

/// A text that does not start with `SCHEME://` gets `default_scheme`. A fragment, a control
/// character, a space, an unknown scheme or an impossible port is an error; bytes beyond ASCII in
/// the target are percent-encoded.
Result<Url> parse_url(std::string_view text, std::string_view default_scheme);

/// %HH becomes that byte; nullopt when a % is followed by anything else.
std::optional<std::string> percent_decoded(std::string_view text);

struct HostPort {
  std::string_view host;  ///< brackets of an IPv6 address removed
  std::optional<std::uint16_t> port;
};

/// `uri-host [ ":" port ]`, as in a Host field (RFC 9110 7.2); nullopt when it is not that.
std::optional<HostPort> parse_authority(std::string_view text);

/// Whether a host name or address means this machine: localhost, *.localhost, 127/8, ::1.
bool is_loopback(std::string_view host);

}  // namespace http
