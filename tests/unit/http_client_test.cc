// HTTP transfers against a server in the same loop. Nothing sleeps; a watchdog turns a wait in vain
// into a failure.
#include "net/http_client.h"

#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "http/head.h"
#include "support/http_bench.h"

namespace net {
namespace {

using test::HttpBench;
using test::HttpReply;
using test::HttpServer;
using How = HttpEnd::How;

/// A bench and a server with these replies, and what came of one GET.
HttpEnd get(HttpBench& bench, std::deque<HttpReply> replies, bool tls = false) {
  HttpServer server(bench.loop, std::move(replies), tls);
  return bench.exchange({.url = server.url(), .connection = {.security = {.insecure = tls}}});
}

/// What a transfer shows of a reply: "200 'body' whole".
std::string outcome(const HttpReply& reply, bool tls = false) {
  HttpBench bench;
  const HttpEnd end = get(bench, {reply}, tls);
  EXPECT_EQ(end.answered, bench.status != 0);
  EXPECT_EQ(end.error.has_value(), end.how != How::whole);
  constexpr const char* kNames[] = {"whole", "cut", "reset", "limit", "not_http", "failed"};
  std::string text =
      bench.status != 0 ? std::to_string(bench.status) + " '" + bench.body + "' " : std::string();
  text += kNames[static_cast<std::size_t>(end.how)];
  if (end.error) text += " " + std::to_string(end.error->code);
  return text;
}

using Then = HttpReply::Then;

const std::string kHead = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n";
const std::string kChunked = kHead + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n";
const std::string kCounted = kHead + "Content-Length: 5\r\n\r\n";

TEST(HttpClient, trailers_count_as_the_head_does) {
  std::string trailers;
  while (trailers.size() < http::kMaxHeadSize)
    trailers += "Trailer: " + std::string(90, 'x') + "\r\n";
  EXPECT_EQ(outcome({kChunked + "0\r\n" + trailers, Then::hold}), "200 'hello' limit 103");
}

TEST(HttpClient, body_that_comes_to_its_proper_end_is_whole) {
  const HttpReply replies[] = {
      {kChunked + "0\r\n\r\n", Then::hold},
      {kChunked + "0\r\nTrailer: field\r\n\r\n", Then::hold},
      {kCounted + "hello", Then::hold},
      {kCounted + "hello, and more than was announced", Then::hold},
      {kHead + "\r\nhello"},
      {"HTTP/1.0 200 OK\r\n\r\nhello"},
      {"HTTP/1.1 200 OK\nContent-Type: text/event-stream\n\nhello"},
  };
  for (const bool tls : {false, true}) {
    for (const HttpReply& reply : replies)
      EXPECT_EQ(outcome(reply, tls), "200 'hello' whole") << reply.text;
    EXPECT_EQ(outcome({"HTTP/1.1 204 No Content\r\n\r\n", Then::hold}, tls), "204 '' whole");
  }
}

TEST(HttpClient, body_that_is_cut_short_is_told_apart) {
  for (const bool tls : {false, true}) {
    EXPECT_EQ(outcome({kChunked}, tls), "200 'hello' cut 18");
    EXPECT_EQ(outcome({kChunked + "5\r\nhel"}, tls), "200 'hellohel' cut 18");
    EXPECT_EQ(outcome({kChunked + "5\r\nhel", Then::cut}, tls), "200 'hellohel' cut 18");
    EXPECT_EQ(outcome({kCounted + "hell"}, tls), "200 'hell' cut 18");
  }
}

TEST(HttpClient, reset_is_told_apart) {
  for (const bool tls : {false, true}) {
    EXPECT_EQ(outcome({kChunked, Then::reset}, tls), "200 'hello' reset 56");
    EXPECT_EQ(outcome({kCounted + "hell", Then::reset}, tls), "200 'hell' reset 56");
    EXPECT_EQ(outcome({kHead + "\r\nhello", Then::reset}, tls), "200 'hello' reset 56");
    EXPECT_EQ(outcome({kHead, Then::reset}, tls), "reset 56");
    EXPECT_EQ(outcome({"", Then::reset}, tls), "reset 56");
  }
}

TEST(HttpClient, tls_without_close_notify_cuts_a_body_that_ends_by_close) {
  EXPECT_EQ(outcome({kHead + "\r\nhello", Then::cut}, true), "200 'hello' cut 56");
  EXPECT_EQ(outcome({kCounted + "hello", Then::cut}, true), "200 'hello' whole");
  EXPECT_EQ(outcome({kHead + "\r\nhello", Then::cut}, false), "200 'hello' whole");
}

TEST(HttpClient, connection_that_ends_before_the_answer_is_cut) {
  for (const char* text : {"", "HTT", "HTTP/1.1 200", "HTTP/1.1 200 OK\r\nContent-Type: x\r\n"})
    EXPECT_EQ(outcome({text}), "cut 52") << text;
}

TEST(HttpClient, interim_answers_are_skipped) {
  EXPECT_EQ(outcome({"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" +
                     kCounted + "hello"}),
            "200 'hello' whole");
  EXPECT_EQ(outcome({"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\nhello"}),
            "101 'hello' whole");
}

TEST(HttpClient, what_is_not_http_is_refused) {
  using namespace std::string_literals;
  const std::string texts[] = {
      "hello there\r\n",
      "HTTP 200 OK\r\n\r\nhello",
      "HTTP/7.1 200 OK\r\n\r\nhello",
      "HTTP/1.1 99 OK\r\n\r\nhello",
      "HTTP/1.1 2000 OK\r\n\r\nhello",
      "HTTP/1.1 200 OK\r\nno colon\r\n\r\nhello",
      "HTTP/1.1 200 OK\r\nnul: \0\r\n\r\nhello"s,
      "HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\nhello",
      "\r\n\r\n" + kCounted + "hello",
  };
  for (const std::string& text : texts) EXPECT_EQ(outcome({text}), "not_http 100") << text;
  EXPECT_EQ(outcome({kChunked + "zz\r\nhello"}), "200 'hello' not_http 100");
  EXPECT_EQ(outcome({kChunked + "1\r\nhello"}), "200 'helloh' not_http 100");
}

TEST(HttpClient, protocol_that_is_spoken_instead_is_named) {
  HttpBench bench;
  HttpEnd end = get(bench, {{"SSH-2.0-OpenSSH_9.2\r\n", Then::hold, true}});
  EXPECT_EQ(end.error->message, "the server's answer is not HTTP but SSH");
  EXPECT_EQ(end.received, "SSH-2.0-OpenSSH_9.2\r\n");

  HttpBench other;
  end = get(other, {{"\x15\x03\x01\x00\x02\x02\x16"}});
  EXPECT_EQ(end.how, How::not_http);
  EXPECT_EQ(end.error->hint, "use https://");
}

TEST(HttpClient, port_without_tls_is_explained) {
  HttpBench bench;
  HttpServer server(bench.loop, {{kCounted + "hello", Then::hold, true}});
  const HttpEnd end = bench.exchange({.url = "https" + server.url().substr(4)});
  EXPECT_EQ(end.how, How::failed);
  EXPECT_EQ(end.error->code, 35);
  EXPECT_EQ(end.error->message, "the server does not speak TLS on this port");
  EXPECT_EQ(end.error->hint, "use http://");
}

TEST(HttpClient, head_has_a_limit) {
  for (const std::size_t size : {17'000U, 90'000U, 300'000U}) {
    EXPECT_EQ(outcome({"HTTP/1.1 200 OK\r\nX: " + std::string(size, 'x') + "\r\n\r\n"}),
              "limit 103");
  }
  std::string many;
  for (int i = 0; i < 200; ++i)
    many += "HTTP/1.1 103 Early Hints\r\nX: " + std::string(90, 'x') + "\r\n\r\n";
  EXPECT_EQ(outcome({many + kCounted + "hello"}), "limit 103");
}

TEST(HttpClient, answer_shows_its_head) {
  HttpBench bench;
  const std::string head =
      "HTTP/1.0 200 OK\r\nX-Folded: a \r\n \tb\r\nEmpty:\r\nServer:  x y \r\n\r\n";
  get(bench, {{head}});
  EXPECT_EQ(bench.version, "1.0");
  const std::vector<std::pair<std::string, std::string>> fields = {
      {"X-Folded", "a    \tb"}, {"Empty", ""}, {"Server", "x y"}};
  EXPECT_EQ(bench.fields, fields);
}

TEST(HttpClient, request_says_what_it_is_told_to) {
  HttpBench bench;
  HttpServer server(bench.loop, {{kCounted + "hello"}});
  bench.exchange({.url = server.url("/a?b#c"),
                  .fields = {"Accept: text/event-stream", "X-Empty;", "Host: other"}});
  EXPECT_EQ(server.heard(),
            "GET /a?b HTTP/1.1\r\nHost: other\r\nAccept: text/event-stream\r\nX-Empty:\r\n\r\n");
}

TEST(HttpClient, post_sends_its_body_and_waits_for_no_100) {
  HttpBench bench;
  HttpServer server(bench.loop, {{kCounted + "hello"}});
  const std::string body(100'000, 'x');
  bench.exchange({.url = server.url(),
                  .method = "POST",
                  .fields = {"Content-Type: application/json", "Accept:"},
                  .body = body});
  EXPECT_EQ(server.heard(),
            "POST / HTTP/1.1\r\nHost: " + server.url().substr(7, server.url().size() - 8) +
                "\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n" + body);
}

TEST(HttpClient, method_may_be_any) {
  for (const std::string method : {"HEAD", "PUT", "REPORT", "POST"}) {
    HttpBench bench;
    HttpServer server(bench.loop, {{kCounted + "hello", Then::hold}});
    const HttpEnd end = bench.exchange({.url = server.url(), .method = method});
    EXPECT_EQ(end.how, How::whole);
    EXPECT_TRUE(server.heard().starts_with(method + " / HTTP/1.1\r\n")) << server.heard();
    EXPECT_EQ(bench.body, method == "HEAD" ? "" : "hello");
  }
}

TEST(HttpClient, refused_port_is_code_7) {
  HttpBench bench;
  std::string url;
  {
    const HttpServer server(bench.loop, {{""}});
    url = server.url();
  }
  const HttpEnd end = bench.exchange({.url = url});
  EXPECT_EQ(end.how, How::failed);
  EXPECT_EQ(end.error->code, 7);
  EXPECT_EQ(end.error->hint, "is the server running?");
}

TEST(HttpClient, certificate_is_checked) {
  HttpBench bench;
  HttpServer server(bench.loop, {{kCounted + "hello"}}, true);
  const HttpEnd end = bench.exchange({.url = server.url()});
  EXPECT_EQ(end.error->code, 60);
  EXPECT_EQ(end.error->message,
            "the server's certificate does not verify: unable to get local issuer certificate");
}

TEST(HttpClient, transport_is_shown_as_it_was) {
  HttpBench bench;
  const std::string interim = "HTTP/1.1 103 X\r\nA: b\r\n\r\n";
  HttpServer server(bench.loop, {{"HTTP/1.1 302 X\r\nLocation: /b\r\n\r\n"},
                                 {interim + kChunked + "0\r\nTrailer: x\r\n\r\n", Then::hold}});
  bench.exchange({.url = server.url(),
                  .method = "POST",
                  .fields = {"Accept:", "Host: h"},
                  .body = "ask",
                  .transport = true});
  const std::string type = "Content-Type: application/x-www-form-urlencoded\r\n";
  EXPECT_EQ(bench.transport, "|open|POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n" + type +
                                 "\r\nask" + "HTTP/1.1 302 X\r\nLocation: /b\r\n\r\n|>eof|" +
                                 "|open|GET /b HTTP/1.1\r\nHost: h\r\n\r\n" + interim + kChunked +
                                 "0\r\nTrailer: x\r\n\r\n|>eof|");
}

TEST(HttpClient, transport_is_not_mistaken_for_http2) {
  HttpBench bench;
  const std::string answer = "HTTP/1.1 200 HTTP/2\r\nVia: HTTP/2\r\n\r\nHTTP/2";
  HttpServer server(bench.loop, {{answer}});
  bench.exchange({.url = server.url("/HTTP/2"),
                  .fields = {"Accept: HTTP/2", "Host: HTTP/2"},
                  .transport = true});
  EXPECT_EQ(
      bench.transport,
      "|open|GET /HTTP/2 HTTP/1.1\r\nHost: HTTP/2\r\nAccept: HTTP/2\r\n\r\n" + answer + "|<eof|");
}

TEST(HttpClient, transport_tells_how_it_ended) {
  const auto last_of = [](const HttpReply& reply) {
    HttpBench bench;
    HttpServer server(bench.loop, {reply});
    bench.exchange({.url = server.url(), .transport = true});
    return bench.transport.substr(bench.transport.rfind('|', bench.transport.size() - 2));
  };
  EXPECT_EQ(last_of({kHead + "\r\nhello"}), "|<eof|");
  EXPECT_EQ(last_of({kChunked}), "|<eof|");
  EXPECT_EQ(last_of({kChunked, Then::reset}), "|<rst|");
  EXPECT_EQ(last_of({kCounted + "hello", Then::hold}), "|>eof|");
  EXPECT_EQ(last_of({"HTTP/1.1 302 X\r\n\r\n", Then::hold}), "|>eof|");
}

TEST(HttpClient, compressed_body_is_decoded_when_wanted) {
  using namespace std::string_literals;
  const std::string gzipped =
      "\x1f\x8b\x08\0\0\0\0\0\x02\x03\xcb\x48\xcd\xc9\xc9\x07\0\x86\xa6\x10\x36\x05\0\0\0"s;
  for (const bool wanted : {false, true}) {
    HttpBench bench;
    HttpServer server(bench.loop,
                      {{"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + gzipped}});
    bench.exchange({.url = server.url(), .compressed = wanted});
    EXPECT_EQ(bench.body, wanted ? "hello" : gzipped);
    EXPECT_EQ(server.heard().find("Accept-Encoding") != std::string::npos, wanted);
  }
}

TEST(HttpClient, timings_are_there_at_the_end) {
  HttpBench bench;
  HttpServer server(bench.loop, {{kCounted + "hello"}}, true);
  bench.exchange({.url = server.url(), .connection = {.security = {.insecure = true}}});
  const HttpTimings timings = bench.transfer->timings();
  EXPECT_GT(timings.connect, Duration(0));
  EXPECT_GE(timings.tls, timings.connect);
  EXPECT_GE(timings.first_byte, timings.tls);
}

TEST(HttpClient, sending_the_request_and_the_answer_have_times_of_the_loop) {
  for (const bool tls : {false, true}) {
    HttpBench bench;
    HttpServer server(bench.loop, {{kCounted + "hello"}}, tls);
    const Time before = bench.loop.refresh();
    Time at_body;
    bench.at_body = [&] { at_body = bench.loop.refresh(); };
    bench.exchange({.url = server.url(), .connection = {.security = {.insecure = true}}});
    const HttpTimings timings = bench.transfer->timings();
    ASSERT_TRUE(timings.requested && timings.answered);
    EXPECT_GE(*timings.requested, before + (tls ? timings.tls : timings.connect));
    EXPECT_GE(*timings.answered, *timings.requested);
    EXPECT_GE(at_body, *timings.answered);
  }
}

}  // namespace
}  // namespace net
