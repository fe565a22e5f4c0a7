// What an answer or an end means, in words and for the decision whether to connect again.
#include "sse-tail/ending.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace sse_tail {
namespace {

using sse::Ending;

struct Answer {
  unsigned status = 200;
  std::vector<http::Field> fields = {{"Content-Type", "text/event-stream"}};
  std::string line = "HTTP/1.1 200 OK";
};

std::optional<Ended> judge(const Answer& answer, bool any_type = false) {
  return judge_answer({.status = answer.status,
                       .version = "1.1",
                       .url = "http://h/",
                       .fields = answer.fields,
                       .head = answer.line + "\r\n\r\n"},
                      {.any_type = any_type});
}

bool is_stream(std::string_view type) {
  return !judge({.fields = {{"Content-Type", type}}});
}

TEST(SseTailEnding, media_type_is_compared_without_case_and_parameters) {
  for (const char* type : {"text/event-stream", "Text/Event-Stream", "text/event-stream;",
                           "text/event-stream;charset=windows-1252", "text/event-stream ; x"}) {
    EXPECT_TRUE(is_stream(type)) << type;
  }
  for (const char* type : {"", "x bogus", "text/x-bogus", "text/event-stream-x", "text/html"}) {
    EXPECT_FALSE(is_stream(type)) << type;
  }
}

TEST(SseTailEnding, json_is_read_where_text_is_looked_for) {
  struct Case {
    const char* type;
    Args args;
    std::optional<Framing> framing;
  };
  for (const Case& c : {Case{"application/x-ndjson", {}, {}},
                        Case{"application/x-ndjson", {.llm = "auto"}, Framing::lines},
                        Case{"Application/JSONL; x", {.pointers = {"/a"}}, Framing::lines},
                        Case{"application/json", {.pointers = {"/a"}}, Framing::whole},
                        Case{"application/json", {}, {}},
                        Case{"application/json", {.llm = "openai"}, Framing::whole},
                        Case{"application/json", {.llm = "ollama"}, Framing::lines},
                        Case{"text/event-stream", {.llm = "ollama"}, Framing::events},
                        Case{"text/plain", {.any_type = true, .llm = "ollama"}, Framing::lines},
                        Case{"text/plain", {.any_type = true, .llm = "auto"}, Framing::any},
                        Case{"text/plain", {.any_type = true, .pointers = {"/a"}}, Framing::any},
                        Case{"text/plain", {.any_type = true}, Framing::events}}) {
    net::HttpAnswer answer;
    const std::vector<http::Field> fields = {{"Content-Type", c.type}};
    answer.fields = fields;
    EXPECT_EQ(framing_of(answer, c.args), c.framing) << c.type;
  }
}

TEST(SseTailEnding, other_media_types_are_read_when_asked_for) {
  EXPECT_FALSE(judge({.fields = {{"Content-Type", "text/plain"}}}, true));
  EXPECT_FALSE(judge({.fields = {}}, true));
  EXPECT_TRUE(judge({.status = 404}, true));
}

TEST(SseTailEnding, wrong_media_type_is_named_escaped) {
  const auto ended = judge({.fields = {{"Content-Type", "text/\x1b[2Jhtml"}}});
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->ending, Ending::not_a_stream);
  EXPECT_EQ(ended->exit_code, 22);
  EXPECT_EQ(ended->what, "the answer is \"text/\\x1b[2Jhtml\", not text/event-stream");
  EXPECT_EQ(judge({.fields = {}})->what, "the answer has no media type, not text/event-stream");
}

TEST(SseTailEnding, status_is_shown_with_its_reason) {
  EXPECT_EQ(judge({.status = 404, .line = "HTTP/1.1 404 Not Found"})->what,
            "the server answered 404 Not Found");
  EXPECT_EQ(judge({.status = 404, .line = "HTTP/2 404 "})->what, "the server answered 404");
  EXPECT_EQ(judge({.status = 404, .line = "HTTP/1.1 404 \x07"})->what,
            "the server answered 404 \\x07");
}

TEST(SseTailEnding, busy_server_says_when_to_come_again) {
  const auto ended = judge({.status = 503, .fields = {{"Retry-After", "7"}}});
  EXPECT_EQ(ended->ending, Ending::busy);
  EXPECT_EQ(ended->retry_after, std::chrono::seconds(7));
}

TEST(SseTailEnding, end_of_a_transfer_is_clean_cut_unreachable_or_futile) {
  using How = net::HttpEnd::How;
  const auto ending = [](How how, bool answered, int code) {
    return judge_end({.how = how, .answered = answered, .error = net::DialError{code, "x", ""}})
        .ending;
  };
  EXPECT_EQ(judge_end({.how = How::whole, .answered = true, .error = std::nullopt}).ending,
            Ending::clean);
  EXPECT_EQ(ending(How::cut, true, 18), Ending::cut);
  EXPECT_EQ(ending(How::not_http, true, 100), Ending::cut);
  EXPECT_EQ(ending(How::cut, false, 52), Ending::unreachable);
  EXPECT_EQ(ending(How::failed, false, 7), Ending::unreachable);
  EXPECT_EQ(ending(How::failed, false, 60), Ending::futile);
  EXPECT_EQ(ending(How::failed, false, 47), Ending::futile);
  EXPECT_EQ(ending(How::failed, false, 22), Ending::futile);
  EXPECT_EQ(ending(How::not_http, false, 100), Ending::futile);
}

TEST(SseTailEnding, what_is_no_http_is_shown_escaped) {
  net::HttpEnd end{.how = net::HttpEnd::How::not_http};
  end.error = net::DialError{100, "the server's answer is not HTTP but SSH", ""};
  end.received = "SSH-2.0\x1b\r\n";
  EXPECT_EQ(judge_end(end).what,
            "the server's answer is not HTTP but SSH: it begins with \"SSH-2.0\\x1b\\r\\n\"");
}

TEST(SseTailEnding, next_step_says_when_why_and_after_what) {
  using std::chrono::milliseconds;
  sse::Decision decision{.verdict = sse::Verdict::reconnect,
                         .because = sse::Because::reconnection_time,
                         .wait = milliseconds(3000)};
  EXPECT_EQ(next_step(decision, ""), "connecting again in 3 s");
  decision.because = sse::Because::retry_after;
  EXPECT_EQ(next_step(decision, "a\x1b"),
            "connecting again in 3 s, as it asks, after the event with ID \"a\\x1b\"");
  EXPECT_EQ(
      next_step({.verdict = sse::Verdict::fail, .because = sse::Because::failures, .failures = 4},
                ""),
      "giving up after 4 failures in a row");
}

TEST(SseTailEnding, times_are_written_for_people) {
  EXPECT_EQ(time_text(std::chrono::milliseconds(0)), "0 ms");
  EXPECT_EQ(time_text(std::chrono::milliseconds(250)), "250 ms");
  EXPECT_EQ(time_text(std::chrono::milliseconds(1500)), "1.5 s");
  EXPECT_EQ(time_text(std::chrono::seconds(90)), "90 s");
  EXPECT_EQ(time_text(std::chrono::minutes(20)), "20 min");
}

}  // namespace
}  // namespace sse_tail
