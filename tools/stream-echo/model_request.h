// What a request to a language model asks for, in the format of each of the interfaces that are
// imitated here. There is no model: what comes back is the prompt. Pure; nothing is sent here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace stream_echo {

enum class ModelApi : std::uint8_t {
  chat,             ///< OpenAI's chat completions
  responses,        ///< OpenAI's responses
  messages,         ///< Anthropic's messages
  ollama_chat,      ///< Ollama's /api/chat
  ollama_generate,  ///< Ollama's /api/generate
};

struct ModelRequest {
  std::string model = {};
  /// What is to come back: the text of the last message of the user, or of the tool result that
  /// came instead of one.
  std::string text = {};
  std::string tool = {};      ///< to be called with that text; empty: none
  std::string argument = {};  ///< of that tool, which gets the text
  bool streams = false;
  bool wants_usage = false;                     ///< chat: in a chunk of its own
  std::optional<std::uint64_t> max_words = {};  ///< of the answer; at least 1
  std::uint64_t words = 0;                      ///< of all messages (words.h)
};

/// Reads the body of a request. What matters here is checked, everything else is ignored. A tool is
/// called when there are tools, unless the choice of tools is "none" or the last message is the
/// result of one: the tool that is chosen, or the first, but none that the vendor's own server
/// would call. Its argument is the first one that its schema requires, or `text`. The error says
/// what is missing, or not of its type. The names of models and tools are of at most 256 bytes.
Result<ModelRequest> read_model_request(ModelApi api, std::string_view body);

}  // namespace stream_echo
