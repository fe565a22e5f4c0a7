// --fail-if, and what --timing says of the same numbers.
#include "sse-tail/fail_if.h"

#include <gtest/gtest.h>

#include <string>

#include "sse-tail/timing_text.h"

namespace sse_tail {
namespace {

using std::chrono::milliseconds;

TimingReport report(Duration ttft) {
  TimingReport report;
  report.sent = milliseconds(3);
  report.dns = milliseconds(1);
  report.tls = Duration(0);
  report.ttfb = milliseconds(2);
  report.ttft = ttft;
  report.last_content = ttft + milliseconds(30);
  report.chunks = 4;
  report.coalesced = 1;
  report.gaps = {{.count = 3,
                  .min = 0,
                  .mean = 1e4,
                  .p50 = 5e3,
                  .p90 = 2e4,
                  .p95 = 2e4,
                  .p99 = 2e4,
                  .max = 25e3}};
  return report;
}

std::string said(std::string_view limit, const TimingReport& of) {
  auto parsed = parse_fail_if(limit);
  if (!parsed) return parsed.error().message;
  return failure(*parsed, of).value_or("");
}

Error bad(std::string_view limit) {
  const auto parsed = parse_fail_if(limit);
  return parsed ? Error{"was accepted", {}} : parsed.error();
}

TEST(SseTailFailIf, four_comparisons) {
  const TimingReport one = report(milliseconds(800));
  EXPECT_EQ(said("ttft>800ms", one), "");
  EXPECT_EQ(said("ttft>799ms", one), "ttft is 800 ms, more than 799 ms (--fail-if 'ttft>799ms')");
  EXPECT_EQ(said("ttft>=0.8", one), "ttft is 800 ms, not under 800 ms (--fail-if 'ttft>=0.8')");
  EXPECT_EQ(said("ttft<800ms", one), "");
  EXPECT_EQ(said("ttft<1s", one), "ttft is 800 ms, less than 1 s (--fail-if 'ttft<1s')");
  EXPECT_EQ(said("ttft <= 800ms", one),
            "ttft is 800 ms, not over 800 ms (--fail-if 'ttft <= 800ms')");
}

TEST(SseTailFailIf, counts_and_shares_are_numbers) {
  const TimingReport one = report(milliseconds(800));
  EXPECT_EQ(said("chunks<5", one), "chunks is 4, less than 5 (--fail-if 'chunks<5')");
  EXPECT_EQ(said("coalesced>0.2", one),
            "coalesced is 25 %, more than 20 % (--fail-if 'coalesced>0.2')");
  EXPECT_EQ(said("stalls>0", one), "");
  EXPECT_EQ(said("gap_p99>=20ms", one),
            "gap_p99 is 20 ms, not under 20 ms (--fail-if 'gap_p99>=20ms')");
}

TEST(SseTailFailIf, numbers_have_as_many_digits_as_it_takes_to_differ) {
  TimingReport one = report(std::chrono::microseconds(800'040));
  EXPECT_EQ(said("ttft>800ms", one),
            "ttft is 800.04 ms, more than 800 ms (--fail-if 'ttft>800ms')");
  EXPECT_EQ(said("chunks<4.5", one), "chunks is 4.0, less than 4.5 (--fail-if 'chunks<4.5')");
  one.events = 1;
  one.end = std::chrono::microseconds(50'300);
  EXPECT_EQ(said("events_per_s<19.9", one),
            "events_per_s is 19.88, less than 19.9 (--fail-if 'events_per_s<19.9')");
  one.end = std::chrono::microseconds(2'001);
  EXPECT_EQ(said("events_per_s<500", one),
            "events_per_s is 499.8, less than 500.0 (--fail-if 'events_per_s<500')");
  one.coalesced = 4;
  EXPECT_EQ(said("coalesced>0.9999", one),
            "coalesced is 100 %, more than 99.99 % (--fail-if 'coalesced>0.9999')");
}

TEST(SseTailFailIf, good_stream_is_within_limits_on_what_it_does_not_have) {
  const TimingReport one = report(milliseconds(800));
  EXPECT_EQ(said("stall_max>5s", one), "");
  EXPECT_EQ(said("stall_at>0", one), "");
  EXPECT_EQ(said("stall_max>5s", {}),
            "stall_max is not known: no content came (--fail-if 'stall_max>5s')");
}

TEST(SseTailFailIf, what_is_not_known_is_a_failure) {
  EXPECT_EQ(said("ttft>1m", {}), "ttft is not known: no content came (--fail-if 'ttft>1m')");
  EXPECT_EQ(said("tpot>1m", report(milliseconds(1))), "tpot is not known (--fail-if 'tpot>1m')");
  EXPECT_EQ(said("chunks<1", {}), "chunks is 0, less than 1 (--fail-if 'chunks<1')");
}

TEST(SseTailFailIf, what_is_wrong_is_told) {
  EXPECT_EQ(bad("ttft").message,
            "option --fail-if: \"ttft\" is not NAME>VALUE, with >, >=, < or <=");
  EXPECT_TRUE(bad("tfft>1").message.starts_with(
      "option --fail-if: \"tfft>1\" names none of redirect, dns, connect, "))
      << bad("tfft>1").message;
  EXPECT_EQ(bad("tfft>1").hint, "did you mean ttft?");
  for (const char* limit : {"ttft>", "ttft>x", "ttft>-1", "ttft>1>2"}) {
    EXPECT_EQ(bad(limit).message, "option --fail-if: \"" + std::string(limit) +
                                      "\" does not end with a time such as 2, 0.5 or 250ms");
  }
  for (const char* limit : {"chunks>", "chunks>1ms", "chunks>1e3", "chunks>0x1", "chunks>1.2.3"}) {
    EXPECT_EQ(bad(limit).message,
              "option --fail-if: \"" + std::string(limit) + "\" does not end with a number");
  }
}

TEST(SseTailTimingText, has_no_line_for_what_did_not_happen) {
  EXPECT_EQ(timing_text(report(milliseconds(50)), milliseconds(1000), false),
            "timing since the request was sent\n"
            "  before it           3 ms      dns 1 ms\n"
            "  ttfb                2 ms      the answer\n"
            "  ttft                50 ms     the first content\n"
            "  last content        80 ms\n"
            "  inter-chunk latency 3 gaps, mean 10 ms, min 0 ms, max 25 ms\n"
            "                      p50 5 ms, p90 20 ms, p95 20 ms, p99 20 ms\n"
            "  coalesced           25 %: 1 of 4 chunks came with the one before\n"
            "  rates               100 chunks/s, 0 chars/s");
  EXPECT_EQ(timing_text({}, milliseconds(1000), false), "");
}

TEST(SseTailTimingText, tokens_only_when_they_are_known) {
  TimingReport one = report(milliseconds(50));
  EXPECT_EQ(timing_text(one, milliseconds(1000), false).find("tok"), std::string::npos);
  one.usage = {.input_tokens = 9, .output_tokens = 4};
  one.end = milliseconds(100);
  const std::string text = timing_text(one, milliseconds(1000), false);
  EXPECT_NE(
      text.find("  tokens              in 9, out 4\n"
                "                      tpot 10 ms, 100 tok/s after the first, 40 tok/s in all"),
      std::string::npos)
      << text;
}

TEST(SseTailTimingText, stalls_and_buffering_are_warnings) {
  TimingReport one = report(milliseconds(700));
  one.stalls = 2;
  one.stall_max = milliseconds(1500);
  one.stall_at = 3;
  one.chunks = 40;
  one.coalesced = 38;
  one.silence = milliseconds(720);
  const std::string text = timing_text(one, milliseconds(1000), true);
  EXPECT_NE(text.find("\x1b[33m2 longer than 1 s, the longest 1.5 s, before chunk 3\x1b[0m"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("\x1b[33m40 chunks in 2 reads, after 720 ms of silence\x1b[0m\n"
                      "                      hint: "),
            std::string::npos)
      << text;
}

TEST(SseTailTimingText, runs_have_percentiles) {
  RunTotals totals;
  EXPECT_EQ(totals.text(false), "");
  for (const int ms : {10, 20, 40}) totals.add(report(milliseconds(ms)));
  totals.add({});
  EXPECT_EQ(totals.text(false),
            "4 runs             p50       p90       p99       min       max\n"
            "  ttft           20 ms     36 ms   39.6 ms     10 ms     40 ms  of 3 runs\n"
            "  mean gap       10 ms     10 ms     10 ms     10 ms     10 ms  of 3 runs");
  EXPECT_EQ(run_text(2, 0, report(milliseconds(10)), false),
            "run 2: ttfb 2 ms, ttft 10 ms, gap p50 5 ms, p99 20 ms");
}

TEST(SseTailTimingText, runs_that_failed_are_only_counted) {
  RunTotals totals;
  totals.add_failed();
  EXPECT_EQ(totals.text(false), "");
  totals.add(report(milliseconds(10)));
  totals.add(report(milliseconds(30)));
  EXPECT_EQ(totals.text(false),
            "2 of 3 runs        p50       p90       p99       min       max\n"
            "  ttft           20 ms     28 ms   29.8 ms     10 ms     30 ms\n"
            "  mean gap       10 ms     10 ms     10 ms     10 ms     10 ms");
  EXPECT_EQ(run_text(4, 7, {}, false), "run 4: failed (7): no answer");
  TimingReport refused;
  refused.ttfb = milliseconds(2);
  EXPECT_EQ(run_text(2, 22, refused, false), "run 2: failed (22): ttfb 2 ms");
}

TEST(SseTailMetric, times_have_three_digits) {
  EXPECT_EQ(time_text_of(0), "0 ms");
  EXPECT_EQ(time_text_of(1), "0.001 ms");
  EXPECT_EQ(time_text_of(999'400), "999 ms");
  EXPECT_EQ(time_text_of(999'600), "1 s");
  EXPECT_EQ(time_text_of(1'234'000), "1.23 s");
  EXPECT_EQ(time_text_of(3.6e9), "3600 s");
}

TEST(SseTailMetric, rates_for_programs_have_four_digits) {
  EXPECT_EQ(plain_text(Unit::rate, 0), "0.0000");
  EXPECT_EQ(plain_text(Unit::rate, 1234.5), "1234.5000");
  EXPECT_EQ(plain_text(Unit::rate, 0.5), "0.5000");
  EXPECT_EQ(plain_text(Unit::rate, 1 / 3600.0), "0.0002778");
}

}  // namespace
}  // namespace sse_tail
