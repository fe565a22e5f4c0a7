// Ollama's chat and generate: a JSON object on each line, the last one with the counts.
#include <chrono>
#include <ctime>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "base/bytes.h"
#include "model_reply.h"

namespace stream_echo {
namespace {

using Kind = ReplyPart::Kind;
using Moment = ReplyPosition::Moment;
using std::chrono::duration_cast;
using std::chrono::nanoseconds;

// What a word takes at the least, and reading one: clients divide by these.
constexpr nanoseconds kWordTime = std::chrono::microseconds(1);

void append_line(OutputBuffer& out, std::string_view json) {
  out.append(as_bytes(json));
  out.append(as_bytes("\n"));
}

/// What of the answer stands in one object, as JSON; empty: nothing.
struct Said {
  std::string text = {};
  std::string thinking = {};
  std::string arguments = {};
};

void say(Said& said, Kind kind, std::string_view text) {
  switch (kind) {
    case Kind::reasoning: said.thinking = json_string(text); return;
    case Kind::text: said.text = json_string(text); return;
    case Kind::call: said.arguments = text; return;
  }
}

std::string said_fields(bool chat, const ModelReply& reply, const Said& said) {
  std::string fields = fmt::format(R"("{}":{})", chat ? "content" : "response",
                                   said.text.empty() ? R"("")" : said.text);
  if (!said.thinking.empty()) fields += fmt::format(R"(,"thinking":{})", said.thinking);
  if (!said.arguments.empty()) {
    fields += fmt::format(R"(,"tool_calls":[{{"function":{{"name":{},"arguments":{}}}}}])",
                          json_string(reply.tool), said.arguments);
  }
  return chat ? fmt::format(R"("message":{{"role":"assistant",{}}})", fields) : fields;
}

/// At most a century: a day for each of many words is more than nanoseconds can tell.
nanoseconds of_words(std::uint64_t words, nanoseconds each) {
  constexpr nanoseconds kMost = std::chrono::hours(24) * 36525;
  const auto most = static_cast<std::uint64_t>(kMost / each);
  return words < most ? static_cast<nanoseconds::rep>(words) * each : kMost;
}

/// How it ended. The times are those that were asked for, so that the rate is, too.
std::string end_fields(const ModelReply& reply) {
  const nanoseconds reading =
      of_words(reply.input_words, kWordTime) + duration_cast<nanoseconds>(reply.first_after);
  const nanoseconds writing =
      of_words(reply.output_words, std::max(kWordTime, duration_cast<nanoseconds>(reply.interval)));
  return fmt::format(
      R"("done":true,"done_reason":"{}","total_duration":{},"load_duration":{},)"
      R"("prompt_eval_count":{},"prompt_eval_duration":{},"eval_count":{},"eval_duration":{})",
      reply.cut_short ? "length" : "stop", (reading + writing + kWordTime).count(),
      kWordTime.count(), reply.input_words, reading.count(), reply.output_words, writing.count());
}

std::string object(bool chat, const ModelReply& reply, const Said& said, std::string_view end) {
  return fmt::format(R"({{"model":{},"created_at":"{:%FT%TZ}",{},{}}})", json_string(reply.model),
                     fmt::gmtime(static_cast<std::time_t>(reply.created)),
                     said_fields(chat, reply, said), end);
}

unsigned count(const ModelReply&, const ReplyPosition&) {
  return 0;
}

template <bool kChat>
void write(OutputBuffer& out, const ModelReply& reply, const ReplyPosition& at) {
  const bool ends = at.moment == Moment::end;
  Said said;
  if (!ends) say(said, at.part_of(reply).kind, at.delta);
  append_line(out, object(kChat, reply, said, ends ? end_fields(reply) : R"("done":false)"));
}

template <bool kChat>
std::string whole(const ModelReply& reply) {
  Said said;
  for (const ReplyPart& part : reply.parts) say(said, part.kind, part.text);
  return object(kChat, reply, said, end_fields(reply));
}

std::string error(std::string_view message, unsigned) {
  return fmt::format(R"({{"error":{}}})", json_string(message));
}

void write_error(OutputBuffer& out, std::string_view text, std::uint64_t) {
  append_line(out, error(text, 0));
}

template <bool kChat>
constexpr ModelFormat kFormat = {.is_event_stream = false,
                                 .calls_in_one = true,
                                 .count = count,
                                 .write = write<kChat>,
                                 .whole = whole<kChat>,
                                 .error = error,
                                 .write_error = write_error};

}  // namespace

const ModelFormat kOllamaChatFormat = kFormat<true>;
const ModelFormat kOllamaGenerateFormat = kFormat<false>;

}  // namespace stream_echo
