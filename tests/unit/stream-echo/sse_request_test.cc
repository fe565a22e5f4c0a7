// What a request for the demonstration stream asks for.
#include "stream-echo/sse_request.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace stream_echo {
namespace {

using namespace std::chrono_literals;

SseRequest read(std::string_view query, std::string_view last = "") {
  auto request = parse_sse_request(query, last);
  if (request) return *request;
  ADD_FAILURE() << request.error().message;
  return {};
}

std::string error_of(std::string_view query) {
  const auto request = parse_sse_request(query, "");
  return request ? "" : request.error().message;
}

TEST(StreamEchoSseRequest, without_parameters_ten_messages_come_a_second_apart) {
  const SseRequest request = read("");
  EXPECT_EQ(request.count, 10u);
  EXPECT_EQ(request.next, 1u);
  EXPECT_EQ(request.interval, 1s);
  EXPECT_FALSE(request.finished());
}

TEST(StreamEchoSseRequest, parameters_are_decoded_and_other_names_are_left_alone) {
  const SseRequest request = read(
      "count=3&interval=250ms&&heartbeat=0&retry=1500&start=7&event=tick&data=a%0Ab%FF&bom&x=1");
  EXPECT_EQ(request.count, 3u);
  EXPECT_EQ(request.interval, 250ms);
  EXPECT_EQ(request.heartbeat, 0s);
  EXPECT_EQ(request.retry_ms, 1500u);
  EXPECT_EQ(request.next, 7u);
  EXPECT_EQ(request.type, "tick");
  EXPECT_EQ(request.content, "a\nb\xEF\xBF\xBD");
}

TEST(StreamEchoSseRequest, the_pace_may_be_given_in_several_ways) {
  EXPECT_EQ(read("tps=50").interval, 20ms);
  EXPECT_EQ(read("duration=5s").interval, 500ms);
  EXPECT_EQ(read("duration=5s&count=50").interval, 100ms);
  EXPECT_EQ(read("duration=5s&count=0").interval, 1s);
  EXPECT_EQ(read("ttft=300ms").first_after, 300ms);
  EXPECT_EQ(error_of("tps=0"), "tps: \"0\" is not a whole number from 1 to 1000000");
  EXPECT_EQ(error_of("ttft=x"), "ttft: \"x\" is not a time such as 250ms, at most a day");
}

TEST(StreamEchoSseRequest, content_may_be_of_a_size_and_ids_may_be_left_out) {
  EXPECT_EQ(read("size=3").content, "xxx");
  EXPECT_EQ(read("size=1M").content->size(), 1u << 20);
  EXPECT_EQ(error_of("size=2M"), "size: \"2M\" is not a size such as 64k, at most 1M");
  EXPECT_TRUE(read("").numbered);
  EXPECT_FALSE(read("id=none").numbered);
}

TEST(StreamEchoSseRequest, goes_on_after_the_last_id_without_gap_or_double) {
  EXPECT_EQ(read("", "4").next, 5u);
  EXPECT_EQ(read("start=100&count=2", "100").next, 101u);
  EXPECT_TRUE(read("start=100&count=2", "101").finished());
  EXPECT_TRUE(read("", "10").finished());
}

TEST(StreamEchoSseRequest, an_id_of_another_stream_begins_at_the_start) {
  for (const char* const last : {"0", "11", "-1", "x", "18446744073709551615", "4 "}) {
    EXPECT_EQ(read("", last).next, 1u) << last;
  }
}

TEST(StreamEchoSseRequest, the_last_id_may_stand_in_the_query_but_the_header_counts_more) {
  EXPECT_EQ(read("lastEventId=4").next, 5u);
  EXPECT_EQ(read("lastEventId=4", "7").next, 8u);
  EXPECT_EQ(read("lastEventId=4", "x").next, 1u);
}

TEST(StreamEchoSseRequest, errors_name_the_parameter) {
  EXPECT_TRUE(error_of("count=x").starts_with("count: "));
  EXPECT_TRUE(error_of("start=1000000000001").starts_with("start: "));
  EXPECT_TRUE(error_of("interval=-1").starts_with("interval: "));
  EXPECT_TRUE(error_of("heartbeat=25h").starts_with("heartbeat: "));
  EXPECT_TRUE(error_of("retry=").starts_with("retry: "));
  EXPECT_TRUE(error_of("data=%2").starts_with("data: "));
  EXPECT_EQ(error_of("echo=all"), "echo: \"all\" is not body");
  EXPECT_EQ(error_of("event=a%0Adata:b"), "event: \"a\\ndata:b\" is not one line");
}

}  // namespace
}  // namespace stream_echo
