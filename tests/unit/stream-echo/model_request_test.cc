// What requests to language models ask for, and the words of a text.
#include "stream-echo/model_request.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "stream-echo/words.h"

namespace stream_echo {
namespace {

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const std::size_t size = first_word_size(text);
    words.emplace_back(text.substr(0, size));
    text.remove_prefix(size);
  }
  return words;
}

ModelRequest read(ModelApi api, std::string_view body) {
  auto request = read_model_request(api, body);
  EXPECT_TRUE(request) << body << ": " << (request ? "" : request.error().message);
  return request ? *request : ModelRequest{};
}

std::string error_of(ModelApi api, std::string_view body) {
  const auto request = read_model_request(api, body);
  return request ? "" : request.error().message;
}

TEST(StreamEchoWords, each_has_the_white_space_behind_it) {
  using Words = std::vector<std::string>;
  EXPECT_EQ(words_of("a bc"), (Words{"a ", "bc"}));
  EXPECT_EQ(words_of("  a\r\n\tb "), (Words{"  ", "a\r\n\t", "b "}));
  EXPECT_EQ(words_of("\xC2\xA0x y"), (Words{"\xC2\xA0x ", "y"}));
  EXPECT_EQ(words_of(""), Words{});
}

TEST(StreamEchoWords, a_long_one_is_cut_between_two_characters) {
  EXPECT_EQ(first_word_size(std::string(100, 'x')), kMaxWord);
  EXPECT_EQ(first_word_size(std::string(kMaxWord, 'x') + ' '), kMaxWord);
  EXPECT_EQ(first_word_size(std::string(kMaxWord - 2, 'x') + "\xE5\xAD\x97z"), kMaxWord - 2);
  EXPECT_EQ(first_word_size(std::string(kMaxWord - 3, 'x') + "\xE5\xAD\x97z"), kMaxWord);
  EXPECT_EQ(count_words(std::string(130, ' ')), 3U);
}

TEST(StreamEchoWords, the_first_ones) {
  EXPECT_EQ(first_words("a b c", 2), "a b ");
  EXPECT_EQ(first_words("a b c", 9), "a b c");
  EXPECT_EQ(first_words("a b c", 0), "");
}

TEST(StreamEchoModelRequest, the_text_is_that_of_the_last_user) {
  constexpr std::string_view kChat = R"({"model":"m","messages":[
    {"role":"system","content":"be brief"},{"role":"user","content":"one"},
    {"role":"user","content":[{"type":"text","text":"two "},{"type":"image_url"},
                              {"type":"text","text":"three"}]},
    {"role":"assistant","content":"four"}]})";
  const ModelRequest chat = read(ModelApi::chat, kChat);
  EXPECT_EQ(chat.text, "two three");
  EXPECT_EQ(chat.model, "m");
  EXPECT_EQ(chat.words, 6U);
  EXPECT_FALSE(chat.streams);
  EXPECT_TRUE(read(ModelApi::ollama_chat, kChat).streams);

  EXPECT_EQ(read(ModelApi::responses, R"({"input":"a b","instructions":"c"})").words, 3U);
  EXPECT_EQ(read(ModelApi::responses, R"({"input":[{"role":"user","content":
                  [{"type":"input_text","text":"a"}]},{"type":"reasoning"}]})")
                .text,
            "a");
  const ModelRequest prompt = read(ModelApi::ollama_generate, R"({"prompt":"p","stream":false})");
  EXPECT_EQ(prompt.text, "p");
  EXPECT_FALSE(prompt.streams);
}

