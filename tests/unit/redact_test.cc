// What is overwritten in a recording, and what is not: each head at every split.
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "rec/recording.h"
#include "rec/redact.h"
#include "rec/writer.h"
#include "support/event_log.h"

namespace {

std::string redacted_in(std::string_view stream, const test::Pieces& pieces) {
  rec::Redactor redactor;
  std::string result;
  test::feed_pieces(as_bytes(stream), pieces, [&](Bytes piece) {
    redactor.redact(piece);
    result += as_text(piece);
  });
  return result;
}

/// `stream` as it is recorded, which must not depend on how it is cut.
std::string redacted(std::string_view stream) {
  const std::string result = redacted_in(stream, test::whole(stream.size()));
  EXPECT_EQ(result.size(), stream.size());
  for (const test::Pieces& pieces : test::all_splits(stream.size())) {
    const std::string other = redacted_in(stream, pieces);
    if (other == result) continue;
    ADD_FAILURE() << test::describe(pieces) << "\n" << other << "\ninstead of\n" << result;
    break;
  }
  return result;
}

struct Case {
  std::string_view before;
  std::string_view after;
};

TEST(Redact, fields_that_hold_secrets) {
  const std::vector<Case> cases = {
      {"Authorization: Bearer abc", "Authorization: **********"},
      {"authorization:Basic YTpi", "authorization:**********"},
      {"Proxy-Authorization: \t x", "Proxy-Authorization: \t *"},
      {"Cookie: a=1; b=2", "Cookie: ********"},
      {"Set-Cookie: a=1; Path=/", "Set-Cookie: ***********"},
      {"X-Api-Key: k", "X-Api-Key: *"},
      {"Api-Key: k", "Api-Key: *"},
      {"apikey: k", "apikey: *"},
      {"X-Goog-Api-Key: k", "X-Goog-Api-Key: *"},
      {"Ocp-Apim-Subscription-Key: k", "Ocp-Apim-Subscription-Key: *"},
      {"X-Auth-Token: k", "X-Auth-Token: *"},
      {"X-Auth: k", "X-Auth: *"},
      {"Private-Token: k", "Private-Token: *"},
      {"X-Amz-Security-Token: k", "X-Amz-Security-Token: *"},
      {"X-Session: k", "X-Session: *"},
      {"X-XSRF: k", "X-XSRF: *"},
      {"DPoP: k", "DPoP: *"},
      {"Link: </?token=k", "Link: </?token=*"},
      {"Authorization : k", "Authorization : *"},
      {"Authorization: a\r\n b: c", "Authorization: *\r\n ****"},
      {"Authorization: a\nHost: h", "Authorization: *\nHost: h"},
      {"X: y\rAuthorization: a", "X: y\rAuthorization: *"},
      {" Authorization: a", " Authorization: *"},
  };
  for (const Case& one : cases) {
    const std::string start = "GET / HTTP/1.1\r\n";
    const std::string rest = "\r\nHost: h\r\n\r\n";
    EXPECT_EQ(redacted(start + std::string(one.before) + rest),
              start + std::string(one.after) + rest);
  }
}

TEST(Redact, fields_that_a_reader_needs_stay) {
  const std::string head =
      "GET /chat?room=1&close=1011 HTTP/1.1\r\nHost: 127.0.0.1:9001\r\nUpgrade: websocket\r\n"
      "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
      "Sec-WebSocket-Version: 13\r\nOrigin: http://localhost:8080\r\n"
      "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=15\r\n"
      "User-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\nWWW-Authenticate: Basic realm=\"x\"\r\n\r\n";
  EXPECT_EQ(redacted(head), head);
}

TEST(Redact, parameters_that_hold_secrets) {
  const std::vector<Case> cases = {
      {"/?token=abc", "/?token=***"},
      {"/ws?a=b&access_token=abc&c=d", "/ws?a=b&access_token=***&c=d"},
      {"/?API_KEY=abc", "/?API_KEY=***"},
      {"/?apiKey=abc", "/?apiKey=***"},
      {"/?key=abc&monkey=abc", "/?key=***&monkey=abc"},
      {"/cb?code=abc&state=x", "/cb?code=***&state=x"},
      {"/?app_key=abc&accountKey=abc", "/?app_key=***&accountKey=***"},
      {"/?PHPSESSID=abc&hmac=abc&zipcode=1", "/?PHPSESSID=***&hmac=***&zipcode=1"},
      {"/?sig=a%26b&x=1", "/?sig=*****&x=1"},
      {"/?X-Amz-Signature=0f&X-Amz-Date=1", "/?X-Amz-Signature=**&X-Amz-Date=1"},
      {"/?%74oken=abc", "/?%74oken=***"},
      {"/?t%6Fken=abc", "/?t%6Fken=***"},
      {"/?token=a=b;c?d/e", "/?token=*********"},
      {"/?token=&a=b", "/?token=&a=b"},
      {"/?token", "/?token"},
      {"/token=abc", "/token=abc"},
      {"/a;jsessionid=abc?b=c", "/a;jsessionid=*******"},
      {"/?next=http%3A%2F%2Fh%2F%3Ftoken%3Dabc&a=b", "/?next=http%3A%2F%2Fh%2F%3Ftoken%3D***&a=b"},
      {"/?from=http://h&token=abc", "/?from=http://h&token=***"},
      {"/?from=http://h:1&token=abc", "/?from=http://h:*&token=***"},
      {"/?password=p%zz&a=b", "/?password=****&a=b"},
      {"http://user:pa:ss@host/?a=b", "http://user:**********/?a=b"},
      {"http://[::1]:80/", "http://[::1]:**/"},
      {"http://a1b2c3d4@host/", "http://a1b2*********/"},
  };
  for (const Case& one : cases) {
    const std::string before(one.before);
    const std::string after(one.after);
    EXPECT_EQ(redacted("GET " + before + " HTTP/1.1\r\n\r\n"),
              "GET " + after + " HTTP/1.1\r\n\r\n");
    EXPECT_EQ(redacted("HTTP/1.1 302 Found\r\nLocation: " + before + "\r\n\r\n"),
              "HTTP/1.1 302 Found\r\nLocation: " + after + "\r\n\r\n");
  }
}

TEST(Redact, tokens_among_subprotocols) {
  const std::vector<Case> cases = {
      {"chat.v1, graphql-transport-ws", "chat.v1, graphql-transport-ws"},
      {"v5.channel.k8s.io, ocpp1.6, mqtt", "v5.channel.k8s.io, ocpp1.6, mqtt"},
      {"realtime, openai-insecure-api-key.sk-abc, openai-beta.realtime-v1",
       "realtime, openai-insecure-api-key.******, openai-beta.realtime-v1"},
      {"base64url.bearer.authorization.k8s.io.abc, base64.binary.k8s.io",
       "base64url.bearer.************************, base64.binary.k8s.io"},
      {"access_token, abc, chat", "access_token, ***, chat"},
      {"Bearer,abc", "Bearer,***"},
      {"eyJhbGciOi.J9.x", "eyJ************"},
      {"sk-abcdef", "sk-******"},
      {"x9Fq2LmZ7", "x9Fq2****"},
  };
  for (const Case& one : cases) {
    const std::string start = "GET / HTTP/1.1\r\nSec-WebSocket-Protocol: ";
    EXPECT_EQ(redacted(start + std::string(one.before) + "\r\n\r\n"),
              start + std::string(one.after) + "\r\n\r\n");
  }
  EXPECT_EQ(redacted("GET / HTTP/1.1\r\nSec-WebSocket-Protocol: bearer\r\n"
                     "Sec-WebSocket-Protocol: abc\r\n\r\n"),
            "GET / HTTP/1.1\r\nSec-WebSocket-Protocol: bearer\r\n"
            "Sec-WebSocket-Protocol: ***\r\n\r\n");
}

TEST(Redact, every_head_of_a_direction_but_no_body) {
  const std::vector<Case> cases = {
      // Interim answers come first.
      {"HTTP/1.1 103 Early Hints\r\nSet-Cookie: a\r\n\r\nHTTP/1.1 101 x\r\nSet-Cookie: a\r\n\r\n"
       "Cookie: a\n",
       "HTTP/1.1 103 Early Hints\r\nSet-Cookie: *\r\n\r\nHTTP/1.1 101 x\r\nSet-Cookie: *\r\n\r\n"
       "Cookie: a\n"},
      // Requests one behind the other, with and without a body.
      {"GET /?token=a HTTP/1.1\r\n\r\nGET /?token=a HTTP/1.1\r\nCookie: a\r\n\r\n",
       "GET /?token=* HTTP/1.1\r\n\r\nGET /?token=* HTTP/1.1\r\nCookie: *\r\n\r\n"},
      {"POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\nCookie: a\nPOST / HTTP/1.1\r\nCookie: "
       "a\r\n\r\n",
       "POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\nCookie: a\nPOST / HTTP/1.1\r\nCookie: "
       "*\r\n\r\n"},
      {"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\na\r\nCookie: a\n\r\n0\r\n\r\n"
       "GET / HTTP/1.1\r\nCookie: a\r\n\r\n",
       "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\na\r\nCookie: a\n\r\n0\r\n\r\n"
       "GET / HTTP/1.1\r\nCookie: *\r\n\r\n"},
      // Without a length that means something, everything may be a head.
      {"POST / HTTP/1.1\r\nContent-Length: 5, 5\r\n\r\nhello\r\nCookie: a\r\n",
       "POST / HTTP/1.1\r\nContent-Length: 5, 5\r\n\r\nhello\r\nCookie: *\r\n"},
      // The body of an answer that goes on to the end.
      {"HTTP/1.1 403 Forbidden\r\nSet-Cookie: a\r\n\r\nSet-Cookie: a\r\n\r\nSet-Cookie: a\r\n",
       "HTTP/1.1 403 Forbidden\r\nSet-Cookie: *\r\n\r\nSet-Cookie: a\r\n\r\nSet-Cookie: a\r\n"},
      // A head that is never complete.
      {"GET /?token=abc", "GET /?token=***"},
      {"GET / HTTP/1.1\r\nAuthorization: Bearer ab", "GET / HTTP/1.1\r\nAuthorization: *********"},
      {"\r\nGET / HTTP/1.1\r\nCookie: a\r\n", "\r\nGET / HTTP/1.1\r\nCookie: *\r\n"},
  };
  for (const Case& one : cases) EXPECT_EQ(redacted(one.before), one.after);
}

TEST(Redact, endless_head_is_redacted_to_its_end) {
  std::string head = "GET / HTTP/1.1\r\n";
  for (int i = 0; i < 2000; ++i) head += "X-Filler: 0123456789\r\n";
  const std::string start = head;
  head += "Cookie: secret\r\n";
  EXPECT_EQ(redacted_in(head, test::byte_by_byte(head.size())), start + "Cookie: ******\r\n");
}

TEST(Redact, frames_are_left_alone_once_the_answer_was_101) {
  using rec::Kind;
  rec::Writer writer(1, rec::Secrets::overwritten);
  std::string file;
  const auto append = [&](Kind kind, std::string_view text) {
    file.clear();
    writer.append(file, Duration(0), kind, as_bytes(text));
    rec::Reader reader;
    const std::string header = "{\"streamrec\":1,\"side\":\"client\"}\n" + file;
    ConstBytes in = as_bytes(header);
    reader.next(in);
    const auto item = reader.next(in);
    return std::string(as_text(std::get<rec::Record>(*item).bytes));
  };
  EXPECT_EQ(append(Kind::sent, "GET /?token=abc HTTP/1.1\r\nUpgrade: websocket\r\n\r\n"),
            "GET /?token=*** HTTP/1.1\r\nUpgrade: websocket\r\n\r\n");
  // Not yet: an authenticated request may follow a refusal on the same connection.
  EXPECT_EQ(append(Kind::sent, "GET / HTTP/1.1\r\nCookie: a\r\n\r\n"),
            "GET / HTTP/1.1\r\nCookie: *\r\n\r\n");
  EXPECT_EQ(append(Kind::received, "HTTP/1.1 101 x\r\nSet-Cookie: a\r\n\r\n\nCookie: a\n"),
            "HTTP/1.1 101 x\r\nSet-Cookie: *\r\n\r\n\nCookie: a\n");
  EXPECT_EQ(append(Kind::sent, "GET /?token=abc HTTP/1.1\r\n"), "GET /?token=abc HTTP/1.1\r\n");
}

TEST(Redact, url_of_the_header_line) {
  EXPECT_EQ(rec::redacted_url("wss://user:pass@host:8443/ws?token=abc&a=b"),
            "wss://*********@host:8443/ws?token=***&a=b");
  EXPECT_EQ(rec::redacted_url("wss://token@host"), "wss://*****@host");
  EXPECT_EQ(rec::redacted_url("ws://127.0.0.1:9001/a@b?c=d"), "ws://127.0.0.1:9001/a@b?c=d");
  EXPECT_EQ(rec::redacted_url("ws://[::1]:80"), "ws://[::1]:80");
  EXPECT_EQ(rec::redacted_url("host?key=a"), "host?key=*");
}

}  // namespace
