#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "http/body.h"
#include "http/field.h"
#include "http/head.h"
#include "http/url.h"
#include "support/event_log.h"

namespace {

// ---- URLs

/// The parts of a URL in one line: `scheme user:password host port target`.
std::string parts_of(std::string_view text, std::string_view default_scheme = "ws") {
  const auto url = http::parse_url(text, default_scheme);
  if (!url) return url.error().message;
  std::string parts = url->scheme;
  if (url->user) parts += ' ' + *url->user + (url->password ? ':' + *url->password : "");
  return fmt::format("{} {} {} {}", parts, url->host, url->port, url->target);
}

TEST(HttpUrl, is_cut_into_its_parts) {
  const std::pair<std::string_view, std::string_view> kTable[] = {
      {"ws://localhost", "ws localhost 80 /"},
      {"wss://example.com", "wss example.com 443 /"},
      {"http://example.com/", "http example.com 80 /"},
      {"https://example.com:8443/a/b?c=d&e", "https example.com 8443 /a/b?c=d&e"},
      {"WSS://Example.COM/", "wss Example.COM 443 /"},
      {"localhost:9001/chat", "ws localhost 9001 /chat"},
      {"localhost", "ws localhost 80 /"},
      {"ws://localhost:/x", "ws localhost 80 /x"},
      {"ws://[::1]:9001/", "ws ::1 9001 /"},
      {"ws://[2001:db8::1]", "ws 2001:db8::1 80 /"},
      {"[::1]:9001", "ws ::1 9001 /"},
      {"ws://127.0.0.1:1", "ws 127.0.0.1 1 /"},
      {"ws://localhost?q", "ws localhost 80 /?q"},
      {"ws://localhost/a?b?c/d", "ws localhost 80 /a?b?c/d"},
      {"ws://me@localhost/", "ws me localhost 80 /"},
      {"ws://me:secret@localhost/", "ws me:secret localhost 80 /"},
      {"ws://me:se:cr%40t@localhost/", "ws me:se:cr@t localhost 80 /"},
      {"ws://me:@localhost/", "ws me: localhost 80 /"},
      {"ws://a@b@localhost/", "ws a@b localhost 80 /"},
      {"ws://localhost/a@b:c", "ws localhost 80 /a@b:c"},
      {"ws://localhost/%20%zz", "ws localhost 80 /%20%zz"},
      {"ws://localhost/\xC3\xB6?\xE2\x82\xAC", "ws localhost 80 /%C3%B6?%E2%82%AC"},
      {"ws://localhost/../a//b/./c", "ws localhost 80 /../a//b/./c"},
      {"localhost/proxy?to=http://other/", "ws localhost 80 /proxy?to=http://other/"},
      {"localhost?to=http://other/", "ws localhost 80 /?to=http://other/"},
  };
  for (const auto& [text, parts] : kTable) EXPECT_EQ(parts_of(text), parts) << text;
}

TEST(HttpUrl, that_cannot_be_used_says_why) {
  const std::pair<std::string_view, std::string_view> kTable[] = {
      {"", "bad URL: \"\" is not HOST or HOST:PORT"},
      {"ws://", "bad URL: \"\" is not HOST or HOST:PORT"},
      {"ws:///x", "bad URL: \"\" is not HOST or HOST:PORT"},
      {"ws://:80/", "bad URL: \":80\" is not HOST or HOST:PORT"},
      {"ws://localhost:0/", "bad URL: \"localhost:0\" is not HOST or HOST:PORT"},
      {"ws://localhost:65536/", "bad URL: port 65536 is above 65535"},
      {"ws://localhost:+80/", "bad URL: \"localhost:+80\" is not HOST or HOST:PORT"},
      {"ws://localhost:80a/", "bad URL: \"localhost:80a\" is not HOST or HOST:PORT"},
      {"ws://::1/", "bad URL: \"::1\" is not HOST or HOST:PORT"},
      {"ws://[::1/", "bad URL: \"[::1\" is not HOST or HOST:PORT"},
      {"ws://[::1]x/", "bad URL: \"[::1]x\" is not HOST or HOST:PORT"},
      {"ws://[]/", "bad URL: \"[]\" is not HOST or HOST:PORT"},
      {"ws://[local]/", "bad URL: \"[local]\" is not HOST or HOST:PORT"},
      {"ws://a\\b/", "bad URL: \"a\\b\" is not HOST or HOST:PORT"},
      {"ws://\xC3\xB6/", "bad URL: \"\xC3\xB6\" is not HOST or HOST:PORT"},
      {"ftp://localhost/", "bad URL: scheme \"ftp\" is not supported"},
      {"ws//localhost/x", "bad URL: no colon behind \"ws\""},
      {"://localhost/", "bad URL: scheme \"\" is not supported"},
      {"ws://localhost/#top", "bad URL: a fragment (#...) cannot be sent"},
      {"ws://local host/", "bad URL: a space or control character in it"},
      {"ws://localhost/\r\nX: y", "bad URL: a space or control character in it"},
      {"ws://localhost/\x7F", "bad URL: a space or control character in it"},
      {"ws://me%4@localhost/",
       "bad URL: a % in the user information is not followed by two hex digits"},
      {"ws://me:%zz@localhost/",
       "bad URL: a % in the user information is not followed by two hex digits"},
  };
  for (const auto& [text, message] : kTable) EXPECT_EQ(parts_of(text), message) << text;
}

TEST(HttpUrl, text_is_the_url_without_user_information) {
  const auto text_of = [](std::string_view text) { return http::parse_url(text, "ws")->text(); };
  EXPECT_EQ(text_of("wss://me:secret@example.com/a?b"), "wss://example.com/a?b");
  EXPECT_EQ(text_of("ws://localhost:80"), "ws://localhost/");
  EXPECT_EQ(text_of("wss://localhost:80"), "wss://localhost:80/");
  EXPECT_EQ(text_of("[::1]:9001/x"), "ws://[::1]:9001/x");
}

TEST(HttpUrl, is_secure_by_its_scheme) {
  EXPECT_TRUE(http::parse_url("wss://a", "ws")->secure());
  EXPECT_TRUE(http::parse_url("https://a", "ws")->secure());
  EXPECT_FALSE(http::parse_url("ws://a:443", "ws")->secure());
  EXPECT_TRUE(http::parse_url("a", "wss")->secure());
}

TEST(HttpUrl, authority_is_host_and_an_optional_port) {
  const auto parse = [](std::string_view text) -> std::string {
    const auto parsed = http::parse_authority(text);
    if (!parsed) return "none";
    return parsed->port ? fmt::format("{} {}", parsed->host, *parsed->port)
                        : std::string(parsed->host);
  };
  EXPECT_EQ(parse("localhost"), "localhost");
  EXPECT_EQ(parse("localhost:9000"), "localhost 9000");
  EXPECT_EQ(parse("localhost:"), "localhost");
  EXPECT_EQ(parse("[::1]"), "::1");
  EXPECT_EQ(parse("[::1]:65535"), "::1 65535");
  for (const std::string_view text : {"", ":1", "a:b", "a:1:2", "a b", "a/b", "me@a", "[::1",
                                      "[::1]1", "::1", "a:65536", "a:0", "a,b c", "\"a\"", "a\\"}) {
    EXPECT_EQ(parse(text), "none") << text;
  }
}

TEST(HttpUrl, loopback_is_known_by_name_and_by_address) {
  for (const std::string_view host :
       {"localhost", "LocalHost", "app.localhost", "127.0.0.1", "127.255.0.9", "::1"}) {
    EXPECT_TRUE(http::is_loopback(host)) << host;
  }
  for (const std::string_view host :
       {"", "localhost.example.com", "mylocalhost", "128.0.0.1", "127.0.0.1.example.com",
        "127.example", "10.0.0.1", "::", "0.0.0.0", "ocalhost"}) {
    EXPECT_FALSE(http::is_loopback(host)) << host;
  }
}

// ---- Heads

/// What a reader says of `stream`: `101 | reason | 1 | Name=value ...` or `rule @offset`, a line
/// for each head.
std::string read_heads(http::HeadKind kind, std::string_view stream, const test::Pieces& pieces) {
  std::string log;
  http::HeadReader reader(kind);
  test::feed_pieces(as_bytes(stream), pieces, [&](Bytes in) {
    while (const auto read = reader.next(in)) {
      if (const auto* broken = std::get_if<diag::Violation>(&*read)) {
        log += fmt::format("{} @{}\n", diag::info(broken->rule).id, broken->offset);
        continue;
      }
      const auto& head = std::get<http::Head>(*read);
      log += kind == http::HeadKind::request
                 ? fmt::format("{} | {} | 1.{}", head.method, head.target, head.minor_version)
                 : fmt::format("{} | {} | 1.{}", head.status, head.reason, head.minor_version);
      for (const http::Field& field : head.fields) {
        log += fmt::format(" | {}={}", field.name, field.value);
      }
      log += fmt::format(" @{}+{}\n", head.offset, head.text.size());
    }
    if (!in.empty()) log += "BYTES LEFT\n";
  });
  return log;
}

void expect_heads(http::HeadKind kind, std::string_view stream, std::string_view expected) {
  for (const test::Pieces& pieces : test::all_splits(stream.size())) {
    ASSERT_EQ(read_heads(kind, stream, pieces), expected) << stream << '\n'
                                                          << test::describe(pieces);
  }
}

TEST(HttpHead, request_gives_its_parts) {
  const auto expect = [](std::string_view stream, std::string_view expected) {
    expect_heads(http::HeadKind::request, stream, expected);
  };
  expect("GET / HTTP/1.1\r\n\r\n", "GET | / | 1.1 @0+18\n");
  expect("GET /a?b HTTP/1.0\r\nHost: a\r\nX:\t b c \t\r\nY:\r\n\r\n",
         "GET | /a?b | 1.0 | Host=a | X=b c | Y= @0+45\n");
  expect("\r\nGET / HTTP/1.1\r\n\r\n", "GET | / | 1.1 @0+20\n");
  expect("M-SEARCH * HTTP/1.1\r\n\r\n", "http-target @0\n");
  expect("OPTIONS * HTTP/1.1\r\n\r\n", "OPTIONS | * | 1.1 @0+22\n");
  expect("CONNECT a:1 HTTP/1.1\r\n\r\n", "CONNECT | a:1 | 1.1 @0+24\n");
  expect("GET http://a/b HTTP/1.1\r\n\r\n", "GET | http://a/b | 1.1 @0+27\n");
  expect("GET / HTTP/1.1\r\nX: \xC3\xA9\xFF\r\n\r\n", "GET | / | 1.1 | X=\xC3\xA9\xFF @0+26\n");
  expect("GET / HTTP/1.1\r\n\r\nPOST /b HTTP/1.1\r\n\r\n",
         "GET | / | 1.1 @0+18\nPOST | /b | 1.1 @18+20\n");
}

TEST(HttpHead, response_gives_its_parts) {
  const auto expect = [](std::string_view stream, std::string_view expected) {
    expect_heads(http::HeadKind::response, stream, expected);
  };
  expect("HTTP/1.1 200 OK\r\n\r\n", "200 | OK | 1.1 @0+19\n");
  expect("HTTP/1.0 404 Not Found at all\r\nA: b\r\n\r\n",
         "404 | Not Found at all | 1.0 | A=b @0+39\n");
  expect("HTTP/1.1 101 \r\n\r\n", "101 |  | 1.1 @0+17\n");
  expect("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 101 Go\r\n\r\n",
         "103 | Early Hints | 1.1 | Link=</a> @0+40\n101 | Go | 1.1 @40+19\n");
}

TEST(HttpHead, broken_request_is_named_by_rule_and_offset) {
  const std::pair<std::string_view, std::string_view> kTable[] = {
      {"\x16\x03\x01", "http-request-line @0\n"},
      {" GET / HTTP/1.1\r\n", "http-request-line @0\n"},
      {"\nGET / HTTP/1.1\r\n", "http-request-line @0\n"},
      {"\r\n\r\nGET / HTTP/1.1\r\n", "http-request-line @2\n"},
      {"\rGET", "http-line-end @0\n"},
      {"GET / HTTP/1.1\n", "http-line-end @14\n"},
      {"GET / HTTP/1.1\r\r\n", "http-line-end @14\n"},
      {"GET /\tHTTP/1.1\r\n", "http-request-line @0\n"},
      {"GET /\x01 HTTP/1.1\r\n", "http-control-character @5\n"},
      {"G(T / HTTP/1.1\r\n", "http-request-line @0\n"},
      {"GET  HTTP/1.1\r\n", "http-request-line @0\n"},
      {"GET HTTP/1.1\r\n", "http-request-line @0\n"},
      {"GET\r\n", "http-request-line @0\n"},
      {"GET / HTTP/1.1 x\r\n", "http-request-line @0\n"},
      {"GET / HTTP/11\r\n", "http-request-line @0\n"},
      {"GET / HTTP/1,1\r\n", "http-request-line @0\n"},
      {"GET / HTPP/1.1\r\n", "http-request-line @0\n"},
      {"GET / HTTP/3.0\r\n", "http-version @0\n"},
      {"PRI * HTTP/2.0\r\n", "http-version @0\n"},
      {"GET x HTTP/1.1\r\n", "http-target @0\n"},
      {"GET /a#b HTTP/1.1\r\n", "http-target @0\n"},
      {"GET ://x HTTP/1.1\r\n", "http-target @0\n"},
      {"GET / HTTP/1.1\r\n a\r\n", "http-line-folding @16\n"},
      {"GET / HTTP/1.1\r\nA: b\r\n\tc\r\n", "http-line-folding @22\n"},
      {"GET / HTTP/1.1\r\nA\r\n", "http-field-name @16\n"},
      {"GET / HTTP/1.1\r\n: b\r\n", "http-field-name @16\n"},
      {"GET / HTTP/1.1\r\nA : b\r\n", "http-field-name @16\n"},
      {"GET / HTTP/1.1\r\nA\xC3\xB6: b\r\n", "http-field-name @16\n"},
      {"GET / HTTP/1.1\r\nA: \x1B[2J\r\n", "http-control-character @19\n"},
      {"GET / HTTP/1.1\r\nA: b\nB: c\r\n", "http-line-end @20\n"},
      {"GET / HTTP/1.1\r\n\n", "http-line-end @16\n"},
  };
  for (const auto& [stream, expected] : kTable) {
    for (const test::Pieces& pieces : test::all_splits(stream.size())) {
      const std::string log = read_heads(http::HeadKind::request, stream, pieces);
      ASSERT_EQ(log, expected) << stream << '\n' << test::describe(pieces);
    }
  }
}

TEST(HttpHead, broken_response_is_named_by_rule_and_offset) {
  const std::pair<std::string_view, std::string_view> kTable[] = {
      {"SSH-2.0-OpenSSH_9.2\r\n", "http-status-line @0\n"},
      {"\r\nHTTP/1.1 200 OK\r\n", "http-status-line @0\n"},
      {"HTTPS/1.1 200 OK\r\n", "http-status-line @4\n"},
      {"http/1.1 200 OK\r\n", "http-status-line @0\n"},
      {"HTTP/1.1 200\r\n", "http-status-line @0\n"},
      {"HTTP/1.1  200 OK\r\n", "http-status-line @0\n"},
      {"HTTP/1.1 20 OK\r\n", "http-status-line @0\n"},
      {"HTTP/1.1 2000 OK\r\n", "http-status-line @0\n"},
      {"HTTP/1.1 +20 OK\r\n", "http-status-line @0\n"},
      {"HTTP/1.1 099 OK\r\n", "http-status-line @0\n"},
      {"HTTP/11.1 200 OK\r\n", "http-status-line @0\n"},
      {"HTTP/2.0 200 OK\r\n", "http-version @0\n"},
      {"HTTP/1.1 200 OK\n", "http-line-end @15\n"},
      {"HTTP/1.1 200 O\aK\r\n", "http-control-character @14\n"},
      {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nbad\r\n",
       "100 | Continue | 1.1 @0+25\nhttp-field-name @42\n"},
  };
  for (const auto& [stream, expected] : kTable) {
    for (const test::Pieces& pieces : test::all_splits(stream.size())) {
      const std::string log = read_heads(http::HeadKind::response, stream, pieces);
      ASSERT_EQ(log, expected) << stream << '\n' << test::describe(pieces);
    }
  }
}

TEST(HttpHead, nothing_comes_after_a_violation) {
  EXPECT_EQ(read_heads(http::HeadKind::request, "GET x HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n",
                       test::whole(36)),
            "http-target @0\n");
}

TEST(HttpHead, limits_are_16_kib_8_kib_and_100_fields) {
  const auto request = [](std::string_view stream) {
    return read_heads(http::HeadKind::request, stream, test::whole(stream.size()));
  };
  const std::string line = "GET / HTTP/1.1\r\n";
  const std::string room(http::kMaxHeadSize - line.size() - std::string("A: \r\n\r\n").size(), 'a');
  EXPECT_THAT(request(line + "A: " + room + "\r\n\r\n"), testing::EndsWith(" @0+16384\n"));
  EXPECT_EQ(request(line + "A: " + room + "a\r\n\r\n"), "http-head-size @16384\n");

  const std::string target(8192 - std::string("GET / HTTP/1.1\r\n").size(), 'a');
  EXPECT_THAT(request("GET /" + target + " HTTP/1.1\r\n\r\n"), testing::EndsWith(" @0+8194\n"));
  EXPECT_EQ(request("GET /" + target + "a HTTP/1.1\r\n\r\n"), "http-target-size @8192\n");

  std::string fields;
  for (int i = 0; i < 100; ++i) fields += "A: b\r\n";
  EXPECT_THAT(request(line + fields + "\r\n"), testing::StartsWith("GET | / | 1.1 | A=b"));
  EXPECT_EQ(request(line + fields + "A: b\r\n\r\n"), "http-field-count @616\n");
}

TEST(HttpHead, endless_line_is_stopped_at_the_limit_of_its_kind) {
  EXPECT_EQ(read_heads(http::HeadKind::request, std::string(100000, 'a'), test::whole(100000)),
            "http-target-size @8192\n");
  EXPECT_EQ(read_heads(http::HeadKind::response, "HTTP/1.1 200 " + std::string(100000, 'a'),
                       test::byte_by_byte(100013)),
            "http-head-size @16384\n");
}

TEST(HttpHead, interim_answers_share_one_limit) {
  std::string stream;
  while (stream.size() + 25 <= http::kMaxHeadSize) stream += "HTTP/1.1 100 Continue\r\n\r\n";
  stream += "HTTP/1.1 200 OK\r\n\r\n";
  EXPECT_THAT(read_heads(http::HeadKind::response, stream, test::whole(stream.size())),
              testing::EndsWith("http-head-size @16384\n"));
}

TEST(HttpHead, bytes_behind_a_head_are_left_alone) {
  const std::string_view stream = "HTTP/1.1 101 Go\r\n\r\n\x81\x02hi";
  std::vector<std::uint8_t> copy(stream.begin(), stream.end());
  Bytes in(copy);
  http::HeadReader reader(http::HeadKind::response);
  ASSERT_TRUE(reader.next(in));
  EXPECT_EQ(to_hex(in), "81026869");
}

TEST(HttpHead, partial_head_can_be_seen) {
  std::string text = "GET / HT";
  std::vector<std::uint8_t> copy(text.begin(), text.end());
  Bytes in(copy);
  http::HeadReader reader(http::HeadKind::request);
  EXPECT_FALSE(reader.next(in));
  EXPECT_EQ(reader.partial(), "GET / HT");
}

TEST(HttpHead, other_protocols_are_known_by_their_first_bytes) {
  const auto protocol = [](std::string_view hex) {
    return http::other_protocol(from_hex(hex).value());
  };
  EXPECT_EQ(protocol("16030100fa"), "TLS");
  EXPECT_EQ(protocol("150301"), "TLS");
  EXPECT_EQ(http::other_protocol(as_bytes("SSH-2.0-OpenSSH_9.2")), "SSH");
  EXPECT_EQ(http::other_protocol(as_bytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")), "HTTP/2");
  EXPECT_EQ(protocol("000012 04 00 00000000 000300000064"), "HTTP/2");
  EXPECT_EQ(protocol(""), "");
  EXPECT_EQ(protocol("16"), "TLS") << "the version may still be on its way";
  EXPECT_EQ(protocol("1602"), "");
  EXPECT_EQ(http::other_protocol(as_bytes("GET / HTTP/1.1")), "");
  EXPECT_EQ(http::other_protocol(as_bytes("HTTP/1.1 200 OK")), "");
}

// ---- Bodies

/// The content of `stream` after a head, then `|` and what is left, `!` and what is left when the
/// framing is broken, `...` when more is expected.
std::string read_body(http::BodyLength length, std::string_view stream,
                      const test::Pieces& pieces) {
  std::string content;
  std::string rest;
  http::BodyReader reader(length);
  test::feed_pieces(as_bytes(stream), pieces, [&](Bytes in) {
    while (const auto piece = reader.next(in)) {
      if (piece->empty()) content += "EMPTY PIECE";
      content += as_text(*piece);
    }
    if (!in.empty() && !reader.done()) content += "BYTES LEFT";
    rest += as_text(in);
  });
  return content + (reader.broken() ? "!" : reader.done() ? "|" : "...") + rest;
}

void expect_body(http::BodyLength length, std::string_view stream, std::string_view expected) {
  for (const test::Pieces& pieces : test::all_splits(stream.size())) {
    ASSERT_EQ(read_body(length, stream, pieces), expected) << stream << '\n'
                                                           << test::describe(pieces);
  }
}

constexpr http::BodyLength kChunked = {http::BodyKind::chunked, 0};

TEST(HttpBody, sized_body_ends_where_it_says) {
  expect_body({http::BodyKind::sized, 5}, "helloHTTP/1.1", "hello|HTTP/1.1");
  expect_body({http::BodyKind::sized, 6}, "hello", "hello...");
  expect_body({http::BodyKind::sized, UINT64_MAX}, "hello", "hello...");
}

TEST(HttpBody, absent_body_takes_nothing) {
  expect_body({}, "HTTP/1.1", "|HTTP/1.1");
}

TEST(HttpBody, body_up_to_the_end_takes_everything) {
  expect_body({http::BodyKind::until_end, 0}, "hello", "hello...");
}

TEST(HttpBody, chunks_are_joined) {
  expect_body(kChunked, "5\r\nhello\r\n0\r\n\r\n", "hello|");
  expect_body(kChunked, "2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\nHTTP/1.1", "hello|HTTP/1.1");
  expect_body(kChunked, "0\r\n\r\n", "|");
  expect_body(kChunked, "A\r\n0123456789\r\n0a\r\n0123456789\r\n000\r\n\r\nx",
              "01234567890123456789|x");
  expect_body(kChunked, "6\r\nhe\r\nlo\r\n0\r\n\r\n", "he\r\nlo|");
}

TEST(HttpBody, chunk_extensions_are_ignored) {
  expect_body(kChunked, "5;a=b;c=\"d\"\r\nhello\r\n0;last\r\n\r\nx", "hello|x");
  expect_body(kChunked, "5 ;a\r\nhello\r\n0\r\n\r\nx", "hello|x");
}

TEST(HttpBody, trailers_are_skipped) {
  expect_body(kChunked, "5\r\nhello\r\n0\r\nDigest: abc\r\nX: y\r\n\r\nx", "hello|x");
}

TEST(HttpBody, unfinished_chunks_wait_for_more) {
  for (const std::string_view stream : {"5", "5\r", "5\r\n"}) expect_body(kChunked, stream, "...");
  for (const std::string_view stream :
       {"5\r\nhello", "5\r\nhello\r", "5\r\nhello\r\n", "5\r\nhello\r\n0", "5\r\nhello\r\n0\r\n",
        "5\r\nhello\r\n0\r\nA: b\r\n"}) {
    expect_body(kChunked, stream, "hello...");
  }
}

TEST(HttpBody, broken_chunk_framing_ends_the_body) {
  for (const std::string_view stream :
       {"x", "\r\n", ";", "-5\r\n", "ffffffffffffffff0\r\n", "0x5\r\n", "5,\r\n"}) {
    const std::string got = read_body(kChunked, stream, test::whole(stream.size()));
    EXPECT_TRUE(got.starts_with("!")) << stream << " -> " << got;
  }
  const std::string longer = read_body(kChunked, "5\r\nhello, world\r\n0\r\n\r\n", {22});
  EXPECT_TRUE(longer.starts_with("hello!")) << longer;
}

TEST(HttpBody, endless_extension_and_endless_trailers_are_stopped) {
  for (const std::string_view begin : {"5;", "0\r\n", "0\r\nA: "}) {
    const std::string stream = std::string(begin) + std::string(40000, 'a');
    EXPECT_TRUE(read_body(kChunked, stream, test::whole(stream.size())).starts_with("!")) << begin;
  }
}

/// The length of the body behind `head`, in words.
std::string length_of(http::HeadKind kind, std::string_view head_text) {
  std::vector<std::uint8_t> copy(head_text.begin(), head_text.end());
  Bytes in(copy);
  http::HeadReader reader(kind);
  const auto read = reader.next(in);
  if (!read || !std::holds_alternative<http::Head>(*read)) return "not a head";
  const auto length = http::body_length(std::get<http::Head>(*read), kind);
  if (const auto* broken = std::get_if<diag::Violation>(&length)) {
    return fmt::format("{} @{}", diag::info(broken->rule).id, broken->offset);
  }
  const auto [body_kind, size] = std::get<http::BodyLength>(length);
  switch (body_kind) {
    case http::BodyKind::none: return "none";
    case http::BodyKind::sized: return fmt::format("sized {}", size);
    case http::BodyKind::chunked: return "chunked";
    case http::BodyKind::until_end: return "until end";
  }
  return "?";
}

TEST(HttpBody, length_follows_from_the_head) {
  const auto request = [](std::string_view fields) {
    return length_of(http::HeadKind::request, "GET / HTTP/1.1\r\n" + std::string(fields) + "\r\n");
  };
  EXPECT_EQ(request(""), "none");
  EXPECT_EQ(request("Content-Length: 0\r\n"), "none");
  EXPECT_EQ(request("content-length: 5\r\n"), "sized 5");
  EXPECT_EQ(request("Transfer-Encoding: Chunked\r\n"), "chunked");
  EXPECT_EQ(request("Transfer-Encoding: gzip, chunked\r\n"), "until end");
  EXPECT_EQ(request("Content-Length: 5\r\nContent-Length: 5\r\n"), "http-body-length @32");
  EXPECT_EQ(request("Content-Length: five\r\n"), "http-body-length @32");
  EXPECT_EQ(request("Content-Length:\r\n"), "http-body-length @31");
  EXPECT_EQ(request("Content-Length: 18446744073709551616\r\n"), "http-body-length @32");
  EXPECT_EQ(request("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"), "http-body-length @32");

  const auto response = [](unsigned status, std::string_view fields) {
    return length_of(http::HeadKind::response,
                     fmt::format("HTTP/1.1 {} X\r\n{}\r\n", status, fields));
  };
  EXPECT_EQ(response(200, ""), "until end");
  EXPECT_EQ(response(200, "Content-Length: 5\r\n"), "sized 5");
  EXPECT_EQ(response(404, "Transfer-Encoding: chunked\r\n"), "chunked");
}

TEST(HttpBody, answers_101_204_and_304_have_none_whatever_their_fields_say) {
  // RFC 9112 6.3 (1): a 304 tells the length of what it does not send.
  for (const unsigned status : {101U, 204U, 304U}) {
    for (const std::string_view fields :
         {"", "Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n"}) {
      EXPECT_EQ(length_of(http::HeadKind::response,
                          fmt::format("HTTP/1.1 {} X\r\n{}\r\n", status, fields)),
                "none")
          << status << ' ' << fields;
    }
  }
}

// ---- Fields

TEST(HttpField, tokens_are_made_of_token_characters) {
  EXPECT_TRUE(http::is_token("permessage-deflate"));
  EXPECT_TRUE(http::is_token("!#$%&'*+-.^_`|~09azAZ"));
  for (const std::string_view text : {"", "a b", "a,b", "a;b", "a=b", "\"a\"", "a/b", "a:b", "a@b",
                                      "\xC3\xB6", "a\t", "(a)", "[a]", "{a}", "a?", "a\\"}) {
    EXPECT_FALSE(http::is_token(text)) << text;
  }
}

TEST(HttpField, values_hold_anything_but_controls) {
  EXPECT_TRUE(http::is_field_value("a b\tc \xFF"));
  EXPECT_TRUE(http::is_field_value(""));
  for (const std::string_view text : {"a\r", "a\n", "\x7F", "\x1B", "a\x01"}) {
    EXPECT_FALSE(http::is_field_value(text)) << text;
  }
  EXPECT_FALSE(http::is_field_value(std::string_view("\0", 1)));
}

TEST(HttpField, lists_are_joined_over_lines_and_cut_at_commas_outside_of_quotes) {
  const std::vector<http::Field> fields = {
      {"Via", "a, b"}, {"Other", "x"}, {"via", ",c ,"}, {"VIA", "d;e=\"f,g\\\",h\", i"}};
  EXPECT_THAT(http::list_elements(fields, "Via"),
              testing::ElementsAre("a", "b", "", "c", "", "d;e=\"f,g\\\",h\"", "i"));
  EXPECT_TRUE(http::list_elements(fields, "Absent").empty());
  EXPECT_TRUE(http::list_has_token(fields, "Via", "C"));
  EXPECT_FALSE(http::list_has_token(fields, "Via", "h"));
  EXPECT_EQ(http::count_fields(fields, "via"), 3U);
  EXPECT_EQ(http::find_field(fields, "VIA")->value, "a, b");
  EXPECT_EQ(http::find_field(fields, "Absent"), nullptr);
}

TEST(HttpField, what_a_client_accepts_by_name_has_a_weight) {
  const auto accepts = [](std::string_view value) {
    const std::vector<http::Field> fields = {{"Accept", "image/png"}, {"accept", value}};
    return http::accepts_by_name(fields, "text/html");
  };
  for (const char* const yes : {"text/html", "a/b, TEXT/HTML ;v=1", "text/html;q=0.001",
                                "text/html;q", "text/html;a=\"x;q=0\"", "a/b;q=0,text/html"}) {
    EXPECT_TRUE(accepts(yes)) << yes;
  }
  for (const char* const no : {"", "*/*", "text/*", "text/htmlx", "text/html;q=0",
                               "text/html; level=1; Q=0.000", "text/html;q=0."}) {
    EXPECT_FALSE(accepts(no)) << no;
  }
}

/// `name; parameter=value` again, with quotes gone; `bad` when the grammar is broken.
std::string extensions(std::string_view value) {
  const std::vector<http::Field> fields = {{"Sec-WebSocket-Extensions", value}};
  const auto parsed =
      http::parse_extensions(http::list_elements(fields, "Sec-WebSocket-Extensions"));
  if (!parsed) return "bad";
  std::string text;
  for (const http::Extension& extension : *parsed) {
    if (!text.empty()) text += ", ";
    text += extension.name;
    for (const http::Parameter& parameter : extension.parameters) {
      text += "; " + parameter.name + (parameter.value ? '=' + *parameter.value : "");
    }
  }
  return text;
}

TEST(HttpField, extensions_are_names_with_parameters) {
  const std::pair<std::string_view, std::string_view> kTable[] = {
      {"", ""},
      {"permessage-deflate", "permessage-deflate"},
      {"permessage-deflate; client_max_window_bits", "permessage-deflate; client_max_window_bits"},
      {"a;b=1;c=\"2\"", "a; b=1; c=2"},
      {"a ; b = 1 , c", "a; b=1, c"},
      {"a; b=\"\\1\\2\"", "a; b=12"},
      {", a,,b ,", "a, b"},
      {"a; b, a; c", "a; b, a; c"},
      {"a b", "bad"},
      {"a;", "bad"},
      {"a;;b", "bad"},
      {";b", "bad"},
      {"a; =1", "bad"},
      {"a; b=", "bad"},
      {"a; b=\"\"", "bad"},
      {"a; b=\"c d\"", "bad"},
      {"a; b=\"c", "bad"},
      {"a; b=\"c\"d", "bad"},
      {"a; b=c=d", "bad"},
      {"a=b", "bad"},
      {"\"a\"", "bad"},
      {"a; b=\"c\\", "bad"},
  };
  for (const auto& [value, expected] : kTable) EXPECT_EQ(extensions(value), expected) << value;
}

}  // namespace
