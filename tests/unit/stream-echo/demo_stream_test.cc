// The messages of the demonstration stream: which are due, and what they look like.
#include "stream-echo/demo_stream.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "sse/parser.h"

namespace stream_echo {
namespace {

using namespace std::chrono_literals;

constexpr Time kStart = Time(1h);
constexpr std::uint64_t kUnixMs = 1'700'000'000'123;
constexpr std::size_t kRoom = 4096;

DemoStream stream(std::string_view query, std::string_view last = "") {
  const auto request = parse_sse_request(query, last);
  EXPECT_TRUE(request) << query;
  return DemoStream(*request, kStart);
}

std::string due_at(DemoStream& stream, Time now, std::size_t limit = kRoom) {
  OutputBuffer out;
  stream.append_due(out, limit, now, kUnixMs);
  return std::string(as_text(out.view()));
}

TEST(StreamEchoDemoStream, a_message_is_json_with_an_id) {
  DemoStream plain = stream("count=1");
  EXPECT_EQ(due_at(plain, kStart),
            "id: 1\ndata: {\"time\":1700000000123,\"content\":\"message 1\"}\n\n");
  EXPECT_TRUE(plain.finished());
  DemoStream own = stream("count=1&start=41&event=tick&data=a%0A%22b%22");
  EXPECT_EQ(
      due_at(own, kStart),
      "id: 41\nevent: tick\ndata: {\"time\":1700000000123,\"content\":\"a\\n\\\"b\\\"\"}\n\n");
}

TEST(StreamEchoDemoStream, one_is_due_at_once_and_then_one_an_interval) {
  DemoStream ten = stream("");
  EXPECT_NE(due_at(ten, kStart), "");
  EXPECT_EQ(ten.due(), kStart + 1s);
  EXPECT_EQ(due_at(ten, kStart + 999ms), "");
  EXPECT_TRUE(due_at(ten, kStart + 1s).starts_with("id: 2\n"));
}

TEST(StreamEchoDemoStream, the_first_one_may_be_late_and_without_an_id) {
  DemoStream late = stream("ttft=300ms&id=none&size=2");
  EXPECT_EQ(late.due(), kStart + 300ms);
  EXPECT_EQ(due_at(late, kStart + 299ms), "");
  EXPECT_EQ(due_at(late, kStart + 300ms), "data: {\"time\":1700000000123,\"content\":\"xx\"}\n\n");
  EXPECT_EQ(late.due(), kStart + 1300ms);
}

TEST(StreamEchoDemoStream, what_was_late_is_made_good_but_not_hours_of_it) {
  DemoStream quick = stream("interval=100ms&count=1000");
  OutputBuffer out;
  EXPECT_EQ(quick.append_due(out, kRoom, kStart + 250ms, kUnixMs), 3u);
  EXPECT_EQ(quick.append_due(out, kRoom, kStart + 2h, kUnixMs), 11u);
}

TEST(StreamEchoDemoStream, without_an_interval_it_fills_the_room_there_is) {
  DemoStream firehose = stream("interval=0&count=1000");
  const std::string first = due_at(firehose, kStart, 200);
  EXPECT_GE(first.size(), 200u);
  EXPECT_LT(first.size(), 300u);
  EXPECT_FALSE(firehose.finished());
  std::string all = first;
  while (!firehose.finished()) all += due_at(firehose, kStart, 200);
  sse::Parser parser;
  ConstBytes in = as_bytes(all);
  for (int number = 1; number <= 1000; ++number) {
    const auto event = parser.next(in);
    ASSERT_TRUE(event) << number;
    ASSERT_EQ(event->last_id, std::to_string(number));
    ASSERT_TRUE(event->data.ends_with("message " + std::to_string(number) + "\"}"));
  }
  EXPECT_FALSE(parser.end());
}

TEST(StreamEchoDemoStream, the_end_has_no_id) {
  DemoStream ended = stream("");
  OutputBuffer out;
  ended.append_end(out, kUnixMs);
  EXPECT_EQ(as_text(out.view()),
            "event: close\ndata: {\"time\":1700000000123,\"content\":\"no more messages\"}\n\n");
}

}  // namespace
}  // namespace stream_echo
