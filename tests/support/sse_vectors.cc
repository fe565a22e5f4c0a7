#include "support/sse_vectors.h"

#include <fmt/format.h>

#include "support/sse_log.h"
#include "support/vector_file.h"

namespace test {
namespace {

using nlohmann::json;

std::string show_message(std::string_view type, std::string_view id, std::string_view data) {
  return fmt::format("{} {} {}\n", show_text(type), show_text(id), show_text(data));
}

StreamCase read_case(const json& object) {
  StreamCase c;
  c.name = object["name"].get<std::string>();
  c.stream = input_of(object);
  if (object.contains("chunks")) {
    const json& chunks = object["chunks"];
    c.pieces = chunks.is_string() ? byte_by_byte(c.stream.size()) : chunks.get<Pieces>();
  }
  c.last_id = text_at(object, "resume_last_event_id").value_or("");
  c.max_event = number_at(object, "max_event").value_or(sse::kMaxEventSize);
  return c;
}

StreamCase read_browser_case(const json& object) {
  StreamCase c = read_case(object);
  const json& expected = object["expect"];
  for (const json& event : expected["events"]) {
    c.messages += show_message(event["type"].get_ref<const std::string&>(),
                               event["lastEventId"].get_ref<const std::string&>(),
                               event["data"].get_ref<const std::string&>());
  }
  if (expected.contains("comments_raw")) {
    c.comments.emplace();
    for (const json& comment : expected["comments_raw"]) {
      *c.comments += show_text(comment.get_ref<const std::string&>()) + '\n';
    }
  }
  c.end_id = expected["last_event_id"].get<std::string>();
  const json& retry = expected["reconnection_ms"];
  if (retry.is_number()) {
    c.retry_ms = {retry.get<std::uint64_t>()};
  } else {
    c.retry_ms = {std::nullopt};
    if (retry.is_string()) c.retry_ms.emplace_back(UINT64_MAX);  // "clamp-or-ignore"
  }
  c.unfinished = expected.value("incomplete_at_eof", false);
  return c;
}

StreamCase read_extra_case(const json& object) {
  StreamCase c = read_case(object);
  c.log.emplace();
  for (const json& line : object["log"]) *c.log += line.get<std::string>() + '\n';
  return c;
}

void note(StreamRun& run, const sse::Event& event) {
  run.log += show(event);
  switch (event.kind) {
    case sse::EventKind::message:
      run.messages += show_message(event.type, event.last_id, event.data);
      return;
    case sse::EventKind::comment: run.comments += show_text(event.data) + '\n'; return;
    case sse::EventKind::retry: run.retry_ms = event.number; return;
    case sse::EventKind::note:
    case sse::EventKind::violation: run.violations.push_back(event.violation()); return;
  }
}

}  // namespace

std::vector<StreamCase> stream_cases() {
  std::vector<StreamCase> cases;
  const json vectors = load_vectors("sse.json");
  for (const json& object : vectors) cases.push_back(read_browser_case(object));
  const json extra = load_vectors("sse-extra.json");
  for (const json& object : extra["cases"]) cases.push_back(read_extra_case(object));
  return cases;
}

StreamRun run_stream(const StreamCase& c, const Pieces& pieces) {
  sse::Parser parser(c.last_id, c.max_event);
  StreamRun run;
  std::uint64_t offset = 0;
  feed_pieces(c.stream, pieces, [&](Bytes piece) {
    ConstBytes in = piece;
    offset += piece.size();
    while (const auto event = parser.next(in)) note(run, *event);
    if (!in.empty()) run.log += fmt::format("{} BYTES LEFT\n", in.size());
    if (parser.offset() != offset) run.log += "OFFSET\n";
  });
  if (const auto cut = parser.end()) {
    run.unfinished = true;
    run.log += show(*cut);
  }
  run.end_id = parser.last_id();
  return run;
}

}  // namespace test
