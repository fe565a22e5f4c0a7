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
