// The words for what goes wrong with TLS on the server's side, from OpenSSL's error queue. Nothing
// in them comes from the peer, so they are safe to print. OpenSSL's types stay out of the header.
#pragma once

#include <string>
#include <string_view>

struct ssl_st;

namespace net {

/// Why the last call on `ssl` failed: "plain HTTP on a TLS port". `first_bytes` are those that the
/// peer began with. Empties the error queue.
std::string tls_failure(const ssl_st* ssl, std::string_view first_bytes);

/// OpenSSL's own words for the oldest error in its queue: "no start line". Empties the queue.
std::string openssl_reason();

}  // namespace net
