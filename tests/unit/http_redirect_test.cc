// Redirects of HTTP transfers: followed as the Fetch standard has it, and what tells who we are
// stays at home.
#include "net/http_redirect.h"

#include <gtest/gtest.h>

#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "support/http_bench.h"

namespace net {
namespace {

using test::HttpBench;
using test::HttpReply;
using test::HttpServer;
using How = HttpEnd::How;
using Then = HttpReply::Then;

const std::string kAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

/// Its body never ends, which nobody must wait for.
HttpReply moved(int status, const std::string& location) {
  return {"HTTP/1.1 " + std::to_string(status) + " Elsewhere\r\nLocation: " + location +
              "\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhere\r\n",
          Then::hold};
}

std::string first_line(const std::string& request) {
  return request.substr(0, request.find("\r\n"));
}

bool has(const std::string& request, const std::string& part) {
  return request.find(part) != request.npos;
}

TEST(HttpRedirect, each_status_and_form_of_location_is_followed) {
  HttpBench bench;
  HttpServer server(bench.loop, {moved(301, "/b/c"),
                                 moved(302, "?d"),
                                 moved(303, "../e f"),
                                 moved(307, "//127.0.0.1:0/"),
                                 {kAnswer}});
  server.rewrite = [](std::string text, const std::string& port) {
    const std::size_t at = text.find(":0/");
    return at == text.npos ? text : text.replace(at, 2, ":" + port);
  };
  const HttpEnd end = bench.exchange({.url = server.url("/a")});
  EXPECT_EQ(end.how, How::whole);
  EXPECT_EQ(bench.body, "hello");
  EXPECT_EQ(bench.url, server.url("/"));
  const std::vector<std::string> redirects = {
      "301 " + server.url("/b/c"), "302 " + server.url("/b/c?d"), "303 " + server.url("/e%20f"),
      "307 " + server.url("/")};
  EXPECT_EQ(bench.redirects, redirects);
  EXPECT_GE(bench.transfer->timings().redirect, Duration(0));
}

TEST(HttpRedirect, other_3xx_is_an_answer) {
  for (const int status : {300, 304, 305, 306}) {
    HttpBench bench;
    HttpServer server(bench.loop, {{"HTTP/1.1 " + std::to_string(status) +
                                    " X\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n"}});
    bench.exchange({.url = server.url()});
    EXPECT_EQ(bench.status, static_cast<unsigned>(status));
    EXPECT_EQ(server.peers.size(), 1U);
  }
}

TEST(HttpRedirect, none_wanted_makes_it_an_answer) {
  HttpBench bench;
  HttpServer server(bench.loop,
                    {{"HTTP/1.1 302 X\r\nLocation: /b\r\nContent-Length: 2\r\n\r\nhi"}});
  bench.exchange({.url = server.url(), .max_redirects = 0});
  EXPECT_EQ(bench.status, 302U);
  EXPECT_EQ(bench.body, "hi");
}

TEST(HttpRedirect, loop_ends_with_47) {
  HttpBench bench;
  HttpServer server(bench.loop, {moved(302, "/again")});
  const HttpEnd end = bench.exchange({.url = server.url(), .max_redirects = 3});
  EXPECT_EQ(end.how, How::failed);
  EXPECT_EQ(end.error->code, 47);
  EXPECT_EQ(end.error->message, "more than 3 redirects");
  EXPECT_EQ(server.peers.size(), 4U);
}

TEST(HttpRedirect, useless_one_is_an_error_and_no_loop) {
  const std::pair<HttpReply, std::string> cases[] = {
      {{"HTTP/1.1 302 X\r\n\r\n"}, "22 redirect 302 without a Location"},
      {{"HTTP/1.1 302 X\r\nLocation:\r\n\r\n"}, "22 redirect 302 without a Location"},
      {moved(302, "ftp://127.0.0.1/"),
       "1 redirect 302: a URL of HTTP is needed, not one that begins ftp:"},
      {moved(307, "file:///etc/passwd"),
       "1 redirect 307: a URL of HTTP is needed, not one that begins file:"},
      {moved(307, "javascript:alert(1)"), "3 redirect 307: impossible URL: "},
      {moved(308, "http://a:99999/"), "3 redirect 308: impossible URL: "},
      {moved(308, "http:///"), "3 redirect 308: impossible URL: "},
  };
  for (const auto& [reply, message] : cases) {
    HttpBench bench;
    HttpServer server(bench.loop, {reply});
    const HttpEnd end = bench.exchange({.url = server.url()});
    EXPECT_EQ(end.how, How::failed);
    EXPECT_FALSE(end.answered);
    const std::string got = std::to_string(end.error->code) + " " + end.error->message;
    EXPECT_EQ(got.substr(0, message.size()), message) << reply.text;
    EXPECT_EQ(server.peers.size(), 1U);
  }
}

TEST(HttpRedirect, post_stays_one_with_307_and_308_alone) {
  for (const int status : {301, 302, 303, 307, 308}) {
    HttpBench bench;
    HttpServer server(bench.loop, {moved(status, "/b"), {kAnswer}});
    bench.exchange({.url = server.url(),
                    .method = "POST",
                    .fields = {"Content-Type: application/json", "X-Kept: 1"},
                    .body = "{}"});
    const bool kept = status >= 307;
    EXPECT_EQ(first_line(server.heard(1)), kept ? "POST /b HTTP/1.1" : "GET /b HTTP/1.1");
    EXPECT_EQ(has(server.heard(1), "Content-Type: application/json\r\n"), kept);
    EXPECT_EQ(server.heard(1).ends_with("{}"), kept);
    EXPECT_TRUE(has(server.heard(1), "X-Kept: 1\r\n"));
  }
}

TEST(HttpRedirect, other_methods_become_get_with_303_alone) {
  for (const int status : {301, 302, 303, 307}) {
    HttpBench bench;
    HttpServer server(bench.loop, {moved(status, "/b"), {kAnswer}});
    bench.exchange({.url = server.url(), .method = "PUT", .body = "x"});
    EXPECT_EQ(first_line(server.heard(1)), status == 303 ? "GET /b HTTP/1.1" : "PUT /b HTTP/1.1");
  }
}

/// What tells who we are, and what does not.
HttpRequest secretive(const std::string& url) {
  return {.url = url,
          .fields = {"authorization: Bearer secret", "Cookie: secret", "Cookie;",
                     "Proxy-Authorization: secret", "X-Api-Key: secret", "x-goog-api-key: secret",
                     "Host: virtual", "Accept: text/x", "Accept-Language:", "last-event-id: 7"}};
}

TEST(HttpRedirect, credentials_follow_within_the_origin) {
  HttpBench bench;
  HttpServer server(bench.loop, {moved(302, "/b"), {kAnswer}});
  bench.exchange(secretive(server.url()));
  EXPECT_TRUE(has(server.heard(1), "authorization: Bearer secret\r\n")) << server.heard(1);
  EXPECT_TRUE(has(server.heard(1), "Cookie: secret\r\n"));
  EXPECT_TRUE(has(server.heard(1), "Host: virtual\r\n"));
}

TEST(HttpRedirect, credentials_do_not_cross_to_another_origin_nor_come_back) {
  HttpBench bench;
  HttpServer home(bench.loop, {{""}, {kAnswer}});
  HttpServer abroad(bench.loop, {moved(302, home.url("/back"))});
  home.replace_first(moved(307, abroad.url("/b")));
  bench.exchange(secretive(home.url()));
  EXPECT_EQ(bench.body, "hello");
  EXPECT_TRUE(has(home.heard(0), "secret"));
  for (const std::string& request : {abroad.heard(), home.heard(1)}) {
    EXPECT_FALSE(has(request, "secret")) << request;
    EXPECT_FALSE(has(request, "virtual")) << request;
    EXPECT_TRUE(has(request, "Accept: text/x\r\n")) << request;
    EXPECT_TRUE(has(request, "last-event-id: 7\r\n")) << request;
  }
}

TEST(HttpRedirect, owner_is_told_what_stays_behind) {
  HttpBench bench;
  HttpServer server(bench.loop, {{""}, {kAnswer}});
  server.replace_first(moved(302, server.url("/b", "localhost")));
  HttpRequest request = secretive(server.url());
  request.user = "name:secret";
  bench.exchange(std::move(request));
  EXPECT_EQ(bench.left_behind,
            (std::vector<std::string>{"Authorization", "Cookie", "Proxy-Authorization", "X-Api-Key",
                                      "x-goog-api-key", "Host"}));
}

TEST(HttpRedirect, other_name_or_scheme_is_another_origin) {
  HttpBench bench;
  HttpServer server(bench.loop, {{""}, {kAnswer}});
  server.replace_first(moved(302, server.url("/b", "localhost")));
  HttpRequest request = secretive(server.url());
  request.user = "name:secret";
  bench.exchange(std::move(request));
  EXPECT_FALSE(has(server.heard(1), "secret")) << server.heard(1);
  EXPECT_FALSE(has(server.heard(1), "uthorization")) << server.heard(1);
}

TEST(HttpRedirect, user_is_that_of_the_request_else_of_the_url) {
  const auto sent_to = [](const std::string& userinfo, const std::string& user) {
    HttpBench bench;
    HttpServer server(bench.loop, {moved(302, "/b"), {kAnswer}});
    std::string url = server.url();
    url.insert(7, userinfo);
    bench.exchange({.url = url, .user = user});
    EXPECT_EQ(bench.url, server.url("/b"));
    EXPECT_EQ(has(server.heard(0), "Authorization"), has(server.heard(1), "Authorization"));
    const std::size_t at = server.heard(1).find("Authorization: ");
    return at == std::string::npos ? "" : first_line(server.heard(1).substr(at));
  };
  EXPECT_EQ(sent_to("", ""), "");
  EXPECT_EQ(sent_to("", "a:b"), "Authorization: Basic YTpi");
  EXPECT_EQ(sent_to("a:b@", ""), "Authorization: Basic YTpi");
  EXPECT_EQ(sent_to("a:%62@", ""), "Authorization: Basic YTpi");
  EXPECT_EQ(sent_to("x:y@", "a:b"), "Authorization: Basic YTpi");
}

TEST(HttpRedirect, impossible_url_is_an_error_later) {
  for (const auto& [url, code] : {std::pair("gopher://x/", 1), std::pair("http://", 3),
                                  std::pair("no url", 3), std::pair("", 3)}) {
    HttpBench bench;
    const HttpEnd end = bench.exchange({.url = url});
    EXPECT_EQ(end.how, How::failed);
    EXPECT_EQ(end.error->code, code) << url;
  }
}

}  // namespace
}  // namespace net