TEST(StreamEchoModelRequest, a_tool_is_called_with_it) {
  const ModelRequest first = read(ModelApi::chat, R"({"messages":[{"role":"user","content":"x"}],
    "tools":[{"type":"web"},{"type":"function","function":{"name":"f",
              "parameters":{"required":["city"]}}},{"function":{"name":"g"}}]})");
  EXPECT_EQ(first.tool, "f");
  EXPECT_EQ(first.argument, "city");
  const ModelRequest chosen =
      read(ModelApi::messages, R"({"messages":[{"role":"user","content":"x"}],
    "tools":[{"name":"f"},{"name":"g"}],"tool_choice":{"type":"tool","name":"g"}})");
  EXPECT_EQ(chosen.tool, "g");
  EXPECT_EQ(chosen.argument, "text");
  for (const char* choice : {R"("none")", R"({"type":"none"})"}) {
    const std::string body = std::string(R"({"input":"x","tools":[{"name":"f"}],"tool_choice":)");
    EXPECT_EQ(read(ModelApi::responses, body + choice + '}').tool, "");
  }
}

TEST(StreamEchoModelRequest, the_result_of_a_tool_comes_back_as_text) {
  const ModelRequest chat = read(ModelApi::chat, R"({"tools":[{"function":{"name":"f"}}],
    "messages":[{"role":"user","content":"x"},{"role":"tool","content":"y"}]})");
  const ModelRequest responses = read(ModelApi::responses, R"({"tools":[{"name":"f"}],
    "input":[{"role":"user","content":"x"},{"type":"function_call_output","output":"y"}]})");
  const ModelRequest messages = read(ModelApi::messages, R"({"tools":[{"name":"f"}],
    "messages":[{"role":"user","content":[{"type":"tool_result",
                 "content":[{"type":"text","text":"y"}]}]}]})");
  for (const ModelRequest& request : {chat, responses, messages}) {
    EXPECT_EQ(request.text, "y");
    EXPECT_EQ(request.tool, "");
  }
}

TEST(StreamEchoModelRequest, tools_of_the_vendors_own_server_are_not_called) {
  const ModelRequest request =
      read(ModelApi::messages, R"({"messages":[{"role":"user","content":"x"}],
    "tools":[{"type":"web_search_20250305","name":"web_search"},
             {"type":"custom","name":"f","input_schema":{"type":"object"}}]})");
  EXPECT_EQ(request.tool, "f");
}

TEST(StreamEchoModelRequest, only_who_calls_tools_may_say_nothing) {
  EXPECT_EQ(read(ModelApi::chat, R"({"messages":[{"role":"user","content":"x"},
    {"role":"assistant","content":null,"tool_calls":[]},{"role":"assistant"}]})")
                .text,
            "x");
  EXPECT_EQ(read(ModelApi::messages, R"({"messages":[{"role":"user","content":
    [{"type":"tool_result","tool_use_id":"1"}]}]})")
                .text,
            "");
}

TEST(StreamEchoModelRequest, an_error_names_what_is_wrong) {
  EXPECT_EQ(error_of(ModelApi::chat, "[]"), "the request is not a JSON object");
  EXPECT_EQ(error_of(ModelApi::chat, "{}"), "messages: is missing");
  for (const ModelApi api : {ModelApi::chat, ModelApi::messages, ModelApi::ollama_chat}) {
    EXPECT_EQ(error_of(api, R"({"messages":"x"})"), "messages: is not a list");
  }
  EXPECT_EQ(error_of(ModelApi::chat, R"({"messages":[]})"), "messages: is empty");
  EXPECT_EQ(error_of(ModelApi::chat, R"({"messages":[{"role":"user","content":"x"},7]})"),
            "messages[1]: is not an object");
  EXPECT_EQ(error_of(ModelApi::messages, R"({"messages":[{}]})"), "messages[0]: has no role");
  EXPECT_EQ(error_of(ModelApi::responses, "{}"), "input: is missing");
  EXPECT_EQ(error_of(ModelApi::responses, R"({"input":[{"type":"message"}]})"),
            "input[0]: has no role");
  EXPECT_EQ(error_of(ModelApi::ollama_generate, R"({"prompt":[]})"), "prompt: is not a text");
  EXPECT_EQ(error_of(ModelApi::responses, R"({"input":"x","max_output_tokens":0})"),
            "max_output_tokens: is not a whole number from 1");
}

