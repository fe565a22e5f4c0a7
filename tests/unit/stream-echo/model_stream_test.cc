// The blocks of a model's reply in each format, and their times.
#include "stream-echo/model_stream.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "sse/parser.h"

namespace stream_echo {
namespace {

using namespace std::chrono_literals;

constexpr Time kStart = Time(1h);
constexpr std::uint64_t kCreated = 1'700'000'000;

ModelReply reply_to(ModelRequest request, std::string_view reasoning = "") {
  request.model = "m";
  return make_reply(std::move(request), {.reasoning = reasoning,
                                         .first_after = 1s,
                                         .interval = 10ms,
                                         .number = 7,
                                         .created = kCreated});
}

struct Block {
  std::string text = {};
  bool is_word = false;
  std::optional<Duration> pause = {};
};

std::vector<Block> blocks_of(ModelApi api, const ModelReply& reply) {
  ModelStream stream(format_of(api), reply);
  std::vector<Block> blocks;
  OutputBuffer out;
  const auto take = [&](std::optional<Duration> pause) {
    blocks.push_back({std::string(as_text(out.view())), stream.wrote_word(), pause});
    out.sent(out.size());
  };
  for (bool more = true; more;) {
    const auto pause = stream.append(out);
    more = pause.has_value();
    if (out.size() > 0) take(pause);
  }
  stream.append_end(out);
  take(std::nullopt);
  return blocks;
}

/// The types of all events, each once for a run.
std::string types_of(const std::vector<Block>& blocks) {
  std::string types;
  std::string last;
  sse::Parser parser;
  for (const Block& block : blocks) {
    ConstBytes bytes = as_bytes(block.text);
    while (const auto event = parser.next(bytes)) {
      if (event->type == last) continue;
      last = event->type;
      types += last + ' ';
    }
  }
  return types;
}

TEST(StreamEchoModelStream, chat_is_chunks_and_a_mark) {
  ModelRequest request{.text = "a b", .words = 2};
  request.wants_usage = true;
  const auto blocks = blocks_of(ModelApi::chat, reply_to(request));
  ASSERT_EQ(blocks.size(), 6U);
  EXPECT_EQ(blocks[1].text,
            R"(data: {"id":"chatcmpl-7","object":"chat.completion.chunk","created":1700000000,)"
            R"("model":"m","choices":[{"index":0,"delta":{"content":"a "},"logprobs":null,)"
            R"("finish_reason":null}],"usage":null})"
            "\n\n");
  EXPECT_NE(blocks[3].text.find(R"("delta":{},"logprobs":null,"finish_reason":"stop")"),
            std::string::npos);
  EXPECT_NE(blocks[4].text.find(R"("choices":[],"usage":{"prompt_tokens":2,)"), std::string::npos);
  EXPECT_EQ(blocks[5].text, "data: [DONE]\n\n");
}

TEST(StreamEchoModelStream, responses_has_the_events_of_each_item) {
  EXPECT_EQ(types_of(blocks_of(ModelApi::responses, reply_to({.text = "a b"}, "hm"))),
            "response.created response.in_progress response.output_item.added "
            "response.reasoning_summary_part.added response.reasoning_summary_text.delta "
            "response.reasoning_summary_text.done response.reasoning_summary_part.done "
            "response.output_item.done response.output_item.added response.content_part.added "
            "response.output_text.delta response.output_text.done response.content_part.done "
            "response.output_item.done response.completed ");
  EXPECT_EQ(types_of(blocks_of(ModelApi::responses, reply_to({.text = "a b", .tool = "f"}))),
            "response.created response.in_progress response.output_item.added "
            "response.function_call_arguments.delta response.function_call_arguments.done "
            "response.output_item.done response.completed ");
  const auto cut = reply_to({.text = "a b", .max_words = 1});
  EXPECT_TRUE(types_of(blocks_of(ModelApi::responses, cut)).ends_with(" response.incomplete "));
}

TEST(StreamEchoModelStream, messages_has_blocks_with_an_index) {
  EXPECT_EQ(types_of(blocks_of(ModelApi::messages, reply_to({.text = "a b"}, "hm"))),
            "message_start content_block_start ping content_block_delta content_block_stop "
            "content_block_start content_block_delta content_block_stop message_delta "
            "message_stop ");
  const auto call =
      blocks_of(ModelApi::messages, reply_to({.text = "a \"b\"", .tool = "f", .argument = "city"}));
  EXPECT_EQ(call[3].text,
            "event: content_block_delta\n"
            R"(data: {"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta",)"
            R"("partial_json":"{\"city\":\"a "}})"
            "\n\n");
}

