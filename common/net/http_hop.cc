#include "net/http_hop.h"

#include <string_view>
#include <utility>

namespace net {
namespace {

// Seconds of silence before TCP asks whether the peer is still there: as the curl command has it.
constexpr long kKeepalive = 60;

long version_option(HttpVersion version) {
  switch (version) {
    case HttpVersion::any: return CURL_HTTP_VERSION_2TLS;
    case HttpVersion::http1: return CURL_HTTP_VERSION_1_1;
    case HttpVersion::http2: return CURL_HTTP_VERSION_2_0;
  }
  return CURL_HTTP_VERSION_NONE;
}

void set_method(CurlCall& call, const HttpRequest& request) {
  if (request.body || request.method == "POST") {
    const std::string_view body = request.body ? std::string_view(*request.body) : "";
    call.set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
    call.set(CURLOPT_POSTFIELDS, body.data());
    if (request.method != "POST") call.set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
  } else if (request.method == "HEAD") {
    call.set(CURLOPT_NOBODY, 1L);
  } else if (request.method != "GET") {
    call.set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
  }
}

CurlList list_of(const std::vector<std::string>& fields) {
  CurlList list;
  bool expects = false;
  for (const std::string& field : fields) {
    append(list, field);
    expects = expects || is_field_of(field, "Expect");
  }
  if (!expects) append(list, "Expect:");  // who waits for 100 loses a second
  return list;
}

}  // namespace

HttpHop::HttpHop(const HttpRequest& request, HttpPlace its_place)
    : call(request.connection),
      fields(list_of(request.fields)),
      place(std::move(its_place)),
      reader(request.version == HttpVersion::http2 && !place.endpoint.tls) {
  call.set(CURLOPT_URL, place.url.c_str());
  call.set(CURLOPT_HTTP_VERSION, version_option(request.version));
  call.set(CURLOPT_FORBID_REUSE, 1L);
  call.set(CURLOPT_TCP_KEEPALIVE, 1L);
  call.set(CURLOPT_TCP_KEEPIDLE, kKeepalive);
  call.set(CURLOPT_TCP_KEEPINTVL, kKeepalive);
  call.set(CURLOPT_HTTP09_ALLOWED, 1L);  // to see, and refuse, what is not HTTP
  call.set(CURLOPT_HTTPHEADER, fields.get());
  set_method(call, request);
  if (!request.user.empty()) {
    call.set(CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BASIC));
    call.set(CURLOPT_USERPWD, request.user.c_str());
  }
  if (request.compressed) call.set(CURLOPT_ACCEPT_ENCODING, "");
}

}  // namespace net
