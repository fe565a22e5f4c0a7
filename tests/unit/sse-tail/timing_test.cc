// What is found out of a stream: exact numbers for given times.
#include "sse-tail/timing.h"

#include <gtest/gtest.h>

#include <optional>
#include <string_view>
#include <vector>

#include "sse-tail/metric.h"

namespace sse_tail {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

Time at(std::int64_t ms) {
  return Time(milliseconds(ms));
}

/// A run that began at 0 ms, and whose request was sent at 10.
Timing begun(Duration stall = std::chrono::seconds(1)) {
  Timing timing(stall);
  timing.begun(at(0));
  timing.transfer({.name_lookup = milliseconds(1),
                   .connect = milliseconds(3),
                   .tls = milliseconds(9),
                   .requested = at(10),
                   .answered = at(12)});
  timing.opened();
  return timing;
}

void arrive(Timing& timing, std::int64_t ms, std::string_view text) {
  timing.read(at(ms), 20);
  timing.event();
  timing.content(text);
}

std::optional<double> value(const TimingReport& report, std::string_view name) {
  const Metric* const metric = find_metric(name);
  if (metric == nullptr) ADD_FAILURE() << "there is no " << name;
  return metric == nullptr ? std::nullopt : metric->value(report);
}

TEST(SseTailTiming, times_count_from_the_sending_of_the_request) {
  Timing timing = begun();
  timing.read(at(13), 5);
  timing.comment();
  timing.read(at(20), 5);
  timing.event();
  timing.content("");  // a role, say
  timing.read(at(40), 5);
  timing.event();
  timing.content("a");
  timing.read(at(60), 5);
  timing.event();
  timing.content("b");
  timing.ended(at(70));
  const TimingReport report = timing.report();
  EXPECT_EQ(report.sent, milliseconds(10));
  EXPECT_EQ(report.dns, milliseconds(1));
  EXPECT_EQ(report.connect, milliseconds(2));
  EXPECT_EQ(report.tls, milliseconds(6));
  EXPECT_EQ(report.redirect, Duration(0));  // there was none
  EXPECT_EQ(report.ttfb, milliseconds(2));
  EXPECT_EQ(report.first_byte, milliseconds(3));
  EXPECT_EQ(report.first_comment, milliseconds(3));
  EXPECT_EQ(report.first_event, milliseconds(10));
  EXPECT_EQ(report.ttft, milliseconds(30));
  EXPECT_EQ(report.ttft_reasoning, std::nullopt);
  EXPECT_EQ(report.last_content, milliseconds(50));
  EXPECT_EQ(report.end, milliseconds(60));
  EXPECT_EQ(report.events, 3);
  EXPECT_EQ(report.chunks, 2);
  EXPECT_EQ(report.bytes, 20);
}

TEST(SseTailTiming, nothing_is_known_of_what_did_not_happen) {
  Timing timing(milliseconds(1));
  timing.begun(at(0));
  const TimingReport report = timing.report();
  for (const Metric& metric : metrics()) {
    const bool counts = metric.name == "bytes" || metric.name == "events" ||
                        metric.name == "chunks" || metric.name == "chars";
    EXPECT_EQ(metric.value(report), counts ? std::optional(0.0) : std::nullopt) << metric.name;
  }
}

TEST(SseTailTiming, percentiles_lie_on_the_line_between_ranks) {
  const std::vector<double> sorted = {10, 20, 40, 80, 160};
  EXPECT_DOUBLE_EQ(percentile(sorted, 0), 10);
  EXPECT_DOUBLE_EQ(percentile(sorted, 0.5), 40);
  EXPECT_DOUBLE_EQ(percentile(sorted, 0.9), 128);  // rank 3.6
  EXPECT_DOUBLE_EQ(percentile(sorted, 0.125), 15);
  EXPECT_DOUBLE_EQ(percentile(sorted, 1), 160);
  EXPECT_DOUBLE_EQ(percentile(std::vector<double>{7}, 0.99), 7);
}

TEST(SseTailTiming, gaps_are_those_between_content) {
  Timing timing = begun();
  for (const int ms : {100, 110, 130, 170, 250, 410}) arrive(timing, ms, "x");
  const auto gaps = timing.report().gaps;
  ASSERT_TRUE(gaps);
  EXPECT_EQ(gaps->count, 5);
  EXPECT_DOUBLE_EQ(gaps->min, 10'000);
  EXPECT_DOUBLE_EQ(gaps->mean, 62'000);
  EXPECT_DOUBLE_EQ(gaps->p50, 40'000);
  EXPECT_DOUBLE_EQ(gaps->p90, 128'000);
  EXPECT_DOUBLE_EQ(gaps->p95, 144'000);
  EXPECT_DOUBLE_EQ(gaps->p99, 156'800);
  EXPECT_DOUBLE_EQ(gaps->max, 160'000);
}

TEST(SseTailTiming, many_gaps_are_counted_in_buckets_of_a_64th) {
  Gaps gaps;
  constexpr int kMany = 100'000;
  for (int i = 1; i <= kMany; ++i) gaps.add(microseconds(i * 10));
  const auto summary = gaps.summary();
  ASSERT_TRUE(summary);
  EXPECT_EQ(summary->count, kMany);
  EXPECT_DOUBLE_EQ(summary->min, 10);
  EXPECT_DOUBLE_EQ(summary->max, 1e6);
  EXPECT_DOUBLE_EQ(summary->mean, 500'005);
  EXPECT_NEAR(summary->p50, 5.0e5, 5.0e5 / 64);
  EXPECT_NEAR(summary->p99, 9.9e5, 9.9e5 / 64);
}

TEST(SseTailTiming, buckets_hold_any_time) {
  Gaps gaps;
  for (std::size_t i = 0; i < Gaps::kExact; ++i) gaps.add(Duration(0));
  for (std::size_t i = 0; i < Gaps::kExact; ++i) gaps.add(Duration::max());
  const auto summary = gaps.summary();
  EXPECT_EQ(summary->min, 0);
  EXPECT_EQ(summary->max, static_cast<double>(Duration::max().count()));
  EXPECT_NEAR(summary->p90 / summary->max, 1, 1.0 / 64);
}

TEST(SseTailTiming, stalls_are_counted_and_the_longest_located) {
  Timing timing = begun(milliseconds(50));
  for (const int ms : {20, 70, 130, 140, 340, 400}) arrive(timing, ms, "x");
  const TimingReport report = timing.report();
  EXPECT_EQ(report.stalls, 3);  // not the first gap, which is just as long
  EXPECT_EQ(report.stall_max, milliseconds(200));
  EXPECT_EQ(report.stall_at, 5);
}

TEST(SseTailTiming, stream_without_a_stall_has_none_of_any_length) {
  Timing timing = begun(milliseconds(50));
  EXPECT_EQ(value(timing.report(), "stall_max"), std::nullopt);  // nor any content
  EXPECT_EQ(value(timing.report(), "stall_at"), std::nullopt);
  arrive(timing, 20, "x");
  EXPECT_EQ(value(timing.report(), "stall_max"), 0);
  EXPECT_EQ(value(timing.report(), "stall_at"), 0);
}

TEST(SseTailTiming, time_in_which_we_read_nothing_is_a_gap_and_no_stall) {
  Timing timing = begun(milliseconds(50));
  arrive(timing, 20, "a");
  timing.paused(true, at(30));
  timing.paused(true, at(40));
  arrive(timing, 20, "b");  // waited with the rest of the read
  timing.paused(false, at(130));
  arrive(timing, 140, "c");
  arrive(timing, 200, "d");
  timing.paused(true, at(210));
  timing.paused(false, at(220));
  arrive(timing, 300, "e");
  const TimingReport report = timing.report();
  EXPECT_DOUBLE_EQ(report.gaps->max, 120'000);
  EXPECT_EQ(report.stalls, 2);
  EXPECT_EQ(report.stall_max, milliseconds(90));
  EXPECT_EQ(report.stall_at, 5);
}

TEST(SseTailTiming, another_connection_ends_a_pause) {
  Timing timing = begun(milliseconds(50));
  arrive(timing, 20, "a");
  timing.paused(true, at(30));
  timing.begun(at(40));
  arrive(timing, 130, "b");
  EXPECT_EQ(timing.report().stall_max, milliseconds(100));
}

TEST(SseTailTiming, what_comes_in_one_turn_came_in_one_read) {
  Timing timing = begun();
  arrive(timing, 20, "a");
  arrive(timing, 20, "b");  // another chunk of the transfer coding
  timing.content("c");
  arrive(timing, 30, "d");
  const TimingReport report = timing.report();
  EXPECT_EQ(report.coalesced, 2);
  EXPECT_DOUBLE_EQ(*value(report, "coalesced"), 0.5);
}

TEST(SseTailTiming, rates_are_of_characters_and_chunks_after_the_first) {
  Timing timing = begun();
  arrive(timing, 110, "größe");
  arrive(timing, 610, "€");
  arrive(timing, 2110, "\U0001F600!");
  timing.ended(at(4010));
  const TimingReport report = timing.report();
  EXPECT_EQ(report.chars, 8);
  EXPECT_DOUBLE_EQ(*value(report, "chars_per_s"), 1.5);
  EXPECT_DOUBLE_EQ(*value(report, "chunks_per_s"), 1);
  EXPECT_DOUBLE_EQ(*value(report, "events_per_s"), 0.75);
  EXPECT_DOUBLE_EQ(*value(report, "bytes_per_s"), 15);
  EXPECT_EQ(value(report, "tpot"), std::nullopt);
  EXPECT_EQ(value(report, "e2e_tok_per_s"), std::nullopt);
}

TEST(SseTailTiming, tokens_are_those_that_the_server_tells) {
  Timing timing = begun();
  timing.usage({.input_tokens = 7, .output_tokens = 1});
  arrive(timing, 110, "a");
  arrive(timing, 1110, "b");
  timing.usage({.output_tokens = 11});
  timing.ended(at(2210));
  const TimingReport report = timing.report();
  EXPECT_DOUBLE_EQ(*value(report, "input_tokens"), 7);
  EXPECT_DOUBLE_EQ(*value(report, "tpot"), 100'000);
  EXPECT_DOUBLE_EQ(*value(report, "decode_tok_per_s"), 10);
  EXPECT_DOUBLE_EQ(*value(report, "e2e_tok_per_s"), 5);
}

TEST(SseTailTiming, tokens_of_reasoning_are_no_content) {
  Timing timing = begun();
  timing.read(at(110), 1);
  timing.reasoning("hm");
  arrive(timing, 1110, "a");
  arrive(timing, 2110, "b");
  timing.usage({.output_tokens = 41});
  EXPECT_EQ(timing.report().ttft_reasoning, milliseconds(100));
  EXPECT_EQ(timing.report().ttft, milliseconds(1100));
  EXPECT_DOUBLE_EQ(*value(timing.report(), "tpot"), 50'000);  // all of them, in all the time
  timing.usage({.reasoning_tokens = 30});
  EXPECT_DOUBLE_EQ(*value(timing.report(), "tpot"), 100'000);
}

TEST(SseTailTiming, one_token_takes_no_time_of_its_own) {
  Timing timing = begun();
  arrive(timing, 110, "a");
  timing.usage({.output_tokens = 1});
  EXPECT_EQ(value(timing.report(), "tpot"), std::nullopt);
  EXPECT_EQ(value(timing.report(), "decode_tok_per_s"), std::nullopt);
}

TEST(SseTailTiming, another_connection_is_a_gap) {
  Timing timing = begun();
  arrive(timing, 20, "a");
  timing.ended(at(30));
  timing.begun(at(3030));
  timing.transfer({.requested = at(3040), .answered = at(3050)});
  arrive(timing, 3060, "b");
  timing.ended(at(3070));
  const TimingReport report = timing.report();
  EXPECT_EQ(report.ttfb, milliseconds(2));
  EXPECT_EQ(report.ttft, milliseconds(10));
  EXPECT_EQ(report.end, milliseconds(3060));
  EXPECT_DOUBLE_EQ(report.gaps->max, 3'040'000);
}

TEST(SseTailTiming, times_are_those_of_the_attempt_that_brought_the_stream) {
  Timing timing(milliseconds(1));
  timing.begun(at(0));
  timing.transfer({.tls = milliseconds(5), .requested = at(10), .answered = at(30)});  // a 503
  timing.begun(at(500));
  EXPECT_EQ(timing.report().ttfb, std::nullopt);
  timing.transfer({.connect = milliseconds(2), .requested = at(510), .answered = at(520)});
  timing.opened();
  timing.transfer({.connect = milliseconds(2), .requested = at(510), .answered = at(520)});
  arrive(timing, 530, "a");
  timing.begun(at(1000));
  timing.transfer({.connect = milliseconds(7), .requested = at(1100), .answered = at(1200)});
  timing.opened();
  const TimingReport report = timing.report();
  EXPECT_EQ(report.sent, milliseconds(10));
  EXPECT_EQ(report.connect, milliseconds(2));
  EXPECT_EQ(report.tls, Duration(0));
  EXPECT_EQ(report.ttfb, milliseconds(10));
  EXPECT_EQ(report.ttft, milliseconds(20));
  EXPECT_EQ(timing.start(), at(500));
}

/// `count` chunks in each of the reads at these times.
TimingReport reads(std::initializer_list<int> times_ms, int count) {
  Timing timing = begun();
  for (const int ms : times_ms) {
    for (int i = 0; i < count; ++i) arrive(timing, ms, "x");
  }
  return timing.report();
}

TEST(SseTailTiming, burst_after_a_silence_is_buffered) {
  EXPECT_TRUE(reads({510}, 8).buffered());
  EXPECT_FALSE(reads({509}, 8).buffered());  // not long enough
  EXPECT_FALSE(reads({510}, 7).buffered());  // not much of a stream
  EXPECT_TRUE(reads({300, 600, 900}, 4).buffered());
  EXPECT_FALSE(reads({300, 600, 900, 1200}, 3).buffered());  // a third came by itself
}

TEST(SseTailTiming, stream_that_we_hold_up_is_not_buffered) {
  Timing timing = begun();
  for (int ms = 20; ms < 2000; ms += 200) {
    for (int i = 0; i < 8; ++i) arrive(timing, ms, "x");
    timing.paused(true, at(ms));
    timing.paused(false, at(ms + 190));
  }
  EXPECT_GE(*value(timing.report(), "coalesced"), 0.75);
  EXPECT_EQ(timing.report().silence, Duration(0));
  EXPECT_FALSE(timing.report().buffered());
}

TEST(SseTailTiming, even_stream_is_not_buffered) {
  Timing timing = begun();
  for (int ms = 600; ms < 2000; ms += 20) arrive(timing, ms, "x");
  EXPECT_FALSE(timing.report().buffered());
}

TEST(SseTailTiming, fast_stream_is_not_buffered) {
  Timing timing = begun();
  for (int ms = 20; ms < 2000; ms += 1) {
    for (int i = 0; i < 100; ++i) arrive(timing, ms, "x");
  }
  EXPECT_FALSE(timing.report().buffered());
}

TEST(SseTailTiming, reasoning_breaks_the_silence) {
  Timing timing = begun();
  for (int ms = 50; ms < 1000; ms += 50) {
    timing.read(at(ms), 1);
    timing.reasoning("hm");
  }
  for (int i = 0; i < 8; ++i) arrive(timing, 1000, "x");
  EXPECT_FALSE(timing.report().buffered());
}

}  // namespace
}  // namespace sse_tail
