// What the faults make of event streams: the same events, unless the word says otherwise.
#include "stream-echo/stream_distortion.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "sse/parser.h"

namespace stream_echo {
namespace {

using Kind = StreamDistortion::Kind;

constexpr std::string_view kEvent = "id: 1\nevent: tick\ndata: a\ndata: b\n\n";
constexpr std::string_view kEnd = "event: close\ndata: x\n\n";

StreamDistortion with(std::string_view words, bool is_event_stream = true) {
  StreamDistortion distortion([](double) { return true; }, is_event_stream);
  const auto plan = parse_faults(words, Unknown::refused, Speaks::events);
  EXPECT_TRUE(plan) << words;
  for (const Fault& fault : plan->faults) distortion.add(fault);
  return distortion;
}

/// What a receiver makes of `body`: type, last event ID and data of each message.
std::vector<std::string> messages(std::string_view body) {
  std::vector<std::string> seen;
  sse::Parser parser;
  ConstBytes in = as_bytes(body);
  while (const auto event = parser.next(in)) {
    if (event->kind != sse::EventKind::message) continue;
    seen.push_back(std::string(event->type) + " " + std::string(event->last_id) + " " +
                   std::string(event->data));
  }
  return seen;
}

TEST(StreamEchoStreamDistortion, line_ends_of_any_kind_leave_the_events_as_they_are) {
  for (const char* const how : {"lf", "cr", "crlf", "mixed"}) {
    StreamDistortion distortion = with(std::string("eol=") + how);
    std::string body;
    for (int i = 0; i < 9; ++i) {
      body += distortion.rewrite(":\n", Kind::other);
      body += distortion.rewrite("retry: 5\n\n", Kind::other);
      body += distortion.rewrite(kEvent, Kind::event);
    }
    EXPECT_EQ(messages(body), std::vector<std::string>(9, "tick 1 a\nb")) << how;
  }
}

TEST(StreamEchoStreamDistortion, a_byte_order_mark_comes_once) {
  StreamDistortion distortion = with("bom");
  EXPECT_EQ(distortion.rewrite(":\n", Kind::other), "\xEF\xBB\xBF:\n");
  EXPECT_EQ(distortion.rewrite(":\n", Kind::other), ":\n");
}

TEST(StreamEchoStreamDistortion, an_id_with_a_nul_is_ignored) {
  StreamDistortion distortion = with("nul-id");
  const std::string event = distortion.rewrite(kEvent, Kind::event);
  EXPECT_EQ(event, std::string("id: 1\0\nevent: tick\ndata: a\ndata: b\n\n", 36));
  EXPECT_EQ(messages(event), std::vector<std::string>{"tick  a\nb"});
  EXPECT_EQ(distortion.rewrite("data: id: 1\n\n", Kind::event), "data: id: 1\n\n");
}

TEST(StreamEchoStreamDistortion, what_is_cut_is_no_event) {
  StreamDistortion distortion = with("cut");
  EXPECT_EQ(distortion.rewrite(":\n", Kind::other), ":\n");
  EXPECT_FALSE(distortion.cut());
  EXPECT_TRUE(messages(distortion.rewrite(kEvent, Kind::event)).empty());
  EXPECT_TRUE(distortion.cut());
}

TEST(StreamEchoStreamDistortion, without_its_blank_line_the_last_one_is_no_event) {
  StreamDistortion distortion = with("no-final-blank");
  EXPECT_EQ(distortion.rewrite(kEvent, Kind::event), kEvent);
  EXPECT_TRUE(messages(distortion.rewrite(kEvent, Kind::last_event)).empty());
  EXPECT_TRUE(messages(distortion.rewrite(kEnd, Kind::end)).empty());
}

TEST(StreamEchoStreamDistortion, the_end_mark_is_any_data_or_none) {
  EXPECT_EQ(with("done=[DONE]").end_mark(), "data: [DONE]\n\n");
  EXPECT_EQ(with("done=a%0Ab").end_mark(), "data: a\ndata: b\n\n");
  EXPECT_EQ(with("done=none").end_mark(), "");
  EXPECT_EQ(with("bom").end_mark(), std::nullopt);
}

TEST(StreamEchoStreamDistortion, what_is_no_event_stream_has_lines) {
  EXPECT_EQ(with("done=[DONE]", false).end_mark(), "[DONE]\n");
  EXPECT_EQ(with("no-final-blank", false).rewrite("{}\n", Kind::end), "{}");
  EXPECT_EQ(with("no-final-blank", false).rewrite("{}\n", Kind::event), "{}\n");
}

TEST(StreamEchoStreamDistortion, gzip_flushes_each_block_unless_it_is_late) {
  StreamDistortion prompt = with("gzip");
  EXPECT_FALSE(prompt.rewrite(kEvent, Kind::event).empty());
  StreamDistortion late = with("gzip=late");
  EXPECT_EQ(late.rewrite(kEvent, Kind::event), "");
  EXPECT_FALSE(late.finish().empty());
  EXPECT_EQ(with("bom").finish(), "");
}

}  // namespace
}  // namespace stream_echo
