// One request of a transfer and its connection: a redirect begins another. Each has its own easy
// handle, so that nothing of one gets into the next.
#pragma once

#include <optional>
#include <string>

#include "net/curl_multi.h"
#include "net/http_answer.h"
#include "net/http_client.h"
#include "net/http_redirect.h"

namespace net {

struct HttpHop {
  /// Sets everything but the callbacks. The body stays in `request`, where it is.
  HttpHop(const HttpRequest& request, HttpPlace its_place);

  CurlCall call;
  CurlList fields;
  HttpPlace place;
  HttpAnswerReader reader;
  std::string redirect_to = {};        ///< Location of a redirect that is to be followed
  bool opened = false;                 ///< HttpOwner::on_transport() has been called
  std::optional<Time> requested = {};  ///< as HttpTimings has them
  std::optional<Time> answered = {};
};

}  // namespace net
