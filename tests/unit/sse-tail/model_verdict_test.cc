// Whose stream it is, and how it ends: the end mark, errors, and what is no answer at all.
#include "sse-tail/model_reader.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "model_steps.h"

namespace sse_tail {
namespace {

TEST(SseTailModelVerdict, end_mark_and_what_follows_it) {
  ModelReader reader = reader_of("openai");
  EXPECT_EQ(take(reader, {content("a"), "[DONE]", content("b")}), "T=a;");
  EXPECT_TRUE(reader.answer().ended());
  EXPECT_FALSE(reader.failed());
}

TEST(SseTailModelVerdict, error_has_its_message_and_code) {
  struct Case {
    std::string_view preset;
    std::string_view event;
    std::string message;
    std::string code;
  };
  for (const Case& c :
       {Case{"openai", R"({"error":{"message":"m","type":"t","code":null}})", "m", "t"},
        Case{"openai", R"({"error":{"message":"m","code":502},"choices":[]})", "m", "502"},
        Case{"openai", R"({"object":"error","message":"m","code":400})", "m", "400"},
        Case{"ollama", R"({"error":"m"})", "m", ""},
        Case{"anthropic", R"({"type":"error","error":{"type":"t","message":"m"}})", "m", "t"},
        Case{"responses", R"({"type":"error","message":"m","code":"c"})", "m", "c"},
        Case{"responses", R"({"type":"response.failed","response":{"error":{"code":"c"}}})", "",
             "c"},
        Case{"vercel", R"({"type":"error","errorText":"m"})", "m", ""},
        Case{"auto", R"({"error":{"message":"m"}})", "m", ""}}) {
    ModelReader reader = reader_of(c.preset);
    take(reader, {c.event});
    EXPECT_TRUE(reader.failed()) << c.event;
    EXPECT_EQ(reader.answer().error_message(), c.message) << c.event;
    EXPECT_EQ(reader.answer().error_code(), c.code) << c.event;
  }
  ModelReader reader = reader_of("openai");
  take(reader, {R"({"error":null,"choices":[{"delta":{"content":"a"}}]})"});
  EXPECT_FALSE(reader.failed());
}

TEST(SseTailModelVerdict, auto_holds_events_only_until_one_tells) {
  ModelReader reader = reader_of("auto");
  EXPECT_EQ(take(reader, {R"({"type":"ping"})", R"({"delta":{"type":"text_delta","text":"a"}})"}),
            "");
  EXPECT_FALSE(reader.known());
  EXPECT_EQ(take(reader, {R"({"type":"message_start"})"}), "T=a;");
  ASSERT_TRUE(reader.known());
  EXPECT_EQ(reader.preset()->name, "anthropic");
  EXPECT_EQ(take(reader, {R"({"delta":{"type":"text_delta","text":"b"}})"}), "T=b;");
}

TEST(SseTailModelVerdict, auto_gives_up_on_what_nobody_knows) {
  ModelReader reader = reader_of("auto");
  for (std::size_t i = 0; i < ModelReader::kMaxHeldEvents; ++i) take(reader, {R"({"x":1})"});
  EXPECT_FALSE(reader.failed());
  take(reader, {R"({"x":1})"});
  EXPECT_TRUE(reader.failed());
}

TEST(SseTailModelVerdict, whole_answer_is_read_as_one) {
  ModelReader reader = reader_of("auto");
  EXPECT_EQ(shown(reader.take_whole(
                R"({"object":"chat.completion","choices":[{"message":{"content":"hi"}}]})")),
            "T=hi;");
  EXPECT_TRUE(reader.answer().ended());
  ModelReader array = reader_of("gemini");
  EXPECT_EQ(shown(array.take_whole(
                R"([{"candidates":[{"content":{"parts":[{"text":"a"}]}}]},
                    {"candidates":[{"content":{"parts":[{"text":"b"}]},"finishReason":"STOP"}]}])")),
            "T=a;T=b;");
  EXPECT_TRUE(array.answer().ended());
}

TEST(SseTailModelVerdict, error_without_data_lines_is_found) {
  ModelReader reader = reader_of("gemini");
  EXPECT_EQ(reader.take_stray("hello"), "hello");
  for (const char* line :
       {"{", "  \"error\": {", "    \"code\": 503,", "    \"message\": \"m\"", "  }", "}"}) {
    EXPECT_EQ(reader.take_stray(line), "") << line;
  }
  EXPECT_TRUE(reader.failed());
  EXPECT_EQ(reader.answer().error_message(), "m");
  EXPECT_EQ(reader.answer().error_code(), "503");
}

TEST(SseTailModelVerdict, event_of_the_type_error_is_one) {
  struct Case {
    std::string_view data;
    std::string message;
    std::string code;
  };
  for (const Case& c :
       {Case{R"({"message":"m","code":529})", "m", "529"},
        Case{R"({"error":{"message":"m","code":1}})", "m", "1"}, Case{R"({"error":"m"})", "m", ""},
        Case{R"("m")", "m", ""}, Case{R"({"x":1})", R"({"x":1})", ""},
        Case{"no JSON", "no JSON", ""}, Case{"", "", ""}}) {
    for (const char* preset : {"openai", "mcp", "auto"}) {
      ModelReader reader = reader_of(preset);
      reader.take("error", c.data);
      EXPECT_TRUE(reader.failed()) << c.data;
      EXPECT_EQ(reader.answer().error_message(), c.message) << c.data;
      EXPECT_EQ(reader.answer().error_code(), c.code) << c.data;
      EXPECT_EQ(reader.odd_events(), 0U);
    }
  }
}

TEST(SseTailModelVerdict, error_that_is_empty_or_false_is_none) {
  ModelReader reader = reader_of("openai");
  take(reader, {R"({"error":false})", R"({"error":""})", R"({"error":{}})", R"({"error":[]})",
                R"({"error":0})"});
  EXPECT_FALSE(reader.failed());
  take(reader, {R"({"error":{"detail":"d"}})"});
  EXPECT_TRUE(reader.failed());
  EXPECT_EQ(reader.answer().error_message(), R"({"detail":"d"})");
}

TEST(SseTailModelVerdict, auto_does_not_take_an_end_mark_for_an_answer) {
  ModelReader reader = reader_of("auto");
  EXPECT_EQ(take(reader, {R"({"token":{"text":"Hi"}})", "[DONE]"}), "");
  EXPECT_EQ(reader.failure(), ModelReader::Failure::no_preset);
}

TEST(SseTailModelVerdict, held_events_stay_hidden_or_shown) {
  ModelReader reader = reader_of("auto");
  reader.take("a", R"({"delta":{"type":"text_delta","text":"a"}})", false);
  reader.take("b", R"({"delta":{"type":"text_delta","text":"b"}})", true);
  const auto deltas =
      reader.take("c", R"({"type":"message_stop","content_block":{"text":"c"}})", false);
  ASSERT_EQ(deltas.size(), 3U);
  EXPECT_FALSE(deltas[0].shown);
  EXPECT_TRUE(deltas[1].shown);
  EXPECT_FALSE(deltas[2].shown);
}

TEST(SseTailModelVerdict, auto_tells_agents_apart) {
  for (const auto& [event, preset] :
       {std::pair{R"({"jsonrpc":"2.0","id":1,"result":{"task":{"taskId":"1","status":"working"}}})",
                  "mcp"},
        std::pair{R"({"jsonrpc":"2.0","id":1,"result":{"message":"ok"}})", "mcp"},
        std::pair{R"({"jsonrpc":"2.0","id":1,"result":{"message":{"parts":[]}}})", "a2a"},
        std::pair{R"({"message":{"parts":[{"text":"x"}]}})", "a2a"},
        std::pair{R"({"message":{"content":"x"},"done":false})", "ollama"}}) {
    ModelReader reader = reader_of("auto");
    take(reader, {event});
    ASSERT_TRUE(reader.known()) << event;
    EXPECT_EQ(reader.preset()->name, preset) << event;
  }
}

TEST(SseTailModelVerdict, whole_body_without_its_end_is_no_answer) {
  for (const auto& [preset, body] :
       {std::pair{"openai", R"({"detail":"x"})"}, std::pair{"openai", "[]"},
        std::pair{"openai", R"({"choices":[]})"}, std::pair{"openai", "<html>"},
        std::pair{"ag-ui", R"({"message":"unauthorized"})"},
        std::pair{"responses", R"({"object":"response","status":"in_progress","output":[]})"},
        std::pair{"ollama", R"({"message":{"content":"x"},"done":false})"},
        std::pair{"gemini", R"([{"candidates":[{"content":{"parts":[{"text":"a"}]}}]}])"},
        std::pair{"interactions", "{}"}, std::pair{"vercel", "{}"}, std::pair{"mcp", "1"}}) {
    ModelReader reader = reader_of(preset);
    reader.take_whole(body);
    EXPECT_EQ(reader.failure(), ModelReader::Failure::no_answer) << preset << ' ' << body;
  }
}

TEST(SseTailModelVerdict, json_of_too_many_values_is_too_large) {
  std::string body = "[";
  for (std::size_t i = 0; i < rec::kMaxJsonValues; ++i) body += "{},";
  ModelReader reader = reader_of("gemini");
  reader.take_whole(body + "1]");
  EXPECT_EQ(reader.failure(), ModelReader::Failure::too_large);
  ModelReader event = reader_of("auto");
  event.take("message", body + "1]");
  EXPECT_EQ(event.failure(), ModelReader::Failure::too_large);
}

TEST(SseTailModelVerdict, stray_lines_that_are_no_error_are_given_back) {
  ModelReader reader = reader_of("openai");
  EXPECT_EQ(reader.take_stray("[error] worker died"), "[error] worker died");
  EXPECT_EQ(reader.take_stray("{not json"), "{not json");
  EXPECT_EQ(reader.take_stray("{\"a\":"), "");
  EXPECT_EQ(reader.take_stray("{\"error\":"), "");
  EXPECT_EQ(reader.take_stray("[1,"), "");
  EXPECT_EQ(reader.take_stray("x"), "{\"a\":\n{\"error\":\n[1,\nx");
  EXPECT_EQ(reader.take_stray("{\"x\":1}"), "{\"x\":1}");
  EXPECT_EQ(reader.take_stray("[[]"), "");
  EXPECT_EQ(reader.drop_stray(), "[[]");
  EXPECT_EQ(reader.take_stray("[{\"error\":{\"message\":\"m\"}}]"), "");
  EXPECT_TRUE(reader.failed());
}

}  // namespace
}  // namespace sse_tail
