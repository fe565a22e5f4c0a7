// OpenAI's chat completions: chunks without an event type, then `data: [DONE]`.
#include <fmt/format.h>

#include "encode.h"
#include "model_reply.h"

namespace stream_echo {
namespace {

using Kind = ReplyPart::Kind;
using Moment = ReplyPosition::Moment;

void append_event(OutputBuffer& out, std::string_view json) {
  encode_or_die(out, {.data = json});
}

std::string_view finish_reason(const ModelReply& reply) {
  return reply.cut_short ? "length" : reply.calls() ? "tool_calls" : "stop";
}

std::string usage(const ModelReply& reply) {
  return fmt::format(R"({{"prompt_tokens":{},"completion_tokens":{},"total_tokens":{},)"
                     R"("completion_tokens_details":{{"reasoning_tokens":{}}}}})",
                     reply.input_words, reply.output_words, reply.input_words + reply.output_words,
                     reply.reasoning_words);
}

/// The fields with which chunks and completions begin.
std::string front(const ModelReply& reply, std::string_view object) {
  return fmt::format(R"("id":"chatcmpl-{}","object":"{}","created":{},"model":{})", reply.number,
                     object, reply.created, json_string(reply.model));
}

std::string chunk(const ModelReply& reply, std::string_view choices, std::string_view usage_json) {
  const std::string_view usage_field = reply.wants_usage ? R"(,"usage":)" : "";
  return fmt::format(R"({{{},"choices":[{}]{}{}}})", front(reply, "chat.completion.chunk"), choices,
                     usage_field, reply.wants_usage ? usage_json : "");
}

std::string call_of(const ModelReply& reply, std::string_view arguments) {
  return fmt::format(R"("id":"call_{}","type":"function","function":{{"name":{},"arguments":{}}})",
                     reply.number, json_string(reply.tool), json_string(arguments));
}

std::string delta_of(const ModelReply& reply, const ReplyPosition& at) {
  if (at.moment == Moment::begin) {
    return fmt::format(R"("role":"assistant","content":{})", reply.calls() ? "null" : R"("")");
  }
  if (at.moment == Moment::open) {
    return fmt::format(R"("tool_calls":[{{"index":0,{}}}])", call_of(reply, ""));
  }
  if (at.moment != Moment::delta) return {};
  const std::string text = json_string(at.delta);
  switch (at.part_of(reply).kind) {
    case Kind::reasoning: return fmt::format(R"("reasoning_content":{})", text);
    case Kind::text: return fmt::format(R"("content":{})", text);
    case Kind::call: break;
  }
  return fmt::format(R"("tool_calls":[{{"index":0,"function":{{"arguments":{}}}}}])", text);
}

unsigned count(const ModelReply& reply, const ReplyPosition& at) {
  switch (at.moment) {
    case Moment::begin: return 1;
    case Moment::open: return at.part_of(reply).kind == Kind::call ? 1 : 0;
    case Moment::finish: return reply.wants_usage ? 2 : 1;
    case Moment::delta:
    case Moment::close:
    case Moment::end: break;
  }
  return 0;
}

void write(OutputBuffer& out, const ModelReply& reply, const ReplyPosition& at) {
  if (at.moment == Moment::end) return append_event(out, "[DONE]");
  if (at.moment == Moment::finish && at.nth == 1) {
    return append_event(out, chunk(reply, "", usage(reply)));
  }
  const std::string reason =
      at.moment == Moment::finish ? json_string(finish_reason(reply)) : "null";
  const std::string choice =
      fmt::format(R"({{"index":0,"delta":{{{}}},"logprobs":null,"finish_reason":{}}})",
                  delta_of(reply, at), reason);
  append_event(out, chunk(reply, choice, "null"));
}

std::string whole(const ModelReply& reply) {
  std::string content = "null";
  std::string more;
  for (const ReplyPart& part : reply.parts) {
    switch (part.kind) {
      case Kind::reasoning:
        more += fmt::format(R"(,"reasoning_content":{})", json_string(part.text));
        break;
      case Kind::text: content = json_string(part.text); break;
      case Kind::call:
        more += fmt::format(R"(,"tool_calls":[{{{}}}])", call_of(reply, part.text));
        break;
    }
  }
  return fmt::format(
      R"({{{},"choices":[{{"index":0,"message":{{"role":"assistant","content":{},"refusal":null{}}},)"
      R"("logprobs":null,"finish_reason":"{}"}}],"usage":{}}})",
      front(reply, "chat.completion"), content, more, finish_reason(reply), usage(reply));
}

void write_error(OutputBuffer& out, std::string_view text, std::uint64_t) {
  append_event(out, openai_error(text, error_type(text, "server_error")));
}

}  // namespace

const ModelFormat kChatFormat = {.count = count,
                                 .write = write,
                                 .whole = whole,
                                 .error = openai_status_error,
                                 .write_error = write_error};

}  // namespace stream_echo
