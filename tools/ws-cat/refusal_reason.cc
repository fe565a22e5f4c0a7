#include "refusal_reason.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "cli/escape.h"

namespace ws_cat {
namespace {

// Of a field value that stands in a sentence; the head above shows all of it.
constexpr std::size_t kShownSize = 200;

struct Case {
  const Refusal& refusal;
  std::string_view body;
  const Asked& asked;
};

std::string shown(std::string_view text) {
  const bool cut = text.size() > kShownSize;
  return cli::escape(text.substr(0, kShownSize), cli::Escape::line) + (cut ? "..." : "");
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return shown(text);
}

bool contains_ignoring_case(std::string_view text, std::string_view part) {
  const auto same = [](char a, char b) { return ascii_lower(a) == ascii_lower(b); };
  return std::search(text.begin(), text.end(), part.begin(), part.end(), same) != text.end();
}

bool has_word(const std::vector<std::string>& words, std::string_view word) {
  return std::any_of(words.begin(), words.end(),
                     [&](const std::string& one) { return equals_ignoring_case(one, word); });
}

/// A challenge begins with its scheme; an element with "=" behind the first token is one more
/// parameter of the challenge before it (RFC 9110 11.6.1).
std::vector<std::string> schemes_of(const http::Head& head, std::string_view name) {
  std::vector<std::string> schemes;
  for (const std::string_view element : http::list_elements(head.fields, name)) {
    const std::size_t end = std::min(element.find_first_of(" \t="), element.size());
    const std::string_view rest = trim_spaces(element.substr(end));
    const std::string_view scheme = element.substr(0, end);
    const bool is_scheme = http::is_token(scheme) && !rest.starts_with('=');
    if (is_scheme && !has_word(schemes, scheme)) schemes.emplace_back(scheme);
  }
  return schemes;
}

std::vector<std::string> words_of(const http::Head& head, std::string_view name) {
  std::vector<std::string> words;
  for (const std::string_view element : http::list_elements(head.fields, name)) {
    if (!element.empty()) words.emplace_back(element);
  }
  return words;
}

std::string value_of(const http::Head& head, std::string_view name) {
  const http::Field* const field = http::find_field(head.fields, name);
  return field != nullptr ? std::string(field->value) : std::string();
}

/// The page's own Origin, if the site served one beside the WebSocket.
std::string likely_origin(const http::Url& url) {
  return fmt::format("{}://{}", url.secure() ? "https" : "http", url.authority());
}

// ---- Signs

/// What nginx, Apache and Go say to a plain request at a TLS port.
bool is_tls_port(const Case& given) {
  constexpr std::array<std::string_view, 3> kPhrases = {
      "plain HTTP request was sent to HTTPS port", "speaking plain HTTP to an SSL-enabled server",
      "Client sent an HTTP request to an HTTPS server"};
  return !given.asked.url.secure() &&
         std::any_of(kPhrases.begin(), kPhrases.end(), [&](std::string_view phrase) {
           return contains_ignoring_case(given.body, phrase);
         });
}

bool has_location(const Case& given) {
  return !given.refusal.location.empty();
}

/// RFC 6455 4.4: the field in an answer lists what the server speaks.
bool is_about_version(const Case& given) {
  return !given.refusal.versions.empty();
}

bool sent_credentials(const Case& given) {
  return given.asked.credentials;
}

bool sent_origin(const Case& given) {
  return !given.asked.origin.empty();
}

bool wants_another_protocol(const Case& given) {
  const auto& upgrades = given.refusal.upgrades;
  return !upgrades.empty() && !has_word(upgrades, "websocket");
}

bool offered_no_protocol(const Case& given) {
  return !given.asked.protocols;
}

/// The server's own words, which were shown, are better than a guess: a line or three, not a page.
bool says_why(const Case& given) {
  return given.refusal.plain_text && given.body.size() <= 300 &&
         given.body.find_first_not_of(" \t\r\n") != given.body.npos;
}

bool has_hint(const Case& given) {
  return given.refusal.plain_text &&
         contains_ignoring_case("\n" + std::string(given.body), "\nhint: ");
}

// ---- Sentences that depend on what was asked and answered

Reason say_tls_port(const Case& given) {
  http::Url url = given.asked.url;
  url.scheme = "wss";
  return {"the port speaks TLS, and the request came in plain", "use " + url.text()};
}

Reason say_redirect(const Case& given) {
  const std::string target = redirect_target(given.refusal.location, given.asked.url);
  if (target == given.asked.url.text()) {
    return {"redirected to the same URL",
            "the server may want a cookie (-b) or a login (-u) first"};
  }
  return {fmt::format("redirected to \"{}\"", shown(given.refusal.location)),
          target.empty() ? "" : "try " + shown(target)};
}

/// The schemes in brackets, if the server named any.
std::string in_brackets(const std::vector<std::string>& schemes) {
  return schemes.empty() ? "" : fmt::format(" ({})", joined(schemes));
}

Reason say_login_refused(const Case& given) {
  return {fmt::format("the credentials that were sent are not accepted{}",
                      in_brackets(given.refusal.schemes)),
          "check the user name, the password or the token"};
}

Reason say_login_wanted(const Case& given) {
  const auto& schemes = given.refusal.schemes;
  const bool basic = schemes.empty() || has_word(schemes, "Basic");
  const bool bearer = schemes.empty() || has_word(schemes, "Bearer");
  std::string hint;
  if (basic) hint = "-u USER:PASSWORD logs in with Basic authentication";
  if (bearer) {
    hint += hint.empty() ? "" : ", ";
    hint += "-H 'Authorization: Bearer TOKEN' sends a token";
  }
  if (hint.empty()) hint = "-H 'Authorization: ...' sends credentials that were made elsewhere";
  return {"the server wants a login" + in_brackets(schemes), hint};
}

Reason say_proxy_login(const Case& given) {
  return {"a proxy on the way wants a login" + in_brackets(given.refusal.schemes),
          "-H 'Proxy-Authorization: ...' sends credentials"};
}

Reason say_origin_refused(const Case& given) {
  return {
      fmt::format("perhaps because of the Origin \"{}\" that was sent", shown(given.asked.origin)),
      "--origin sends another; without it none is sent"};
}

Reason say_no_origin(const Case& given) {
  return {"perhaps because no Origin was sent", "try --origin " + likely_origin(given.asked.url)};
}

Reason say_forbidden(const Case& given) {
  return {"neither an Origin nor credentials were sent",
          fmt::format("try --origin {}, or log in with -u or -H 'Authorization: ...'",
                      likely_origin(given.asked.url))};
}

Reason say_version(const Case& given) {
  const auto& versions = given.refusal.versions;
  const std::string asked = shown(given.asked.version);
  if (has_word(versions, given.asked.version)) {
    return {fmt::format("the server speaks version {} of WebSocket, but did not take the request "
                        "for one",
                        asked),
            "a proxy may have dropped the Upgrade field"};
  }
  return {fmt::format("the server wants version {} of WebSocket, not {}", joined(versions), asked),
          has_word(versions, "13") ? "leave Sec-WebSocket-Version to this tool"
                                   : "this tool speaks version 13, which is RFC 6455"};
}

Reason say_other_protocol(const Case& given) {
  return {fmt::format("the server wants {} instead of WebSocket", joined(given.refusal.upgrades)),
          {}};
}

Reason say_nothing_here(const Case& given) {
  return {fmt::format("there is nothing at \"{}\"", shown(given.asked.url.target)),
          "check the path; a slash at its end counts"};
}

Reason say_wrong_host(const Case& given) {
  return {fmt::format("the server is not known as \"{}\"", shown(given.asked.host)),
          "-H 'Host: NAME' gives another name"};
}

// ---- The table

struct Row {
  unsigned first = 0;
  unsigned last = 0;                     ///< status codes, both included
  bool (*fits)(const Case&) = nullptr;   ///< nullptr: always
  Reason (*say)(const Case&) = nullptr;  ///< nullptr: what stands behind it
  std::string_view why = {};
  std::string_view hint = {};
};

constexpr std::string_view kPlainAnswer =
    "an ordinary HTTP answer: this is no WebSocket route, or a proxy has dropped the Upgrade field";
constexpr std::string_view kUpgradeDropped =
    "the server saw no Upgrade field: a proxy may have dropped it";
constexpr std::string_view kProxyHint =
    "check the path; a proxy must pass on Upgrade and Connection (nginx: proxy_set_header)";

constexpr std::array kRows = {
    Row{400, 499, is_tls_port, say_tls_port},
    Row{200, 299, nullptr, nullptr, kPlainAnswer, kProxyHint},
    Row{300, 399, has_location, say_redirect},
    Row{300, 399, nullptr, nullptr, "a redirect that names no target"},
    Row{400, 400, is_about_version, say_version},
    Row{400, 400, says_why, nullptr, "its answer says why"},
    Row{400, 400, offered_no_protocol, nullptr,
        "the server did not take it for an opening handshake",
        "a proxy may have changed it, or the server wants a --subprotocol"},
    Row{400, 400, nullptr, nullptr, "the server did not take it for an opening handshake",
        "a proxy may have changed it"},
    Row{401, 401, sent_credentials, say_login_refused},
    Row{401, 401, nullptr, say_login_wanted},
    Row{403, 403, says_why, nullptr, "its answer says why"},
    Row{403, 403, sent_origin, say_origin_refused},
    Row{403, 403, sent_credentials, say_no_origin},
    Row{403, 403, nullptr, say_forbidden},
    Row{404, 404, nullptr, say_nothing_here},
    Row{405, 405, nullptr, nullptr, "no GET, and so no WebSocket, at this path", "check the path"},
    Row{407, 407, nullptr, say_proxy_login},
    Row{408, 408, nullptr, nullptr, "the request took too long to arrive"},
    Row{410, 410, nullptr, say_nothing_here},
    Row{413, 414, nullptr, nullptr, "the request is too large", "shorten the URL"},
    Row{421, 421, nullptr, say_wrong_host},
    Row{426, 426, is_about_version, say_version},
    Row{426, 426, wants_another_protocol, say_other_protocol},
    Row{426, 426, nullptr, nullptr, kUpgradeDropped, kProxyHint},
    Row{429, 429, nullptr, nullptr, "rate limit: too many requests", "try again later"},
    Row{431, 431, nullptr, nullptr, "the header fields are too large", "send fewer cookies"},
    Row{400, 499, nullptr, nullptr, "the server does not want this request"},
    Row{500, 500, nullptr, nullptr, "an error inside the server"},
    Row{501, 501, nullptr, nullptr, "the server has no WebSocket"},
    Row{502, 502, nullptr, nullptr, "a gateway got no usable answer from the server behind it"},
    Row{503, 503, nullptr, nullptr,
        "the server, or the one behind a gateway, is down or overloaded"},
    Row{504, 504, nullptr, nullptr, "a gateway got no answer in time from the server behind it"},
    Row{505, 505, nullptr, nullptr, "the server wants another version of HTTP"},
    Row{511, 511, nullptr, nullptr, "the network wants a login first", "open a page in a browser"},
    Row{520, 530, nullptr, nullptr, "a content network did not get on with the server behind it"},
    Row{500, 599, nullptr, nullptr, "an error of the server"},
    Row{0, 999, nullptr, nullptr, "a status without a meaning in HTTP"},
};

/// RFC 9110 10.2.3: seconds, or a date.
std::string retry_hint(const std::string& value) {
  const bool seconds = parse_integer(value).has_value();
  return seconds ? fmt::format("try again in {} s (Retry-After)", value)
                 : fmt::format("try again after {} (Retry-After)", shown(value));
}

bool may_pass(unsigned status) {
  return status == 408 || status == 413 || status == 429 || status >= 500;
}

}  // namespace

Refusal refusal_of(const http::Head& head) {
  const bool by_proxy = head.status == 407;
  Refusal refusal;
  refusal.status = head.status;
  refusal.line = fmt::format("{}{}{}", head.status, head.reason.empty() ? "" : " ", head.reason);
  refusal.location = value_of(head, "Location");
  refusal.retry_after = value_of(head, "Retry-After");
  refusal.schemes = schemes_of(head, by_proxy ? "Proxy-Authenticate" : "WWW-Authenticate");
  refusal.versions = words_of(head, "Sec-WebSocket-Version");
  refusal.upgrades = words_of(head, "Upgrade");
  refusal.plain_text =
      equals_ignoring_case(value_of(head, "Content-Type").substr(0, 10), "text/plain");
  return refusal;
}

Reason reason_of(const Refusal& refusal, std::string_view body, const Asked& asked) {
  const Case given{refusal, body, asked};
  const auto row = std::find_if(kRows.begin(), kRows.end(), [&](const Row& one) {
    const bool in_range = one.first <= refusal.status && refusal.status <= one.last;
    return in_range && (one.fits == nullptr || one.fits(given));
  });
  Reason reason;  // the last row takes every status of three digits
  if (row != kRows.end()) {
    reason = row->say != nullptr ? row->say(given)
                                 : Reason{std::string(row->why), std::string(row->hint)};
  }
  if (has_hint(given)) reason.hint.clear();
  if (!refusal.retry_after.empty() && may_pass(refusal.status)) {
    reason.hint = retry_hint(refusal.retry_after);
  }
  return reason;
}

std::string redirect_target(std::string_view location, const http::Url& base) {
  location = location.substr(0, location.find('#'));
  const std::string_view path = std::string_view(base.target).substr(0, base.target.find('?'));
  const std::size_t colon = location.find(':');
  std::string text;
  if (colon < location.find_first_of("/?")) {
    text = location;
  } else if (location.starts_with("//")) {
    text = fmt::format("{}:{}", base.scheme, location);
  } else if (location.starts_with('/')) {
    text = fmt::format("{}://{}{}", base.scheme, base.authority(), location);
  } else if (location.empty() || location.starts_with('?')) {
    text = fmt::format("{}://{}{}{}", base.scheme, base.authority(), path, location);
  } else {
    text = fmt::format("{}://{}{}{}", base.scheme, base.authority(),
                       path.substr(0, path.rfind('/') + 1), location);
  }
  auto url = http::parse_url(text, base.scheme);
  if (!url || text.find("://") == text.npos) return {};
  url->scheme = url->secure() ? "wss" : "ws";
  return url->text();
}

}  // namespace ws_cat
