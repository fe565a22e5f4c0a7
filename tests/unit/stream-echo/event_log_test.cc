// What a channel keeps, and where a client that comes back goes on.
#include "stream-echo/event_log.h"

#include <gtest/gtest.h>

#include <string>

namespace stream_echo {
namespace {

using Gap = EventLog::Gap;

constexpr std::size_t kRoom = std::size_t{1} << 30;

std::string from(const EventLog& log, std::uint64_t number, std::size_t limit = kRoom) {
  return std::string(as_text(log.from(number, limit).bytes));
}

TEST(StreamEchoEventLog, an_event_is_kept_as_it_goes_out) {
  EventLog log("e1");
  EXPECT_EQ(log.append("", "hello"), 1u);
  EXPECT_EQ(log.append("tick", "two\nlines"), 2u);
  EXPECT_EQ(from(log, 1),
            "id: e1-1\ndata: hello\n\nid: e1-2\nevent: tick\ndata: two\ndata: lines\n\n");
  EXPECT_EQ(from(log, 3), "");
  EXPECT_EQ(log.next(), 3u);
}

TEST(StreamEchoEventLog, a_batch_is_of_whole_events_within_the_limit_but_one_at_least) {
  EventLog log("e");
  for (int i = 0; i < 100; ++i) log.append("", "x");  // "id: e-N\ndata: x\n\n": 17 bytes or more
  EXPECT_EQ(log.from(1, 0).next, 2u);
  EXPECT_EQ(log.from(1, 16).next, 2u);
  EXPECT_EQ(log.from(1, 33).next, 2u);
  EXPECT_EQ(log.from(1, 34).next, 3u);
  EXPECT_EQ(log.from(1, kRoom).next, 101u);
  EXPECT_EQ(log.from(100, kRoom).next, 101u);
  std::string joined;
  for (std::uint64_t at = 1; at < log.next();) {
    const EventLog::Batch batch = log.from(at, 50);
    joined += as_text(batch.bytes);
    at = batch.next;
  }
  EXPECT_EQ(joined, from(log, 1));
}

TEST(StreamEchoEventLog, an_event_can_be_had_in_pieces) {
  EventLog log("e");
  log.append("", "one");
  log.append("", "two");
  EXPECT_EQ(as_text(log.rest_of(1, 0)), "id: e-1\ndata: one\n\n");
  EXPECT_EQ(as_text(log.rest_of(2, 8)), "data: two\n\n");
  EXPECT_EQ(as_text(log.rest_of(2, 19)), "");
}

TEST(StreamEchoEventLog, the_latest_thousand_are_kept) {
  EventLog log("e");
  for (int i = 1; i <= 2500; ++i) log.append("", std::to_string(i));
  EXPECT_EQ(log.first(), 1501u);
  EXPECT_TRUE(from(log, 1501).starts_with("id: e-1501\ndata: 1501\n\nid: e-1502\n"));
  EXPECT_EQ(from(log, 2500), "id: e-2500\ndata: 2500\n\n");
}

TEST(StreamEchoEventLog, the_oldest_go_when_they_are_large_but_the_latest_stays) {
  EventLog log("e");
  const std::string large(EventLog::kMaxSize / 4, 'x');
  for (int i = 1; i <= 6; ++i) log.append("", large);
  EXPECT_EQ(log.first(), 4u);
  log.append("", std::string(EventLog::kMaxSize, 'y'));
  EXPECT_EQ(log.first(), 7u);
  EXPECT_EQ(log.from(7, kRoom).next, 8u);
  log.append("", "small");
  EXPECT_EQ(log.first(), 8u);
}

struct Case {
  const char* last_event_id;
  std::uint64_t next;
  Gap gap;
};

TEST(StreamEchoEventLog, a_client_goes_on_behind_what_it_had) {
  EventLog log("e7");
  EXPECT_EQ(log.find("").next, 1u);
  EXPECT_EQ(log.find("e7-0").gap, Gap::none);
  for (int i = 0; i < 1100; ++i) log.append("", "x");
  const Case cases[] = {
      {"", 1101, Gap::none},          {"e7-1100", 1101, Gap::none},
      {"e7-1000", 1001, Gap::none},   {"e7-100", 101, Gap::none},
      {"e7-99", 101, Gap::lost},      {"e7-0", 101, Gap::lost},
      {"0", 101, Gap::lost},          {"e7-1101", 101, Gap::unknown},
      {"e8-1000", 101, Gap::unknown}, {"1000", 101, Gap::unknown},
      {"e7", 101, Gap::unknown},      {"e7-", 101, Gap::unknown},
      {"e7--5", 101, Gap::unknown},   {"e7-18446744073709551615", 101, Gap::unknown},
  };
  for (const Case& one : cases) {
    const EventLog::Position position = log.find(one.last_event_id);
    EXPECT_EQ(position.next, one.next) << one.last_event_id;
    EXPECT_EQ(position.gap, one.gap) << one.last_event_id;
  }
}

}  // namespace
}  // namespace stream_echo
