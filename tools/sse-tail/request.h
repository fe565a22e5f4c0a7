// The request that the options ask for, as a browser would make it for an EventSource (HTML Living
// Standard 9.2.2), and with what a browser cannot do: other methods, a body, any field.
#pragma once

#include <string_view>

#include "net/http_client.h"
#include "options.h"

namespace sse_tail {

/// `last_event_id` is the value of that field; empty: it is not sent.
net::HttpRequest make_request(const Args& args, std::string_view last_event_id);

}  // namespace sse_tail
