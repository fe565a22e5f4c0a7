#include "net/http_redirect.h"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <memory>

#include "base/check.h"
#include "base/text.h"

namespace net {
namespace {

struct FreeUrl {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using Url = std::unique_ptr<CURLU, FreeUrl>;

/// Empty if there is no such part.
std::string part_of(CURLU* url, CURLUPart part, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, flags) != CURLUE_OK) return {};
  std::string copy(text);
  curl_free(text);
  return copy;
}

void remove_fields(std::vector<std::string>& fields,
                   std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names)
    std::erase_if(fields, [&](const std::string& field) { return is_field_of(field, name); });
}

// What follows to another origin. Any other field may be a key by the name that this one server has
// for it: Fetch, which drops Authorization alone, has CORS ask the other server first.
constexpr std::array<std::string_view, 8> kHarmless = {
    "Accept",       "Accept-Encoding", "Accept-Language", "Cache-Control",
    "Content-Type", "Expect",          "Last-Event-ID",   "User-Agent"};

bool is_harmless(const std::string& field) {
  return std::any_of(kHarmless.begin(), kHarmless.end(),
                     [&](std::string_view name) { return is_field_of(field, name); });
}

std::vector<std::string> leave_behind(HttpRequest& request) {
  std::vector<std::string> names;
  const auto add = [&](std::string_view name) {
    const bool known = std::any_of(names.begin(), names.end(), [&](const std::string& other) {
      return equals_ignoring_case(other, name);
    });
    if (!known) names.emplace_back(name);
  };
  if (!request.user.empty()) add("Authorization");
  request.user.clear();
  std::erase_if(request.fields, [&](const std::string& field) {
    if (is_harmless(field)) return false;
    const std::size_t end = std::min(field.find_first_of(":;"), field.size());
    if (end + 1 < field.size() || field.ends_with(';')) add(field.substr(0, end));
    return true;
  });
  return names;
}

}  // namespace

std::variant<HttpPlace, DialError> find_place(const std::string& base, const std::string& url) {
  const auto malformed = [&](CURLUcode code) {
    return DialError{.code = CURLE_URL_MALFORMAT,
                     .message = std::string("impossible URL: ") + curl_url_strerror(code),
                     .hint = ""};
  };
  const Url handle(curl_url());
  CHECK(handle != nullptr);
  if (!base.empty()) CHECK(curl_url_set(handle.get(), CURLUPART_URL, base.c_str(), 0) == CURLUE_OK);
  constexpr unsigned kTolerance = CURLU_NON_SUPPORT_SCHEME | CURLU_URLENCODE;
  if (const auto code = curl_url_set(handle.get(), CURLUPART_URL, url.c_str(), kTolerance))
    return malformed(code);

  const std::string scheme = part_of(handle.get(), CURLUPART_SCHEME);
  HttpPlace place;
  place.endpoint.tls = equals_ignoring_case(scheme, "https");
  if (!place.endpoint.tls && !equals_ignoring_case(scheme, "http")) {
    return DialError{.code = CURLE_UNSUPPORTED_PROTOCOL,
                     .message = "a URL of HTTP is needed, not one that begins " + scheme + ":",
                     .hint = ""};
  }
  place.endpoint.plain_url = "http://";
  place.endpoint.host = part_of(handle.get(), CURLUPART_HOST);
  if (place.endpoint.host.starts_with('['))
    place.endpoint.host = place.endpoint.host.substr(1, place.endpoint.host.size() - 2);
  const auto port = parse_integer(part_of(handle.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT), 65535);
  place.endpoint.port = static_cast<std::uint16_t>(port.value_or(0));

  place.user = part_of(handle.get(), CURLUPART_USER, CURLU_URLDECODE);
  const std::string password = part_of(handle.get(), CURLUPART_PASSWORD, CURLU_URLDECODE);
  if (!place.user.empty() || !password.empty()) place.user += ":" + password;
  for (const CURLUPart part : {CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_FRAGMENT})
    curl_url_set(handle.get(), part, nullptr, 0);
  place.url = part_of(handle.get(), CURLUPART_URL);
  if (place.url.empty()) return malformed(CURLUE_BAD_HOSTNAME);
  return place;
}

bool is_field_of(std::string_view field, std::string_view name) {
  return field.size() > name.size() && equals_ignoring_case(field.substr(0, name.size()), name) &&
         (field[name.size()] == ':' || field[name.size()] == ';');
}

bool is_redirect(unsigned status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

std::vector<std::string> redirect(HttpRequest& request, unsigned status, const HttpPlace& from,
                                  const HttpPlace& to) {
  const bool post = request.method == "POST";
  const bool safe = request.method == "GET" || request.method == "HEAD";
  if (((status == 301 || status == 302) && post) || (status == 303 && !safe)) {
    request.method = "GET";
    request.body.reset();
    // Fetch: the request-body-header names.
    remove_fields(request.fields, {"Content-Encoding", "Content-Language", "Content-Location",
                                   "Content-Type", "Content-Length"});
  }
  const bool same_origin = from.endpoint.tls == to.endpoint.tls &&
                           from.endpoint.port == to.endpoint.port &&
                           equals_ignoring_case(from.endpoint.host, to.endpoint.host);
  std::vector<std::string> left_behind;
  if (!same_origin) left_behind = leave_behind(request);
  if (!to.user.empty()) request.user = to.user;
  request.url = to.url;
  return left_behind;
}

}  // namespace net