TEST(StreamEchoModelRequest, what_cannot_be_read_is_more_than_no_json) {
  for (const std::string& body : {std::string("{"), std::string(R"({"input":"\ud800"})"),
                                  R"({"input":)" + std::string(600, '[')}) {
    EXPECT_TRUE(error_of(ModelApi::responses, body).starts_with("the request is no JSON, or has "))
        << body;
  }
}

TEST(StreamEchoModelRequest, content_of_the_wrong_type_is_no_silence) {
  struct Case {
    std::string_view message;
    std::string_view error;
  };
  constexpr std::array kCases = {
      Case{R"({"role":"user","content":5})",
           "messages[0].content: is neither a text nor a list of parts"},
      Case{R"({"role":"user"})", "messages[0].content: is missing"},
      Case{R"({"role":"user","content":null})", "messages[0].content: is missing"},
      Case{R"({"role":"user","content":["x"]})", "messages[0].content[0]: is not an object"},
      Case{R"({"role":"user","content":[{}]})", "messages[0].content[0]: has no type"},
      Case{R"({"role":"user","content":[{"type":"text"}]})", "messages[0].content[0]: has no text"},
      Case{R"({"role":"user","content":[{"type":"text","text":1}]})",
           "messages[0].content[0].text: is not a text"},
      Case{R"({"role":"user","content":[{"type":"tool_result","content":1}]})",
           "messages[0].content[0].content: is neither a text nor a list of parts"},
      Case{R"({"role":7,"content":"x"})", "messages[0].role: is not a text"},
      Case{R"({"role":"system","content":"x"})", "messages: has nothing that a user said"},
  };
  for (const Case& one : kCases) {
    for (const ModelApi api : {ModelApi::chat, ModelApi::messages, ModelApi::ollama_chat}) {
      EXPECT_EQ(error_of(api, R"({"messages":[)" + std::string(one.message) + "]}"), one.error);
    }
  }
}

TEST(StreamEchoModelRequest, settings_of_the_wrong_type_are_errors) {
  const auto with = [](std::string_view field) {
    const std::string body = R"({"messages":[{"role":"user","content":"x"}],)";
    return error_of(ModelApi::ollama_chat, body + std::string(field) + "}");
  };
  EXPECT_EQ(with(R"("stream":"true")"), "stream: is not true or false");
  EXPECT_EQ(with(R"("stream_options":"x")"), "stream_options: is not an object");
  EXPECT_EQ(with(R"("stream_options":{"include_usage":1})"),
            "stream_options.include_usage: is not true or false");
  EXPECT_EQ(with(R"("system":3)"), "system: is neither a text nor a list of parts");
  EXPECT_EQ(with(R"("options":[])"), "options: is not an object");
  EXPECT_EQ(with(R"("options":{"num_predict":"9"})"), "options.num_predict: is not a whole number");
  EXPECT_EQ(with(R"("options":{"num_predict":-1})"), "");
  EXPECT_EQ(with(R"("tools":{})"), "tools: is not a list");
  EXPECT_EQ(with(R"("tools":[1])"), "tools[0]: is not an object");
  EXPECT_EQ(with(R"("tools":[{"function":1}])"), "tools[0]: has no name");
  EXPECT_EQ(with(R"("tool_choice":7)"), "tool_choice: is neither a text nor an object");
  EXPECT_EQ(with(R"("model":7)"), "model: is not a text");
  EXPECT_EQ(with(R"("tools":null,"tool_choice":null,"stream":null,"model":null)"), "");
}

TEST(StreamEchoModelRequest, names_have_a_limit) {
  const auto with = [](std::size_t model, std::size_t tool) {
    return error_of(ModelApi::responses, R"({"input":"x","model":")" + std::string(model, 'm') +
                                             R"(","tools":[{"name":")" + std::string(tool, 't') +
                                             R"("}]})");
  };
  EXPECT_EQ(with(256, 256), "");
  EXPECT_EQ(with(257, 1), "model: is of more than 256 bytes");
  EXPECT_EQ(with(1, 257), "tools[0]: has a name of more than 256 bytes");
}

}  // namespace
}  // namespace stream_echo
