#include "net/http_end.h"

#include <string>
#include <utility>

#include "http/head.h"

namespace net {
namespace {

using How = HttpEnd::How;

// The exit codes of stream-rules(7) for what libcurl has no code for.
constexpr int kViolationCode = 100;
constexpr int kLimitCode = 103;

HttpEnd end(How how, int code, std::string message, std::string hint = {}) {
  return {.how = how,
          .error = DialError{.code = code, .message = std::move(message), .hint = std::move(hint)}};
}

/// libcurl has one code for a chunk that is none and for a connection that fails.
bool is_bad_chunk(CURLcode code, const CurlCall& call) {
  return code == CURLE_RECV_ERROR &&
         std::string_view(call.error).find("chunked-encoding") != std::string_view::npos;
}

bool is_bad_head(CURLcode code) {
  return code == CURLE_WEIRD_SERVER_REPLY || code == CURLE_UNSUPPORTED_PROTOCOL;
}

HttpEnd cut_end(CURLcode code, const HttpAnswerReader& reader) {
  if (reader.complete()) return end(How::cut, code, "the connection ended before the body did");
  if (reader.begun()) return end(How::cut, code, "the connection ended within the answer's head");
  return end(How::cut, code, "the server ended the connection without an answer");
}

}  // namespace

HttpEnd no_http_end(std::string_view first) {
  const std::string_view other = http::other_protocol(as_bytes(first));
  std::string message = "the server's answer is not HTTP";
  if (!other.empty()) message += " but " + std::string(other);
  HttpEnd no_http =
      end(How::not_http, kViolationCode, message, other == "TLS" ? "use https://" : "");
  no_http.received = first;
  return no_http;
}

HttpEnd large_head_end(const HttpAnswerReader& reader) {
  const std::string what = reader.complete() ? "head and trailers are" : "head is";
  return end(
      How::limit, kLimitCode,
      "the answer's " + what + " larger than " + std::to_string(http::kMaxHeadSize) + " bytes");
}

HttpEnd judge_end(CURLcode code, const CurlCall& call, const Endpoint& endpoint,
                  const HttpAnswerReader& reader, bool to_head) {
  if (code == CURLE_OK && reader.complete()) {
    if (!endpoint.tls || call.close_notify || !reader.ends_by_close(to_head)) return {};
    return end(How::cut, CURLE_RECV_ERROR, "TLS connection cut without close_notify");
  }
  if (code == CURLE_OK || code == CURLE_GOT_NOTHING) return cut_end(CURLE_GOT_NOTHING, reader);
  if (code == CURLE_PARTIAL_FILE) return cut_end(code, reader);
  // Of libcurl's limits this is the one that a line of a head can pass before ours is looked at.
  if (code == CURLE_OUT_OF_MEMORY && !reader.complete()) return large_head_end(reader);

  DialError error = call.explained(code, endpoint);
  if (is_bad_head(code) || is_bad_chunk(code, call)) {
    return end(How::not_http, kViolationCode,
               "the server's answer breaks the rules of HTTP: " + error.message);
  }
  const bool lost = code == CURLE_RECV_ERROR || code == CURLE_SEND_ERROR;
  if (lost && call.was_reset()) return end(How::reset, code, "the connection was reset");
  const bool cut = lost || (code == CURLE_HTTP2_STREAM && reader.complete()) || code == CURLE_HTTP2;
  return {.how = cut ? How::cut : How::failed, .error = std::move(error)};
}

}  // namespace net
