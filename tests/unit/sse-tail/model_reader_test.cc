// What is read out of the events of a model's answer. Whole streams of every provider are in
// tests/vectors/llm.
#include "sse-tail/model_reader.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <utility>

namespace sse_tail {
namespace {

constexpr std::string_view kLetters = "TRFPNAI";  // of Part, as far as they are pieces

ModelReader reader_of(std::string_view preset) {
  return ModelReader({.judged = true, .preset = find_preset(preset)});
}

std::string shown(std::span<const Delta> deltas) {
  std::string text;
  for (const Delta& delta : deltas) {
    text += kLetters[static_cast<std::size_t>(delta.part)];
    if (delta.choice > 0) text += std::to_string(delta.choice);
    if (delta.part >= Part::tool_name) text += std::to_string(delta.call);
    text += delta.breaks ? '!' : '=';
    text += std::string(delta.text) + ';';
  }
  return text;
}

std::string take(ModelReader& reader, std::initializer_list<std::string_view> events) {
  std::string text;
  for (const std::string_view event : events) text += shown(reader.take("message", event));
  return text;
}

std::string content(std::string_view text, int index = 0) {
  return R"({"choices":[{"index":)" + std::to_string(index) + R"(,"delta":{"content":")" +
         std::string(text) + R"("}}]})";
}

std::string arguments(std::string_view text) {
  return R"({"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":")" +
         std::string(text) + R"("}}]}}]})";
}

TEST(SseTailModelReader, presets_are_sound) {
  for (const Preset& preset : presets()) {
    SCOPED_TRACE(preset.name);
    EXPECT_EQ(find_preset(preset.name), &preset);
    EXPECT_FALSE(preset.signs.empty());
    ModelReader({.judged = true, .preset = &preset});  // its pointers are pointers
    for (const Row& row : preset.rows) EXPECT_TRUE(row.at.empty() || row.at.starts_with('/'));
  }
  EXPECT_EQ(find_preset("auto"), nullptr);
}

TEST(SseTailModelReader, text_is_counted_in_characters_and_events_in_chunks) {
  ModelReader reader = reader_of("openai");
  EXPECT_EQ(take(reader, {content(""), content("é€"), content("x")}), "T=é€;T=x;");
  EXPECT_EQ(reader.answer().characters(), 3U);
  EXPECT_EQ(reader.answer().chunks(), 2U);  // a role alone is none
}

TEST(SseTailModelReader, other_choices_are_told_apart) {
  ModelReader reader = reader_of("openai");
  EXPECT_EQ(take(reader, {content("a"), content("b", 1)}), "T=a;T1=b;");
  EXPECT_EQ(reader.answer().characters(), 1U);
}

TEST(SseTailModelReader, reasoning_under_two_names_is_read_once) {
  ModelReader reader = reader_of("openai");
  EXPECT_EQ(take(reader, {R"({"choices":[{"delta":{"reasoning":"a","reasoning_content":"a"}}]})",
                          R"({"choices":[{"delta":{"reasoning":"b"}}]})"}),
            "R=a;R=b;");
}

TEST(SseTailModelReader, piece_that_breaks_the_arguments_is_named) {
  ModelReader reader = reader_of("openai");
  EXPECT_EQ(take(reader, {arguments(R"({\"a\":)"), arguments("x"), arguments("}")}),
            "A0={\"a\":;A0!x;A0=};");
  ASSERT_EQ(reader.answer().calls().size(), 1U);
  EXPECT_TRUE(reader.answer().calls()[0].broken);
  EXPECT_FALSE(reader.answer().calls()[0].complete());
}

TEST(SseTailModelReader, calls_side_by_side_are_kept_apart) {
  ModelReader reader = reader_of("anthropic");
  take(reader, {R"({"type":"content_block_start","index":1,"content_block":{"name":"a"}})",
                R"({"type":"content_block_start","index":2,"content_block":{"name":"b"}})"});
  const auto piece = [&](const char* index, const char* json) {
    return take(reader,
                {std::string(R"({"index":)") + index +
                 R"(,"delta":{"type":"input_json_delta","partial_json":")" + json + "\"}}"});
  };
  EXPECT_EQ(piece("2", "["), "A1=[;");
  EXPECT_EQ(piece("1", "{"), "A0={;");
  EXPECT_EQ(piece("2", "]"), "A1=];");
  EXPECT_FALSE(reader.answer().calls()[0].complete());
  EXPECT_TRUE(reader.answer().calls()[1].complete());
}

TEST(SseTailModelReader, calls_beyond_the_limit_are_passed_over) {
  ModelReader reader = reader_of("ag-ui");
  for (std::size_t i = 0; i < ToolCalls::kMaxCalls + 5; ++i) {
    take(reader, {R"({"type":"TOOL_CALL_START","toolCallName":"a","toolCallId":")" +
                  std::to_string(i) + "\"}"});
  }
  EXPECT_EQ(reader.answer().calls().size(), ToolCalls::kMaxCalls);
}

