// What is read out of the events of a model's answer. Whole streams of every provider are in
// tests/vectors/llm.
#include "sse-tail/model_reader.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "model_steps.h"

namespace sse_tail {
namespace {

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

TEST(SseTailModelReader, tokens_of_reasoning_are_among_those_of_output) {
  ModelReader reader = reader_of("gemini");
  take(reader, {R"({"usageMetadata":{"promptTokenCount":4,"candidatesTokenCount":6}})",
                R"({"usageMetadata":{"candidatesTokenCount":7,"thoughtsTokenCount":3}})"});
  EXPECT_EQ(reader.answer().usage().input_tokens, 4U);
  EXPECT_EQ(reader.answer().usage().output_tokens, 10U);
  EXPECT_EQ(reader.answer().usage().reasoning_tokens, 3U);
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

TEST(SseTailModelReader, calls_without_an_id_are_told_apart_by_their_place) {
  ModelReader reader = reader_of("ollama");
  EXPECT_EQ(take(reader, {R"({"message":{"content":"x","tool_calls":[
                {"function":{"name":"a","arguments":{"p":1}}},
                {"function":{"name":"b","arguments":{"q":2}}}]}})"}),
            R"(T=x;N0=a;A0={"p":1};N1=b;A1={"q":2};)");
}

TEST(SseTailModelReader, another_id_under_the_same_number_is_another_call) {
  const auto call = [](const char* id, const char* function) {
    return std::string(R"({"choices":[{"delta":{"tool_calls":[{"index":0,"id":)") + id +
           R"(,"function":)" + function + "}]}}]}";
  };
  ModelReader reader = reader_of("openai");
  EXPECT_EQ(
      take(reader,
           {call("\"x\"", R"({"name":"a","arguments":"["})"), call("null", R"({"arguments":"]"})"),
            call("\"y\"", R"({"name":"b","arguments":"{"})"), call("\"\"", R"({"arguments":"}"})"),
            call("\"x\"", R"({"arguments":" "})")}),
      "N0=a;A0=[;A0=];N1=b;A1={;A1=};A0= ;");
}

TEST(SseTailModelReader, pieces_come_in_the_order_in_which_they_stand) {
  ModelReader gemini = reader_of("gemini");
  EXPECT_EQ(take(gemini, {R"({"candidates":[{"content":{"parts":[{"text":"a"},
                {"text":"b","thought":true},{"functionCall":{"name":"f","args":{}}},{"text":"c"}
                ]}}]})"}),
            "T=a;R=b;N0=f;A0={};T=c;");
  ModelReader openai = reader_of("openai");
  EXPECT_EQ(take(openai, {R"({"choices":[{"delta":{"content":"a","reasoning":"b"}}]})"}),
            "R=b;T=a;");
}

TEST(SseTailModelReader, what_pointers_find_does_not_wait_for_the_preset) {
  ModelReader reader({.text = {*JsonPointer::parse("/token/text")}});
  EXPECT_EQ(take(reader, {R"({"token":{"text":"Hi"}})", R"({"token":{"text":"!"}})"}), "T=Hi;T=!;");
  for (std::size_t i = 0; i < 2 * ModelReader::kMaxHeldEvents; ++i) take(reader, {R"({"x":1})"});
  EXPECT_FALSE(reader.over());
  EXPECT_EQ(take(reader, {R"({"token":{"text":"."},"choices":[{"delta":{"content":"x"}}]})"}),
            "T=.;");
  EXPECT_TRUE(reader.known());
  EXPECT_EQ(reader.answer().chunks(), 3U);
  ModelReader unknown({.text = {*JsonPointer::parse("/a")}});
  EXPECT_EQ(take(unknown, {R"({"a":1})", "[DONE]"}), "T=1;");
  EXPECT_TRUE(unknown.answer().ended());
}

TEST(SseTailModelReader, pointers_change_nothing) {
  ModelReader reader({.judged = false, .text = {*JsonPointer::parse("/a")}});
  EXPECT_EQ(take(reader, {R"({"a":12345678901234567890123})", R"({"a":2.50})", R"({"a":1E2})",
                          R"({"a":{"z":1, "b":[ ]}})", R"({"x":-1e400,"a":-1e400})", R"([{"a":1}])",
                          R"({"a":"\"x\\\n"})"}),
            "T=12345678901234567890123;T=2.50;T=1E2;T={\"z\":1, \"b\":[ ]};T=-1e400;T=\"x\\\n;");
  EXPECT_EQ(reader.odd_events(), 0U);
  take(reader, {"[DONE]"});
  EXPECT_EQ(reader.odd_events(), 0U);
  take(reader, {"oops"});
  EXPECT_EQ(reader.odd_events(), 1U);
}

}  // namespace
}  // namespace sse_tail