TEST(StreamEchoModelStream, ollama_is_a_line_each) {
  const auto chat = blocks_of(ModelApi::ollama_chat, reply_to({.text = "a", .words = 1}));
  ASSERT_EQ(chat.size(), 2U);
  EXPECT_EQ(chat[0].text, R"({"model":"m","created_at":"2023-11-14T22:13:20Z",)"
                          R"("message":{"role":"assistant","content":"a"},"done":false})"
                          "\n");
  const auto nothing = blocks_of(ModelApi::ollama_generate, reply_to({}));
  ASSERT_EQ(nothing.size(), 1U);
  EXPECT_NE(nothing[0].text.find(R"("response":"","done":true,"done_reason":"stop")"),
            std::string::npos);
}

TEST(StreamEchoModelStream, ollama_gets_the_arguments_of_a_tool_in_one_piece) {
  const auto call = blocks_of(ModelApi::ollama_chat,
                              reply_to({.text = "a b", .tool = "f", .argument = "city"}, "hm"));
  ASSERT_EQ(call.size(), 3U);
  EXPECT_NE(call[1].text.find(R"({"name":"f","arguments":{"city":"a b"}})"), std::string::npos);
}

TEST(StreamEchoModelStream, times_of_ollama_have_a_limit) {
  ModelReply reply = reply_to({.text = "a", .words = UINT64_MAX});
  reply.output_words = 300'000;
  reply.interval = 24h;
  const std::string whole = format_of(ModelApi::ollama_chat).whole(reply);
  EXPECT_NE(whole.find(R"("eval_duration":3155760000000000000})"), std::string::npos) << whole;
  EXPECT_EQ(whole.find('-', whole.find("done_reason")), std::string::npos) << whole;
}

TEST(StreamEchoModelStream, only_words_take_time) {
  const auto blocks = blocks_of(ModelApi::messages, reply_to({.text = "a b"}, "hm"));
  std::string pauses;
  for (const Block& block : blocks) {
    pauses += block.is_word ? "w" : "-";
    pauses += block.pause == 1s ? "1s " : block.pause == 10ms ? "10ms " : " ";
  }
  EXPECT_EQ(pauses, "- - -1s w - - -10ms w10ms w - - - ");
}

TEST(StreamEchoModelStream, a_limit_counts_reasoning_too) {
  const auto some = reply_to({.text = "c d", .max_words = 3}, "a b");
  ASSERT_EQ(some.parts.size(), 2U);
  EXPECT_EQ(some.parts[1].text, "c ");
  EXPECT_TRUE(some.cut_short);
  EXPECT_EQ(some.output_words, 3U);
  const auto none = reply_to({.text = "c d", .max_words = 1}, "a b");
  ASSERT_EQ(none.parts.size(), 1U);
  EXPECT_EQ(none.parts[0].text, "a ");
  EXPECT_FALSE(reply_to({.text = "c d", .max_words = 2}).cut_short);
}

TEST(StreamEchoModelStream, a_paced_reply_begins_with_its_first_block) {
  OutputBuffer out;
  const auto events = paced_reply(ModelApi::chat, reply_to({.text = "a"}), kStart);
  EXPECT_EQ(events->due(), kStart);
  EXPECT_EQ(events->append_due(out, 4096, kStart), 1U);
  EXPECT_FALSE(events->is_content());
  EXPECT_EQ(events->due(), kStart + 1s);
  const auto lines = paced_reply(ModelApi::ollama_chat, reply_to({.text = "a"}), kStart);
  EXPECT_EQ(lines->due(), kStart + 1s);
  const auto nothing = paced_reply(ModelApi::ollama_chat, reply_to({}), kStart);
  EXPECT_EQ(nothing->append_due(out, 4096, kStart), 0U);
  EXPECT_TRUE(nothing->finished());
}

}  // namespace
}  // namespace stream_echo
