// How a transfer ended, told from what libcurl says about it: what came to its proper end, and what
// was cut short by whom.
#pragma once

#include <string_view>

#include "net/curl_multi.h"
#include "net/http_answer.h"
#include "net/http_client.h"

namespace net {

/// Something else than HTTP came, which begins with `first`.
HttpEnd no_http_end(std::string_view first);

/// The heads of an answer were larger than http::kMaxHeadSize, or its trailers made them so.
HttpEnd large_head_end(const HttpAnswerReader& reader);

/// `code` is what libcurl reported of `call`, `reader` has read the head, and `to_head` says that
/// the request was a HEAD, to which no body is due.
HttpEnd judge_end(CURLcode code, const CurlCall& call, const Endpoint& endpoint,
                  const HttpAnswerReader& reader, bool to_head);

}  // namespace net
