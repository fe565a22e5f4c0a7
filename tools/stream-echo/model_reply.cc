#include "model_reply.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/json_writer.h"
#include "encode.h"
#include "words.h"

namespace stream_echo {
namespace {

using Kind = ReplyPart::Kind;

/// The arguments of the tool that is called.
std::string arguments_of(const ModelRequest& request) {
  return fmt::format("{{{}:{}}}", json_string(request.argument), json_string(request.text));
}

}  // namespace

ModelReply make_reply(ModelRequest request, const ReplySettings& settings) {
  ModelReply reply{.model = std::move(request.model),
                   .tool = std::move(request.tool),
                   .wants_usage = request.wants_usage,
                   .input_words = request.words,
                   .first_after = settings.first_after,
                   .interval = settings.interval,
                   .number = settings.number,
                   .created = settings.created};
  const std::uint64_t max = request.max_words.value_or(UINT64_MAX);
  if (!settings.reasoning.empty()) {
    const std::string_view reasoning = first_words(settings.reasoning, max);
    reply.reasoning_words = count_words(reasoning);
    reply.cut_short = reasoning.size() < settings.reasoning.size();
    reply.parts.push_back({.kind = Kind::reasoning, .text = std::string(reasoning)});
  }
  if (!reply.cut_short && !reply.tool.empty()) {
    reply.parts.push_back({.kind = Kind::call, .text = arguments_of(request)});
  } else if (!reply.cut_short) {
    const std::size_t size = first_words(request.text, max - reply.reasoning_words).size();
    reply.cut_short = size < request.text.size();
    request.text.resize(size);
    reply.parts.push_back({.kind = Kind::text, .text = std::move(request.text)});
  }
  for (const ReplyPart& part : reply.parts) reply.output_words += count_words(part.text);
  if (settings.duration && reply.output_words > 0) {
    reply.interval = *settings.duration / static_cast<Duration::rep>(reply.output_words);
  }
  return reply;
}

const ModelFormat& format_of(ModelApi api) {
  switch (api) {
    case ModelApi::chat: return kChatFormat;
    case ModelApi::responses: return kResponsesFormat;
    case ModelApi::messages: return kMessagesFormat;
    case ModelApi::ollama_chat: return kOllamaChatFormat;
    case ModelApi::ollama_generate: return kOllamaGenerateFormat;
  }
  return kChatFormat;
}

std::string json_string(std::string_view text) {
  std::string out = "\"";
  append_json_text(out, text);
  return out += '"';
}

void append_typed_event(OutputBuffer& out, std::string_view type, std::string_view fields) {
  encode_or_die(out, {.type = type, .data = fmt::format(R"({{"type":"{}"{}}})", type, fields)});
}

std::string_view error_type(std::string_view text, std::string_view fallback) {
  return text.empty() || text.find(' ') != text.npos ? fallback : text;
}

std::string openai_error(std::string_view message, std::string_view type) {
  return fmt::format(R"({{"error":{{"message":{},"type":{},"param":null,"code":null}}}})",
                     json_string(message), json_string(type));
}

std::string openai_status_error(std::string_view message, unsigned status) {
  return openai_error(message, status == 401   ? "authentication_error"
                               : status == 429 ? "rate_limit_error"
                               : status >= 500 ? "server_error"
                                               : "invalid_request_error");
}

}  // namespace stream_echo
