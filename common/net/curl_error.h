// libcurl's words for what went wrong, in our look, and what TLS has to say in words for people.
#pragma once

#include <string>

#include "net/curl.h"

namespace net {

/// `code` is a CURLcode, `text` what libcurl says about it, `os_error` the errno behind it (0:
/// none), `options` those of the dialling (the environment's included).
DialError explain(int code, const std::string& text, int os_error, const DialOptions& options);

}  // namespace net