TEST(SseTailModelReader, character_that_is_cut_in_two_is_put_together) {
  ModelReader reader = reader_of("openai");
  EXPECT_EQ(take(reader, {content(R"(a\ud83d\uDE42\ud83d)"), content(R"(\ude42b)", 1),
                          content(R"(\ude42b)"), content("c")}),
            "T=a🙂;T1=\uFFFDb;T=🙂b;T=c;");
  EXPECT_EQ(take(reader, {content(R"(\ud83d)"), content("b"), content(R"(\\ud83d)")}),
            "T=\uFFFDb;T=\\ud83d;");
}

TEST(SseTailModelReader, half_a_character_does_not_vanish) {
  for (const bool mark : {true, false}) {
    ModelReader reader = reader_of("openai");
    EXPECT_EQ(take(reader, {content(R"(a\ud83d)"), content(R"(b\ud83d)", 1)}), "T=a;T1=b;");
    EXPECT_EQ(mark ? take(reader, {"[DONE]"}) : shown(reader.end_body()), "T=\uFFFD;T1=\uFFFD;");
    EXPECT_EQ(reader.answer().characters(), 2U);
  }
  ModelReader pointer(
      {.judged = false, .text = {*JsonPointer::parse("/a"), *JsonPointer::parse("/b")}});
  EXPECT_EQ(take(pointer, {R"({"a":"\ud83d","b":"\ud83d"})", R"({"a":"\ude42","b":"x"})"}),
            "T=🙂;T=\uFFFDx;");
  ModelReader error = reader_of("openai");
  take(error, {R"({"error":{"message":"a\ud83d"}})"});
  EXPECT_EQ(error.answer().error_message(), "a\uFFFD");
}

TEST(SseTailModelReader, end_mark_and_what_follows_it) {
  ModelReader reader = reader_of("openai");
  EXPECT_EQ(take(reader, {content("a"), "[DONE]", content("b")}), "T=a;");
  EXPECT_TRUE(reader.answer().ended());
  EXPECT_FALSE(reader.failed());
}

TEST(SseTailModelReader, error_has_its_message_and_code) {
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

TEST(SseTailModelReader, auto_holds_events_only_until_one_tells) {
  ModelReader reader = reader_of("auto");
  EXPECT_EQ(take(reader, {R"({"type":"ping"})", R"({"delta":{"type":"text_delta","text":"a"}})"}),
            "");
  EXPECT_FALSE(reader.known());
  EXPECT_EQ(take(reader, {R"({"type":"message_start"})"}), "T=a;");
  ASSERT_TRUE(reader.known());
  EXPECT_EQ(reader.preset()->name, "anthropic");
  EXPECT_EQ(take(reader, {R"({"delta":{"type":"text_delta","text":"b"}})"}), "T=b;");
}

TEST(SseTailModelReader, auto_gives_up_on_what_nobody_knows) {
  ModelReader reader = reader_of("auto");
  for (std::size_t i = 0; i < ModelReader::kMaxHeldEvents; ++i) take(reader, {R"({"x":1})"});
  EXPECT_FALSE(reader.failed());
  take(reader, {R"({"x":1})"});
  EXPECT_TRUE(reader.failed());
}

TEST(SseTailModelReader, tokens_of_reasoning_are_among_those_of_output) {
  ModelReader reader = reader_of("gemini");
  take(reader, {R"({"usageMetadata":{"promptTokenCount":4,"candidatesTokenCount":6}})",
                R"({"usageMetadata":{"candidatesTokenCount":7,"thoughtsTokenCount":3}})"});
  EXPECT_EQ(reader.answer().usage().input_tokens, 4U);
  EXPECT_EQ(reader.answer().usage().output_tokens, 10U);
  EXPECT_EQ(reader.answer().usage().reasoning_tokens, 3U);
}

TEST(SseTailModelReader, whole_answer_is_read_as_one) {
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

TEST(SseTailModelReader, error_without_data_lines_is_found) {
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

TEST(SseTailModelReader, pointers_find_any_value_and_judge_nothing) {
  ModelReader reader(
      {.judged = false, .text = {*JsonPointer::parse("/a"), *JsonPointer::parse("/b/0")}});
  EXPECT_EQ(take(reader, {R"({"a":"x","b":[1.5]})", R"({"a":{"c":null}})", R"({"a":null})",
                          R"({"error":"e","a":true})", "no JSON"}),
            "T=x;T=1.5;T={\"c\":null};T=true;");
  EXPECT_FALSE(reader.over());
}

TEST(SseTailModelReader, pointers_take_the_place_of_the_text_of_a_preset) {
  ModelReader reader({.preset = find_preset("openai"), .text = {*JsonPointer::parse("/id")}});
  EXPECT_EQ(take(reader, {R"({"id":"7","choices":[{"delta":{"content":"x"}}]})", "[DONE]"}),
            "T=7;");
  EXPECT_TRUE(reader.answer().ended());
}

}  // namespace
}  // namespace sse_tail
