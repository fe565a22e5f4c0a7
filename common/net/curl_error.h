// libcurl's words for what went wrong, in our look, and what TLS has to say in words for people.
#pragma once

#include <string>

#include "net/curl.h"

namespace net {

/// `code` is a CURLcode, `text` what libcurl says about it, `options` those of the dialling (the
/// environment's included).
DialError explain(int code, const std::string& text, const DialOptions& options);

}  // namespace net
