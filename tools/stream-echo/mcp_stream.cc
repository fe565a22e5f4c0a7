#include "mcp_stream.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/json_writer.h"
#include "base/text.h"
#include "encode.h"
#include "mcp_method.h"
#include "words.h"

namespace stream_echo {
namespace {

/// Takes the first word off `text`; empty when there is none.
std::string_view take_word(std::string_view& text) {
  const std::string_view word = text.empty() ? text : text.substr(0, first_word_size(text));
  text.remove_prefix(word.size());
  return word;
}

}  // namespace

Time McpStream::due(std::uint64_t event) const {
  if (event == 0) return started;
  const std::uint64_t before = event <= progress_count() ? event - 1 : steps;
  return started + first_after + interval * static_cast<Duration::rep>(before);
}

std::string McpStream::whole_response() const {
  return response.empty() ? echo_response(id, text) : response;
}

std::string event_id(const McpEventId& id) {
  return fmt::format("{}-{}", id.stream, id.event);
}

std::optional<McpEventId> parse_event_id(std::string_view text) {
  const std::size_t dash = std::min(text.find('-'), text.size());
  const auto stream = parse_integer(text.substr(0, dash));
  const auto event = parse_integer(text.substr(std::min(dash + 1, text.size())));
  if (!stream || !event) return std::nullopt;
  const McpEventId id{*stream, *event};
  if (event_id(id) != text) return std::nullopt;  // "01-1": ids are compared as they are written
  return id;
}

McpWriter::McpWriter(const McpStream& stream, std::uint64_t next)
    : stream_(stream), next_(next), rest_(stream.tells_words ? stream.text : std::string_view{}) {
  const std::uint64_t told = std::min(next, stream.progress_count() + 1);
  for (std::uint64_t step = 1; step < told && !rest_.empty(); ++step) take_word(rest_);
}

void McpWriter::append(OutputBuffer& out) {
  const std::string id = event_id({stream_.number, next_});
  std::string json;  // empty: the client only learns the id
  if (next_ > 0) {
    json = next_ > stream_.progress_count() ? stream_.whole_response() : progress(next_);
  }
  encode_or_die(out, {.id = id, .data = json});
  ++next_;
}

std::string McpWriter::progress(std::uint64_t step) {
  std::string message(take_word(rest_));
  if (message.empty()) message = fmt::format("{} of {}", step, stream_.steps);
  std::string text;
  JsonWriter(text)
      .begin()
      .field("jsonrpc", "2.0")
      .field("method", "notifications/progress")
      .begin_object("params")
      .literal("progressToken", stream_.progress_token)
      .field("progress", step)
      .field("total", stream_.steps)
      .field("message", message)
      .end_object()
      .end_object();
  return text;
}

}  // namespace stream_echo
