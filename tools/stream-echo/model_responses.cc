// OpenAI's responses: events whose type is that of the JSON in them, numbered, the last one with
// all of the response.
#include <fmt/format.h>

#include "model_reply.h"

namespace stream_echo {
namespace {

using Kind = ReplyPart::Kind;
using Moment = ReplyPosition::Moment;

/// `fields` is empty or begins with a comma.
void append_event(OutputBuffer& out, std::string_view type, std::uint64_t block,
                  std::string_view fields) {
  append_typed_event(out, type, fmt::format(R"(,"sequence_number":{}{})", block, fields));
}

std::string item_id(const ModelReply& reply, const ReplyPart& part) {
  const std::string_view prefix = part.kind == Kind::reasoning ? "rs"
                                  : part.kind == Kind::call    ? "fc"
                                                               : "msg";
  return fmt::format("{}_{}", prefix, reply.number);
}

/// The one part of a message, or of a summary, so far.
std::string content_part(const ReplyPart& part, std::string_view text) {
  if (part.kind == Kind::reasoning) {
    return fmt::format(R"({{"type":"summary_text","text":{}}})", json_string(text));
  }
  return fmt::format(R"({{"type":"output_text","annotations":[],"text":{}}})", json_string(text));
}

/// An item of the output, when it has begun or when it is done.
std::string item(const ModelReply& reply, const ReplyPart& part, bool done) {
  const std::string id = item_id(reply, part);
  const bool cut = reply.cut_short && &part == &reply.parts.back();
  const std::string_view status = !done ? "in_progress" : cut ? "incomplete" : "completed";
  switch (part.kind) {
    case Kind::reasoning:
      return fmt::format(R"({{"id":"{}","type":"reasoning","summary":[{}]}})", id,
                         done ? content_part(part, part.text) : "");
    case Kind::text:
      return fmt::format(
          R"({{"id":"{}","type":"message","status":"{}","role":"assistant","content":[{}]}})", id,
          status, done ? content_part(part, part.text) : "");
    case Kind::call: break;
  }
  return fmt::format(
      R"({{"id":"{}","type":"function_call","status":"{}","call_id":"call_{}","name":{},)"
      R"("arguments":{}}})",
      id, status, reply.number, json_string(reply.tool), json_string(done ? part.text : ""));
}

std::string usage(const ModelReply& reply) {
  return fmt::format(
      R"({{"input_tokens":{},"input_tokens_details":{{"cached_tokens":0}},"output_tokens":{},)"
      R"("output_tokens_details":{{"reasoning_tokens":{}}},"total_tokens":{}}})",
      reply.input_words, reply.output_words, reply.reasoning_words,
      reply.input_words + reply.output_words);
}

/// The whole of it, when it has begun or when it is done.
std::string response(const ModelReply& reply, bool done) {
  std::string output;
  for (const ReplyPart& part : reply.parts) {
    if (!done) break;
    if (!output.empty()) output += ',';
    output += item(reply, part, true);
  }
  const bool cut = done && reply.cut_short;
  return fmt::format(
      R"({{"id":"resp_{}","object":"response","created_at":{},"status":"{}","error":null,)"
      R"("incomplete_details":{},"instructions":null,"metadata":{{}},"model":{},"output":[{}],)"
      R"("parallel_tool_calls":true,"temperature":1,"text":{{"format":{{"type":"text"}}}},)"
      R"("tool_choice":"auto","tools":[],"top_p":1,"usage":{}}})",
      reply.number, reply.created,
      cut    ? "incomplete"
      : done ? "completed"
             : "in_progress",
      cut ? R"({"reason":"max_output_tokens"})" : "null", json_string(reply.model), output,
      done ? usage(reply) : "null");
}

unsigned count(const ModelReply& reply, const ReplyPosition& at) {
  switch (at.moment) {
    case Moment::begin: return 2;
    case Moment::open: return at.part_of(reply).kind == Kind::call ? 1 : 2;
    case Moment::close: return at.part_of(reply).kind == Kind::call ? 2 : 3;
    case Moment::delta:
    case Moment::finish:
    case Moment::end: break;
  }
  return 0;
}

/// The names of what happens to a part.
struct PartEvents {
  std::string_view part_added = {};
  std::string_view delta = {};
  std::string_view done = {};
  std::string_view part_done = {};
  std::string_view value = {};  ///< the key of the text in `done`
  std::string_view index = {};  ///< of the part in the item
};

const PartEvents& events_of(Kind kind) {
  static constexpr PartEvents kReasoning = {"response.reasoning_summary_part.added",
                                            "response.reasoning_summary_text.delta",
                                            "response.reasoning_summary_text.done",
                                            "response.reasoning_summary_part.done",
                                            "text",
                                            R"(,"summary_index":0)"};
  static constexpr PartEvents kText = {"response.content_part.added",
                                       "response.output_text.delta",
                                       "response.output_text.done",
                                       "response.content_part.done",
                                       "text",
                                       R"(,"content_index":0)"};
  static constexpr PartEvents kCall = {.delta = "response.function_call_arguments.delta",
                                       .done = "response.function_call_arguments.done",
                                       .value = "arguments"};
  return kind == Kind::reasoning ? kReasoning : kind == Kind::text ? kText : kCall;
}

void write_part(OutputBuffer& out, const ModelReply& reply, const ReplyPosition& at) {
  const ReplyPart& part = at.part_of(reply);
  const PartEvents& events = events_of(part.kind);
  const bool last = at.moment == Moment::close && at.nth + 1 == count(reply, at);
  if (last || (at.moment == Moment::open && at.nth == 0)) {
    return append_event(
        out, last ? "response.output_item.done" : "response.output_item.added", at.block,
        fmt::format(R"(,"output_index":{},"item":{})", at.part, item(reply, part, last)));
  }
  const std::string place = fmt::format(R"(,"item_id":"{}","output_index":{}{})",
                                        item_id(reply, part), at.part, events.index);
  if (at.moment == Moment::delta) {
    return append_event(out, events.delta, at.block,
                        fmt::format(R"({},"delta":{})", place, json_string(at.delta)));
  }
  if (at.moment == Moment::close && at.nth == 0) {
    return append_event(out, events.done, at.block,
                        fmt::format(R"({},"{}":{})", place, events.value, json_string(part.text)));
  }
  const bool done = at.moment == Moment::close;
  append_event(out, done ? events.part_done : events.part_added, at.block,
               fmt::format(R"({},"part":{})", place, content_part(part, done ? part.text : "")));
}

void write(OutputBuffer& out, const ModelReply& reply, const ReplyPosition& at) {
  const bool begins = at.moment == Moment::begin;
  if (!begins && at.moment != Moment::end) return write_part(out, reply, at);
  const std::string_view type = begins            ? at.nth == 0 ? "created" : "in_progress"
                                : reply.cut_short ? "incomplete"
                                                  : "completed";
  append_event(out, fmt::format("response.{}", type), at.block,
               fmt::format(R"(,"response":{})", response(reply, !begins)));
}

std::string whole(const ModelReply& reply) {
  return response(reply, true);
}

void write_error(OutputBuffer& out, std::string_view text, std::uint64_t block) {
  append_event(out, "error", block,
               fmt::format(R"(,"code":{},"message":{},"param":null)",
                           json_string(error_type(text, "server_error")), json_string(text)));
}

}  // namespace

const ModelFormat kResponsesFormat = {.count = count,
                                      .write = write,
                                      .whole = whole,
                                      .error = openai_status_error,
                                      .write_error = write_error};

}  // namespace stream_echo
