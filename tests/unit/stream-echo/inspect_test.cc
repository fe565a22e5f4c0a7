// What the endpoints answer that show a client its own request; requests are read as the server
// reads them.
#include "stream-echo/inspect.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

namespace stream_echo {
namespace {

/// Of a request with the lines of `head`, which need no line ends.
LateAnswer inspected(const std::vector<std::string>& lines, std::string_view body = {}) {
  std::string text;
  for (const std::string& line : lines) text += line + "\r\n";
  text += "\r\n";
  http::HeadReader reader(http::HeadKind::request);
  std::vector<std::uint8_t> bytes(text.begin(), text.end());
  Bytes in(bytes);
  const auto read = reader.next(in);
  const auto* const head = read ? std::get_if<http::Head>(&*read) : nullptr;
  if (head == nullptr) {
    ADD_FAILURE() << "no head: " << text;
    return {};
  }
  return inspect(
      {.head = *head, .body = body, .peer = "127.0.0.1:41698", .conn = 7, .connection_count = 2});
}

LateAnswer get(const std::string& target, const std::string& authorization = "x") {
  return inspected(
      {"GET " + target + " HTTP/1.1", "Host: localhost", "Authorization: " + authorization});
}

unsigned status(const LateAnswer& late) {
  return late.answer.answer.status;
}

const std::string& text(const LateAnswer& late) {
  return late.answer.answer.text;
}

std::string field(const LateAnswer& late, std::string_view name) {
  for (const auto& line : late.answer.answer.fields) {
    if (line.name == name) return line.value;
  }
  return {};
}

TEST(StreamEchoInspect, anything_is_the_request_as_it_was_seen) {
  const LateAnswer answer =
      inspected({"PURGE /anything/below?b=2&a=%C3%A4%20%2B+&b&%zz=%FF HTTP/1.0",
                 "Host: localhost:8080", "X-One: 1", "x-one: \"2\"", "Cookie: \xE4"},
                "{\"b\": 1.50, \"a\": \"\xC3\xA4\"}");
  EXPECT_EQ(status(answer), 200U);
  EXPECT_EQ(answer.answer.answer.content_type, "application/json");
  EXPECT_EQ(
      text(answer),
      "{\"method\":\"PURGE\",\"url\":\"http://localhost:8080/anything/below?b=2&a=%C3%A4%20%2B+&b&"
      "%zz=%FF\",\"path\":\"/anything/below\",\"args\":[{\"name\":\"b\",\"value\":\"2\"},"
      "{\"name\":\"a\",\"value\":\"\xC3\xA4 ++\"},{\"name\":\"b\",\"value\":\"\"},"
      "{\"name\":\"%zz\",\"value\":\"\xEF\xBF\xBD\"}],\"http\":\"1.0\","
      "\"headers\":[{\"name\":\"Host\",\"value\":\"localhost:8080\"},"
      "{\"name\":\"X-One\",\"value\":\"1\"},{\"name\":\"x-one\",\"value\":\"\\\"2\\\"\"},"
      "{\"name\":\"Cookie\",\"value\":\"\xEF\xBF\xBD\"}],"
      "\"data\":\"{\\\"b\\\": 1.50, \\\"a\\\": \\\"\xC3\xA4\\\"}\",\"size\":22,"
      "\"json\":{\"b\": 1.50, \"a\": \"\xC3\xA4\"},\"origin\":\"127.0.0.1:41698\",\"conn\":7}");
}

TEST(StreamEchoInspect, a_body_is_base64_when_it_is_no_text_and_json_only_when_it_is) {
  const auto of_body = [](std::string_view body) {
    std::string all = text(inspected({"POST /anything HTTP/1.1", "Host: localhost"}, body));
    const std::size_t begin = all.find("}],") + 3;
    return all.substr(begin, all.find(",\"origin\"") - begin);
  };
  EXPECT_EQ(of_body(""), "\"data\":\"\",\"size\":0");
  EXPECT_EQ(of_body("\xFF"), "\"base64\":\"/w==\",\"size\":1");
  EXPECT_EQ(of_body("{"), "\"data\":\"{\",\"size\":1");
  EXPECT_EQ(of_body("17\n"), "\"data\":\"17\\n\",\"size\":3,\"json\":17");
  EXPECT_EQ(of_body("\xEF\xBB\xBF{}"), "\"data\":\"\xEF\xBB\xBF{}\",\"size\":5,\"json\":{}");
  EXPECT_EQ(of_body(" 1.10 "), "\"data\":\" 1.10 \",\"size\":6,\"json\":1.10");
  EXPECT_EQ(of_body("{\"b\":1,\"a\":2,\"a\":12345678901234567890123}"),
            "\"data\":\"{\\\"b\\\":1,\\\"a\\\":2,\\\"a\\\":12345678901234567890123}\",\"size\":41,"
            "\"json\":{\"b\":1,\"a\":2,\"a\":12345678901234567890123}");
  EXPECT_EQ(of_body(std::string_view("{}\0x", 4)), "\"data\":\"{}\\u0000x\",\"size\":4");
  const std::string deep = std::string(600, '[') + std::string(600, ']');
  EXPECT_EQ(of_body(deep).find("json"), std::string::npos);
}

TEST(StreamEchoInspect, one_wrong_escape_in_a_query_leaves_the_others_alone) {
  const std::string answer = text(get("/anything?a=%41%4%zz%42%&%43=100%"));
  EXPECT_NE(answer.find(R"("args":[{"name":"a","value":"A%4%zzB%"},)"
                        R"({"name":"C","value":"100%"}])"),
            std::string::npos)
      << answer;
}

TEST(StreamEchoInspect, headers_are_the_fields_alone) {
  EXPECT_EQ(text(get("/headers", "secret")),
            "{\"headers\":[{\"name\":\"Host\",\"value\":\"localhost\"},"
            "{\"name\":\"Authorization\",\"value\":\"secret\"}]}");
}

TEST(StreamEchoInspect, a_status_has_its_phrase_and_the_fields_it_cannot_be_without) {
  EXPECT_EQ(text(get("/status/404")), "404 Not Found");
  EXPECT_EQ(text(get("/status/200")), "200 OK");
  EXPECT_EQ(text(get("/status/599")), "599");
  EXPECT_EQ(status(get("/status/599")), 599U);
  EXPECT_EQ(field(get("/status/301"), "Location"), "/anything");
  EXPECT_EQ(field(get("/status/304"), "Location"), "");
  EXPECT_EQ(field(get("/status/401"), "WWW-Authenticate"), "Basic realm=\"stream-echo\"");
  EXPECT_EQ(field(get("/status/407"), "Proxy-Authenticate"), "Basic realm=\"stream-echo\"");
  EXPECT_EQ(field(get("/status/503"), "Retry-After"), "1");
  EXPECT_NE(field(get("/status/405"), "Allow"), "");
  EXPECT_EQ(field(get("/status/206"), "Content-Range"),
            "bytes 0-19/20");  // "206 Partial Content\n"
  EXPECT_EQ(field(get("/status/416"), "Content-Range"), "bytes */26");
  for (const char* const wrong : {"100", "199", "600", "99", "abc", "", "404/", "-200", "0404x",
                                  "0200", "000", "+20", "20"}) {
    EXPECT_EQ(status(get(std::string("/status/") + wrong)), 400U) << wrong;
  }
}

TEST(StreamEchoInspect, redirects_lead_to_anything_in_so_many_steps) {
  EXPECT_EQ(status(get("/redirect/3")), 302U);
  EXPECT_EQ(field(get("/redirect/3"), "Location"), "/redirect/2");
  EXPECT_EQ(field(get("/redirect/1"), "Location"), "/anything");
  EXPECT_EQ(status(get("/redirect/2?code=307&x")), 307U);
  EXPECT_EQ(field(get("/redirect/2?code=307&x"), "Location"), "/redirect/1?code=307&x");
  for (const char* const wrong : {"0", "1001", "x", "", "2?code=304", "2?code=200", "2?code="}) {
    EXPECT_EQ(status(get(std::string("/redirect/") + wrong)), 400U) << wrong;
  }
}

TEST(StreamEchoInspect, basic_authentication_wants_any_user_or_that_of_the_path) {
  const std::string good = "Basic am9lOmE6Yg==";  // joe:a:b
  EXPECT_EQ(text(get("/basic-auth", good)), "{\"authenticated\":true,\"user\":\"joe\"}");
  EXPECT_EQ(status(get("/basic-auth", "bASIC  am9lOmE6Yg==")), 200U);
  EXPECT_EQ(status(get("/basic-auth/joe/a%3Ab", good)), 200U);
  EXPECT_EQ(status(get("/basic-auth/joe/a:b", good)), 200U);
  EXPECT_EQ(status(get("/basic-auth/joe/a", good)), 401U);
  EXPECT_EQ(status(get("/basic-auth/joe:a/b", good)), 400U);
  EXPECT_EQ(status(get("/basic-auth/joe%3Aa/b", good)), 400U);
  EXPECT_EQ(status(get("/basic-auth/", good)), 400U);
  EXPECT_EQ(status(get("/basic-auth/joe", good)), 400U);
  for (const char* const wrong : {"x", "Basic", "Basic !", "Basic am9l", "Bearer am9lOmE6Yg=="}) {
    const LateAnswer answer = get("/basic-auth", wrong);
    EXPECT_EQ(status(answer), 401U) << wrong;
    EXPECT_EQ(field(answer, "WWW-Authenticate"), "Basic realm=\"stream-echo\"") << wrong;
  }
}

TEST(StreamEchoInspect, bearer_wants_a_token) {
  EXPECT_EQ(text(get("/bearer", "bearer abc.def")),
            "{\"authenticated\":true,\"token\":\"abc.def\"}");
  EXPECT_EQ(status(get("/bearer", "Bearer ")), 401U);
  EXPECT_EQ(field(get("/bearer"), "WWW-Authenticate"), "Bearer realm=\"stream-echo\"");
}

TEST(StreamEchoInspect, delay_is_anything_after_a_time_and_made_only_then) {
  const std::array fields = {http::Field{"Host", "localhost"}};
  http::Head head;
  head.method = "GET";
  head.target = "/delay/250ms";
  head.fields = fields;
  const LateAnswer answer = inspect({.head = head, .body = "x"});
  EXPECT_EQ(answer.after, std::chrono::milliseconds(250));
  EXPECT_EQ(text(answer), "");
  const std::string made = answer.make().answer.text;
  EXPECT_TRUE(made.starts_with("{\"method\":\"GET\"")) << made;
  EXPECT_NE(made.find("\"data\":\"x\""), std::string::npos) << made;
  EXPECT_EQ(get("/delay/60").after, kMaxDelay);
  for (const char* const wrong : {"61", "", "x", "-1", "1h"}) {
    EXPECT_EQ(status(get(std::string("/delay/") + wrong)), 400U) << wrong;
  }
}

TEST(StreamEchoInspect, health_is_ok) {
  EXPECT_EQ(text(get("/health")), "{\"status\":\"ok\",\"connections\":2}");
}

TEST(StreamEchoInspect, no_password_is_said_for_the_log) {
  for (const char* const path : {"/basic-auth/joe/hunter2", "/headers", "/bearer", "/anything"}) {
    const std::string why = get(path, "Bearer hunter2").answer.why;
    EXPECT_EQ(why.find("hunter2"), std::string::npos) << why;
  }
}

TEST(StreamEchoInspect, other_paths_are_not_its_business) {
  for (const char* const path :
       {"/", "/anythingelse", "/headers/", "/status", "/health/x", "/ws"}) {
    EXPECT_FALSE(is_inspected(path)) << path;
  }
}

TEST(StreamEchoAnswer, registered_statuses_have_their_phrases) {
  EXPECT_EQ(reason_phrase(100), "Continue");
  EXPECT_EQ(reason_phrase(422), "Unprocessable Content");
  EXPECT_EQ(reason_phrase(511), "Network Authentication Required");
  EXPECT_EQ(reason_phrase(299), "");
  EXPECT_EQ(reason_phrase(600), "");
}

TEST(StreamEchoAnswer, an_answer_without_text_says_so) {
  const std::string accepted = to_http(Answer{.status = 202}, 0);
  EXPECT_NE(accepted.find("\r\nContent-Length: 0\r\n"), std::string::npos) << accepted;
  EXPECT_EQ(accepted.find("Content-Type"), std::string::npos) << accepted;
  const std::string reset = to_http(Answer{.status = 205, .text = "x"}, 0);
  EXPECT_TRUE(reset.ends_with("\r\n\r\n")) << reset;
}

}  // namespace
}  // namespace stream_echo
