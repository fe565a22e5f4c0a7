// Where a request goes, and where a redirect takes it: the Fetch standard's "HTTP-redirect fetch"
// (4.4), as far as it is about the request.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "net/connect.h"
#include "net/curl_error.h"
#include "net/http_client.h"

namespace net {

/// An http or https URL, taken apart by libcurl so that both understand the same.
struct HttpPlace {
  std::string url;   ///< without user information
  std::string user;  ///< USER:PASSWORD of it, percent-decoded; empty: none
  Endpoint endpoint;
};

/// `url` may be relative to `base` unless that is empty.
std::variant<HttpPlace, DialError> find_place(const std::string& base, const std::string& url);

/// A field of a request as CURLOPT_HTTPHEADER takes it is one of `name`.
bool is_field_of(std::string_view field, std::string_view name);

/// 301, 302, 303, 307, 308: what Fetch calls a redirect status.
bool is_redirect(unsigned status);

/// Makes `request`, answered by `from` with a redirect to `to`, the one to make there. What may
/// tell who we are stays behind when scheme, host or port differ, and does not come back; returns
/// the names of these fields, each once.
std::vector<std::string> redirect(HttpRequest& request, unsigned status, const HttpPlace& from,
                                  const HttpPlace& to);

}  // namespace net
