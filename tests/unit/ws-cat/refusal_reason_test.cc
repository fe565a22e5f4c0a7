// Why a server refuses, in words.
#include "ws-cat/refusal_reason.h"

#include <gtest/gtest.h>

#include <string>

#include "base/bytes.h"

namespace ws_cat {
namespace {

Asked asked(std::string_view url = "ws://h:81/chat") {
  return {.url = *http::parse_url(url, "ws"),
          .host = "h:81",
          .origin = {},
          .version = "13",
          .credentials = false,
          .protocols = false};
}

/// "WHY | HINT" of an answer whose head is `head`, lines divided by LF.
std::string reason(std::string_view head, const Asked& request = asked(),
                   std::string_view body = {}) {
  std::string text = "HTTP/1.1 ";
  for (const char c : head) text += c == '\n' ? "\r\n" : std::string(1, c);
  text += "\r\n\r\n";
  std::vector<std::uint8_t> bytes(text.begin(), text.end());
  Bytes in(bytes);
  http::HeadReader reader(http::HeadKind::response);
  const auto read = reader.next(in);
  if (!read || !std::holds_alternative<http::Head>(*read)) return "not a head";
  const Reason found = reason_of(refusal_of(std::get<http::Head>(*read)), body, request);
  return found.hint.empty() ? found.why : found.why + " | " + found.hint;
}

TEST(RefusalReason, plain_page_is_no_route_or_a_proxy_that_drops_the_upgrade) {
  EXPECT_EQ(reason("200 OK"),
            "an ordinary HTTP answer: this is no WebSocket route, or a proxy has dropped the "
            "Upgrade field | check the path; a proxy must pass on Upgrade and Connection (nginx: "
            "proxy_set_header)");
  EXPECT_EQ(
      reason("426 Upgrade Required\nUpgrade: websocket"),
      "the server saw no Upgrade field: a proxy may have dropped it | check the path; a proxy "
      "must pass on Upgrade and Connection (nginx: proxy_set_header)");
}

TEST(RefusalReason, path_that_is_not_there_is_named_and_escaped) {
  EXPECT_EQ(reason("404 Not Found", asked("ws://h/a\xC2\x9B")),
            "there is nothing at \"/a%C2%9B\" | check the path; a slash at its end counts");
  EXPECT_EQ(reason("410 Gone"),
            "there is nothing at \"/chat\" | check the path; a slash at its end counts");
}

TEST(RefusalReason, redirect_names_its_target_as_a_websocket_url) {
  EXPECT_EQ(reason("301 Moved\nLocation: https://h/ws"),
            "redirected to \"https://h/ws\" | try wss://h/ws");
  EXPECT_EQ(reason("302 Found\nLocation: /login?next=%2F"),
            "redirected to \"/login?next=%2F\" | try ws://h:81/login?next=%2F");
  EXPECT_EQ(reason("302 Found\nLocation: mailto:me@h"), "redirected to \"mailto:me@h\"");
  EXPECT_EQ(reason("307 X\nLocation: http://h:81/chat"),
            "redirected to the same URL | the server may want a cookie (-b) or a login (-u) first");
  EXPECT_EQ(reason("304 Not Modified"), "a redirect that names no target");
}

TEST(RefusalReason, long_target_is_cut_in_the_sentence) {
  const std::string path(300, 'a');
  EXPECT_EQ(reason("302 Found\nLocation: /" + path), "redirected to \"/" + path.substr(0, 199) +
                                                         "...\" | try ws://h:81/" +
                                                         path.substr(0, 200 - 10) + "...");
}

TEST(RefusalReason, login_names_the_schemes_and_how_to_answer_them) {
  EXPECT_EQ(reason("401 Unauthorized\nWWW-Authenticate: Basic realm=\"a, b\", charset=\"UTF-8\""),
            "the server wants a login (Basic) | -u USER:PASSWORD logs in with Basic "
            "authentication");
  EXPECT_EQ(reason("401 Unauthorized\nWWW-Authenticate: Bearer"),
            "the server wants a login (Bearer) | -H 'Authorization: Bearer TOKEN' sends a token");
  EXPECT_EQ(reason("401 U\nWWW-Authenticate: Digest realm=\"x\", nonce=\"y\", Negotiate"),
            "the server wants a login (Digest, Negotiate) | -H 'Authorization: ...' sends "
            "credentials that were made elsewhere");
  EXPECT_EQ(reason("401 Unauthorized"),
            "the server wants a login | -u USER:PASSWORD logs in with Basic authentication, -H "
            "'Authorization: Bearer TOKEN' sends a token");
  EXPECT_EQ(reason("407 Proxy\nProxy-Authenticate: Basic realm=\"p\""),
            "a proxy on the way wants a login (Basic) | -H 'Proxy-Authorization: ...' sends "
            "credentials");
}

TEST(RefusalReason, credentials_that_were_sent_are_what_is_wrong) {
  Asked request = asked();
  request.credentials = true;
  EXPECT_EQ(reason("401 Unauthorized\nWWW-Authenticate: Basic realm=x", request),
            "the credentials that were sent are not accepted (Basic) | check the user name, the "
            "password or the token");
  EXPECT_EQ(reason("403 Forbidden", request),
            "perhaps because no Origin was sent | try --origin http://h:81");
}

TEST(RefusalReason, forbidden_is_about_the_origin_when_one_was_sent) {
  Asked request = asked("wss://h/");
  EXPECT_EQ(reason("403 Forbidden", request),
            "neither an Origin nor credentials were sent | try --origin https://h, or "
            "log in with -u or -H 'Authorization: ...'");
  request.origin = "https://evil";
  EXPECT_EQ(
      reason("403 Forbidden", request),
      "perhaps because of the Origin \"https://evil\" that was sent | --origin sends another; "
      "without it none is sent");
}

TEST(RefusalReason, host_that_the_server_does_not_know_is_the_one_that_was_sent) {
  Asked request = asked();
  request.host = "other";
  EXPECT_EQ(reason("421 Misdirected Request", request),
            "the server is not known as \"other\" | -H 'Host: NAME' gives another name");
}

TEST(RefusalReason, version_says_which_ones_the_server_wants) {
  EXPECT_EQ(reason("426 Upgrade Required\nSec-WebSocket-Version: 8, 7"),
            "the server wants version 8, 7 of WebSocket, not 13 | this tool speaks version 13, "
            "which is RFC 6455");
  Asked request = asked();
  request.version = "99";
  EXPECT_EQ(reason("400 Bad\nSec-WebSocket-Version: 13", request),
            "the server wants version 13 of WebSocket, not 99 | leave Sec-WebSocket-Version to "
            "this tool");
  EXPECT_EQ(reason("400 Bad\nSec-WebSocket-Version: 13"),
            "the server speaks version 13 of WebSocket, but did not take the request for one | a "
            "proxy may have dropped the Upgrade field");
}

TEST(RefusalReason, another_protocol_is_named) {
  EXPECT_EQ(reason("426 Upgrade Required\nUpgrade: HTTP/2.0, TLS/1.3"),
            "the server wants HTTP/2.0, TLS/1.3 instead of WebSocket");
}

TEST(RefusalReason, bad_request_asks_for_a_subprotocol_only_when_none_was_offered) {
  EXPECT_EQ(reason("400 Bad Request"),
            "the server did not take it for an opening handshake | a proxy may have changed it, or "
            "the server wants a --subprotocol");
  Asked request = asked();
  request.protocols = true;
  EXPECT_EQ(reason("400 Bad Request", request),
            "the server did not take it for an opening handshake | a proxy may have changed it");
}

TEST(RefusalReason, rate_limits_and_gateways_say_when_to_come_back) {
  EXPECT_EQ(reason("429 Too Many\nRetry-After: 30"),
            "rate limit: too many requests | try again in 30 s (Retry-After)");
  EXPECT_EQ(reason("429 Too Many"), "rate limit: too many requests | try again later");
  EXPECT_EQ(reason("503 X\nRetry-After: Fri, 31 Dec 1999 23:59:59 GMT"),
            "the server, or the one behind a gateway, is down or overloaded | try again after Fri, "
            "31 Dec 1999 23:59:59 GMT (Retry-After)");
  EXPECT_EQ(reason("502 Bad Gateway"), "a gateway got no usable answer from the server behind it");
  EXPECT_EQ(reason("504 Gateway Timeout"),
            "a gateway got no answer in time from the server behind it");
  EXPECT_EQ(reason("404 Not Found\nRetry-After: 5"),
            "there is nothing at \"/chat\" | check the path; a slash at its end counts");
}

TEST(RefusalReason, tls_port_is_known_by_what_servers_say_to_plain_requests) {
  for (const char* body :
       {"<center>The plain HTTP request was sent to HTTPS port</center>",
        "Reason: You're speaking plain HTTP to an SSL-enabled server port.<br />",
        "Client sent an HTTP request to an HTTPS server.\n"}) {
    EXPECT_EQ(reason("400 Bad Request", asked(), body),
              "the port speaks TLS, and the request came in plain | use wss://h:81/chat");
    EXPECT_NE(reason("400 Bad Request", asked("wss://h/"), body).substr(0, 20),
              "the port speaks TLS, ");
  }
}

TEST(RefusalReason, every_status_has_a_sentence) {
  for (unsigned status = 100; status < 1000; ++status) {
    Refusal refusal;
    refusal.status = status;
    EXPECT_FALSE(reason_of(refusal, {}, asked()).why.empty()) << status;
  }
}

TEST(RefusalReason, what_the_server_sent_is_escaped) {
  EXPECT_EQ(reason("302 Found\nLocation: /\xE2\x80\xAE"),
            "redirected to \"/\\u202e\" | try ws://h:81/%E2%80%AE");
  EXPECT_EQ(reason("503 X\nRetry-After: \xC2\x9B"),
            "the server, or the one behind a gateway, is down or overloaded | try again after "
            "\\u009b (Retry-After)");
}

TEST(RefusalReason, redirect_targets_are_resolved_as_references) {
  const http::Url base = *http::parse_url("wss://h:81/a/b?c", "ws");
  EXPECT_EQ(redirect_target("x", base), "wss://h:81/a/x");
  EXPECT_EQ(redirect_target("?q", base), "wss://h:81/a/b?q");
  EXPECT_EQ(redirect_target("//other/x", base), "wss://other/x");
  EXPECT_EQ(redirect_target("/x#part", base), "wss://h:81/x");
  EXPECT_EQ(redirect_target("/x?to=http://y", base), "wss://h:81/x?to=http://y");
  EXPECT_EQ(redirect_target("http://me:secret@other/", base), "ws://other/");
  EXPECT_EQ(redirect_target("ftp://other/", base), "");
  EXPECT_EQ(redirect_target("other:81", base), "");
}

TEST(RefusalReason, short_text_of_the_server_is_better_than_a_guess) {
  const std::string_view text = "fault \"close\" takes a code\n";
  EXPECT_EQ(reason("400 Bad Request\nContent-Type: text/plain", asked(), text),
            "its answer says why");
  EXPECT_EQ(reason("403 Forbidden\nContent-Type: Text/Plain; charset=utf-8", asked(), text),
            "its answer says why");
  const std::string guess = reason("403 Forbidden");
  EXPECT_EQ(reason("403 Forbidden\nContent-Type: text/html", asked(), text), guess);
  EXPECT_EQ(reason("403 Forbidden\nContent-Type: text/plain", asked(), "\r\n"), guess);
  EXPECT_EQ(reason("403 Forbidden\nContent-Type: text/plain", asked(), std::string(301, 'x')),
            guess);
}

TEST(RefusalReason, hint_of_the_server_takes_the_place_of_ours) {
  EXPECT_EQ(reason("404 Not Found\nContent-Type: text/plain", asked(), "no route\nhint: /ws\n"),
            "there is nothing at \"/chat\"");
  EXPECT_EQ(reason("404 Not Found\nContent-Type: text/plain", asked(), "no hint: none\n"),
            "there is nothing at \"/chat\" | check the path; a slash at its end counts");
  EXPECT_EQ(reason("503 X\nContent-Type: text/plain\nRetry-After: 3", asked(), "hint: wait\n"),
            "the server, or the one behind a gateway, is down or overloaded | try again in 3 s "
            "(Retry-After)");
}

}  // namespace
}  // namespace ws_cat
