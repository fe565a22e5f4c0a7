// Who may connect: the Host a request names, the Origin of the page behind it, and the path. Pure
// decisions. Host and Origin are what keeps a web page on the other side of the world from talking
// to a server on this machine: by DNS rebinding (RFC 9110 7.4), or simply by opening a WebSocket,
// which no same-origin policy prevents (RFC 6455 10.2).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "http/head.h"
#include "http/url.h"

namespace stream_echo {

/// The path that sends what its query spells, instead of waiting for something to echo.
inline constexpr std::string_view kRawPath = "/raw";

/// One --allow-origin: `*`, `same`, or an origin.
struct OriginRule {
  enum class Kind { any, same, exact };
  Kind kind = Kind::any;
  std::string scheme = {};  ///< exact: lower case
  std::string host = {};    ///< exact: without brackets
  std::uint16_t port = 0;   ///< exact: 0 when none is given and the scheme implies none
};

struct Policy {
  std::vector<std::string> hosts;      ///< allowed as Host beside the loopback names
  std::vector<OriginRule> origins;     ///< empty: every origin whose host is loopback
  std::vector<std::string> protocols;  ///< subprotocols the server has
  bool deflate = true;                 ///< permessage-deflate is agreed to
  bool any_path = false;
  bool secure = false;  ///< the server speaks TLS, so that its own pages are https
};

/// The error names the text, not the option.
Result<OriginRule> parse_origin_rule(std::string_view text);

/// By name alone: a port can be forwarded, and says nothing about who is asking.
bool host_allowed(const Policy& policy, std::string_view host);

/// `origin` is the value of the field, `host` what the Host field says.
bool origin_allowed(const Policy& policy, std::string_view origin, const http::HostPort& host);

/// Whether an absent Origin or one that is allowed stands in `fields`; more than one never is.
bool request_origin_allowed(const Policy& policy, http::Fields fields, const http::HostPort& host);

/// What Access-Control-Allow-Origin is to say: the origin that asks when it is allowed (the Fetch
/// standard, 3.3.3: then its page may read the answer), `*` when none asks, else nothing.
std::string origin_to_name(const Policy& policy, http::Fields fields, const http::HostPort& host);

/// The path of a target in origin-form or absolute-form, without its query (RFC 9112 3.2).
std::string_view path_of(std::string_view target);

/// What follows the first `?`; empty when there is none.
std::string_view query_of(std::string_view target);

/// What is between the `&` of a query, as it stands there; without a `=` the value is empty.
struct QueryItem {
  std::string_view name = {};
  std::string_view value = {};
};
std::vector<QueryItem> query_items(std::string_view query);

/// Whether `path` is that of `row`, or, when `row` has a slash at the end, lies below it.
bool path_fits(std::string_view row, std::string_view path);

/// What the client asked for, as it sent it, with `scheme` in front; its head names a Host.
std::string url_of(const http::Head& head, std::string_view scheme);

/// The first of the client's `offers` that the server has; empty: none.
std::string choose_protocol(const Policy& policy, const std::vector<std::string>& offers);

}  // namespace stream_echo
