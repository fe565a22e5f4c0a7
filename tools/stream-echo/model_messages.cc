// Anthropic's messages: events whose type is that of the JSON in them.
#include <fmt/format.h>

#include "model_reply.h"

namespace stream_echo {
namespace {

using Kind = ReplyPart::Kind;
using Moment = ReplyPosition::Moment;

// Of a thinking block: clients send it back as it is.
constexpr std::string_view kSignature = "ZWNobw==";

std::string stop_fields(const ModelReply& reply) {
  const std::string_view reason = reply.cut_short ? "max_tokens"
                                  : reply.calls() ? "tool_use"
                                                  : "end_turn";
  return fmt::format(R"("stop_reason":"{}","stop_sequence":null)", reason);
}

/// `output_words` as far as they are known.
std::string message(const ModelReply& reply, std::string_view content, std::string_view stop,
                    std::uint64_t output_words) {
  return fmt::format(
      R"({{"id":"msg_{}","type":"message","role":"assistant","model":{},"content":[{}],{},)"
      R"("usage":{{"input_tokens":{},"cache_creation_input_tokens":0,"cache_read_input_tokens":0,)"
      R"("output_tokens":{}}}}})",
      reply.number, json_string(reply.model), content, stop, reply.input_words, output_words);
}

/// A part when it has begun, with nothing in it, or all of it.
std::string block(const ModelReply& reply, const ReplyPart& part, bool done) {
  const std::string text = done && part.kind != Kind::call ? json_string(part.text) : R"("")";
  switch (part.kind) {
    case Kind::reasoning:
      return fmt::format(R"({{"type":"thinking","thinking":{},"signature":"{}"}})", text,
                         done ? kSignature : "");
    case Kind::text: return fmt::format(R"({{"type":"text","text":{}}})", text);
    case Kind::call: break;
  }
  return fmt::format(R"({{"type":"tool_use","id":"toolu_{}","name":{},"input":{}}})", reply.number,
                     json_string(reply.tool), done ? part.text : "{}");
}

std::string delta_of(Kind kind, std::string_view delta) {
  const std::string text = json_string(delta);
  switch (kind) {
    case Kind::reasoning: return fmt::format(R"("thinking_delta","thinking":{})", text);
    case Kind::text: return fmt::format(R"("text_delta","text":{})", text);
    case Kind::call: break;
  }
  return fmt::format(R"("input_json_delta","partial_json":{})", text);
}

unsigned count(const ModelReply& reply, const ReplyPosition& at) {
  switch (at.moment) {
    case Moment::begin: return 1;
    case Moment::open: return at.part == 0 ? 2 : 1;  // the first one is followed by a ping
    case Moment::close: return at.part_of(reply).kind == Kind::reasoning ? 2 : 1;
    case Moment::finish: return 1;
    case Moment::delta:
    case Moment::end: break;
  }
  return 0;
}

void write(OutputBuffer& out, const ModelReply& reply, const ReplyPosition& at) {
  const auto with_delta = [&](std::string_view delta) {
    append_typed_event(out, "content_block_delta",
                       fmt::format(R"(,"index":{},"delta":{{"type":{}}})", at.part, delta));
  };
  switch (at.moment) {
    case Moment::begin:
      return append_typed_event(
          out, "message_start",
          fmt::format(R"(,"message":{})",
                      message(reply, "", R"("stop_reason":null,"stop_sequence":null)", 1)));
    case Moment::open:
      if (at.nth > 0) return append_typed_event(out, "ping", "");
      return append_typed_event(out, "content_block_start",
                                fmt::format(R"(,"index":{},"content_block":{})", at.part,
                                            block(reply, at.part_of(reply), false)));
    case Moment::delta: return with_delta(delta_of(at.part_of(reply).kind, at.delta));
    case Moment::close:
      if (at.nth + 1 < count(reply, at)) {
        return with_delta(fmt::format(R"("signature_delta","signature":"{}")", kSignature));
      }
      return append_typed_event(out, "content_block_stop", fmt::format(R"(,"index":{})", at.part));
    case Moment::finish:
      return append_typed_event(out, "message_delta",
                                fmt::format(R"(,"delta":{{{}}},"usage":{{"output_tokens":{}}})",
                                            stop_fields(reply), reply.output_words));
    case Moment::end: return append_typed_event(out, "message_stop", "");
  }
}

std::string whole(const ModelReply& reply) {
  std::string content;
  for (const ReplyPart& part : reply.parts) {
    if (!content.empty()) content += ',';
    content += block(reply, part, true);
  }
  return message(reply, content, stop_fields(reply), reply.output_words);
}

std::string error_fields(std::string_view message, std::string_view type) {
  return fmt::format(R"(,"error":{{"type":{},"message":{}}})", json_string(type),
                     json_string(message));
}

std::string error(std::string_view message, unsigned status) {
  const std::string_view type = status == 401   ? "authentication_error"
                                : status == 403 ? "permission_error"
                                : status == 404 ? "not_found_error"
                                : status == 413 ? "request_too_large"
                                : status == 429 ? "rate_limit_error"
                                : status == 529 ? "overloaded_error"
                                : status >= 500 ? "api_error"
                                                : "invalid_request_error";
  return fmt::format(R"({{"type":"error"{}}})", error_fields(message, type));
}

void write_error(OutputBuffer& out, std::string_view text, std::uint64_t) {
  append_typed_event(out, "error", error_fields(text, error_type(text, "api_error")));
}

}  // namespace

const ModelFormat kMessagesFormat = {
    .count = count, .write = write, .whole = whole, .error = error, .write_error = write_error};

}  // namespace stream_echo
