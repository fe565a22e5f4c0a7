#include "sse/reconnect.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

namespace {

using sse::Because;
using sse::Decision;
using sse::Ending;
using sse::Reconnect;
using sse::ReconnectPolicy;
using sse::Verdict;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Ending kEndings[] = {Ending::clean,  Ending::cut,          Ending::unreachable,
                               Ending::futile, Ending::not_a_stream, Ending::no_content,
                               Ending::busy,   Ending::refused};

std::string show(const Decision& decision) {
  constexpr std::string_view kVerdicts[] = {"reconnect", "stop", "fail"};
  constexpr std::string_view kReasons[] = {
      "reconnection time", "backoff", "Retry-After", "ending", "once", "failures"};
  return fmt::format("{}: {}", kVerdicts[static_cast<std::size_t>(decision.verdict)],
                     kReasons[static_cast<std::size_t>(decision.because)]);
}

/// What comes of each ending, for one that was reached before and has brought something.
std::string outcomes(const ReconnectPolicy& policy) {
  std::string text;
  for (const Ending ending : kEndings) {
    Reconnect reconnect(policy, 1);
    reconnect.opened();
    reconnect.message();
    text += show(reconnect.ended(ending)) + '\n';
  }
  return text;
}

TEST(SseReconnect, a_tool_tries_again_when_that_may_help) {
  EXPECT_EQ(outcomes({}),
            "reconnect: reconnection time\n"  // clean
            "reconnect: reconnection time\n"  // cut
            "reconnect: reconnection time\n"  // unreachable
            "fail: ending\n"                  // futile
            "fail: ending\n"                  // not_a_stream
            "stop: ending\n"                  // no_content
            "reconnect: reconnection time\n"  // busy
            "fail: ending\n");                // refused
}

TEST(SseReconnect, a_browser_fails_at_every_status_but_200) {
  EXPECT_EQ(outcomes({.strict = true}),
            "reconnect: reconnection time\n"
            "reconnect: reconnection time\n"
            "reconnect: reconnection time\n"
            "fail: ending\n"
            "fail: ending\n"
            "fail: ending\n"
            "fail: ending\n"
            "fail: ending\n");
}

TEST(SseReconnect, what_is_not_repeated_ends_well_when_it_ends_cleanly) {
  const std::string usual =
      "stop: once\n"
      "fail: once\n"
      "fail: once\n"
      "fail: ending\n"
      "fail: ending\n"
      "stop: ending\n"
      "fail: once\n"
      "fail: ending\n";
  EXPECT_EQ(outcomes({.once = true}), usual);
  EXPECT_EQ(outcomes({.once = true, .max_failures = 5}), usual);
  EXPECT_EQ(outcomes({.strict = true, .once = true}),
            "stop: once\n"
            "fail: once\n"
            "fail: once\n"
            "fail: ending\n"
            "fail: ending\n"
            "fail: ending\n"
            "fail: ending\n"
            "fail: ending\n");
}

TEST(SseReconnect, clean_end_may_be_the_end) {
  EXPECT_EQ(
      outcomes({.until_clean_end = true, .max_failures = 5}),
      "stop: once\n" + outcomes({.max_failures = 5}).substr(sizeof "reconnect: reconnection time"));
}

TEST(SseReconnect, statuses_are_no_content_busy_or_refused) {
  std::set<unsigned> busy;
  for (unsigned status = 0; status < 1000; ++status) {
    const Ending ending = sse::ending_of(status);
    if (ending == Ending::busy) {
      busy.insert(status);
    } else {
      EXPECT_EQ(ending, status == 204 ? Ending::no_content : Ending::refused) << status;
    }
  }
  EXPECT_EQ(busy, (std::set<unsigned>{429, 502, 503, 504}));
}

// ---- How often

/// How many connections are attempted that fail like this, at most 1000.
int attempts(Reconnect& reconnect, Ending ending) {
  int count = 1;
  while (count < 1000 && reconnect.ended(ending).verdict == Verdict::reconnect) ++count;
  return count;
}

TEST(SseReconnect, a_server_that_was_never_reached_is_not_insisted_on) {
  for (const Ending ending : {Ending::unreachable, Ending::busy}) {
    Reconnect reconnect({}, 1);
    const Decision decision = reconnect.ended(ending);
    EXPECT_EQ(show(decision), "fail: failures");
    EXPECT_EQ(decision.failures, 1u);
  }
}

TEST(SseReconnect, a_server_that_was_reached_once_is_tried_without_end) {
  Reconnect reconnect({}, 1);
  reconnect.opened();
  EXPECT_EQ(attempts(reconnect, Ending::unreachable), 1000);
}

TEST(SseReconnect, a_browser_tries_without_end_from_the_start) {
  Reconnect reconnect({.strict = true}, 1);
  EXPECT_EQ(attempts(reconnect, Ending::unreachable), 1000);
}

TEST(SseReconnect, a_limit_counts_failures_in_a_row) {
  for (const std::uint32_t limit : {0U, 1U, 3U}) {
    Reconnect reconnect({.max_failures = limit}, 1);
    EXPECT_EQ(attempts(reconnect, Ending::unreachable), static_cast<int>(limit) + 1);
    reconnect.opened();
    EXPECT_EQ(attempts(reconnect, Ending::cut), static_cast<int>(limit) + 1);
    reconnect.opened();
    EXPECT_EQ(attempts(reconnect, Ending::busy), static_cast<int>(limit) + 1);
  }
}

TEST(SseReconnect, a_clean_end_is_no_failure) {
  Reconnect reconnect({.max_failures = 0}, 1);
  for (int i = 0; i < 10; ++i) {
    reconnect.opened();
    const Decision decision = reconnect.ended(Ending::clean);
    EXPECT_EQ(decision.verdict, Verdict::reconnect);
    EXPECT_EQ(decision.failures, 0u);
  }
}

// ---- How long

TEST(SseReconnect, the_reconnection_time_is_three_seconds_until_the_stream_says_another) {
  Reconnect reconnect({}, 1);
  reconnect.opened();
  reconnect.message();
  EXPECT_EQ(reconnect.ended(Ending::clean).wait, seconds(3));
  for (const std::uint64_t ms : {0U, 1U, 250U, 100000U}) {
    reconnect.opened();
    reconnect.message();
    reconnect.set_reconnection_time(ms);
    EXPECT_EQ(reconnect.ended(Ending::clean).wait, milliseconds(ms));
  }
  EXPECT_EQ(reconnect.reconnection_time(), seconds(100));
}

TEST(SseReconnect, a_time_that_means_never_is_a_year) {
  Reconnect reconnect({}, 1);
  reconnect.opened();
  for (const std::uint64_t ms : {UINT64_MAX, UINT64_MAX / 1000, std::uint64_t{31536000001}}) {
    reconnect.set_reconnection_time(ms);
    EXPECT_EQ(reconnect.ended(Ending::cut).wait, hours(365 * 24)) << ms;
    EXPECT_EQ(reconnect.ended(Ending::cut, Duration::max()).wait, hours(365 * 24)) << ms;
  }
}

/// The bounds of the waits after each of `count` attempts in vain, over many seeds: `3-6 6-12`, in
/// seconds, rounded outwards.
std::string bounds(const ReconnectPolicy& policy, std::uint64_t ms, int count) {
  std::string text;
  std::vector<std::pair<Duration, Duration>> found(static_cast<std::size_t>(count),
                                                   {Duration::max(), Duration::min()});
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    Reconnect reconnect(policy, seed);
    reconnect.opened();
    reconnect.set_reconnection_time(ms);
    for (auto& [least, most] : found) {
      const Duration wait = reconnect.ended(Ending::unreachable).wait;
      least = std::min(least, wait);
      most = std::max(most, wait);
    }
  }
  for (const auto& [least, most] : found) {
    text +=
        fmt::format("{}{}-{}", text.empty() ? "" : " ", std::chrono::floor<seconds>(least).count(),
                    std::chrono::ceil<seconds>(most).count());
  }
  return text;
}

TEST(SseReconnect, attempts_in_vain_are_followed_by_longer_and_longer_waits) {
  EXPECT_EQ(bounds({}, 3000, 6), "3-6 6-12 12-24 15-30 15-30 15-30");
  EXPECT_EQ(bounds({}, 0, 6), "1-2 2-4 4-8 8-16 15-30 15-30");
  EXPECT_EQ(bounds({.max_backoff = seconds(8)}, 3000, 4), "3-6 4-8 4-8 4-8");
}

TEST(SseReconnect, backoff_is_never_shorter_than_the_reconnection_time) {
  EXPECT_EQ(bounds({}, 20000, 3), "20-30 20-30 20-30");
  EXPECT_EQ(bounds({}, 60000, 3), "60-60 60-60 60-60");
  EXPECT_EQ(bounds({.max_backoff = seconds(0)}, 3000, 3), "3-3 3-3 3-3");
}

TEST(SseReconnect, the_same_seed_gives_the_same_waits) {
  const auto waits = [](std::uint64_t seed) {
    Reconnect reconnect({}, seed);
    reconnect.opened();
    std::vector<Duration> all;
    for (int i = 0; i < 10; ++i) all.push_back(reconnect.ended(Ending::cut).wait);
    return all;
  };
  EXPECT_EQ(waits(1), waits(1));
  EXPECT_NE(waits(1), waits(2));
}

TEST(SseReconnect, a_stream_that_brings_something_ends_the_backoff) {
  Reconnect reconnect({}, 1);
  reconnect.opened();
  for (int i = 0; i < 5; ++i) EXPECT_EQ(show(reconnect.ended(Ending::busy)), "reconnect: backoff");
  reconnect.opened();
  reconnect.message();
  EXPECT_EQ(show(reconnect.ended(Ending::cut)), "reconnect: reconnection time");
  EXPECT_EQ(show(reconnect.ended(Ending::unreachable)), "reconnect: backoff");
}

TEST(SseReconnect, a_server_that_opens_streams_and_ends_them_at_once_is_left_alone_more_and_more) {
  Reconnect reconnect({}, 1);
  reconnect.set_reconnection_time(0);
  Duration last = Duration(-1);
  for (int i = 0; i < 5; ++i) {
    reconnect.opened();
    const Duration wait = reconnect.ended(Ending::clean).wait;
    EXPECT_GT(wait, last);
    last = wait;
  }
}

TEST(SseReconnect, a_body_without_an_event_is_in_vain_unless_strict) {
  for (const bool strict : {false, true}) {
    Reconnect reconnect({.strict = strict}, 1);
    reconnect.opened();
    reconnect.received();
    reconnect.set_reconnection_time(0);
    EXPECT_EQ(show(reconnect.ended(Ending::clean)),
              strict ? "reconnect: reconnection time" : "reconnect: backoff");
  }
}

/// The waits after connections of no duration, each of which brings an event.
std::vector<Duration> hurried_waits(const ReconnectPolicy& policy, Duration reconnection_time) {
  Reconnect reconnect(policy, 1);
  std::vector<Duration> waits;
  Time now = Time() + hours(1);
  for (int i = 0; i < 5; ++i) {
    reconnect.connecting(now);
    reconnect.opened();
    reconnect.message();
    reconnect.set_reconnection_time(static_cast<std::uint64_t>(
        std::chrono::duration_cast<milliseconds>(reconnection_time).count()));
    waits.push_back(reconnect.ended(Ending::clean).wait);
    now += waits.back();
  }
  return waits;
}

TEST(SseReconnect, the_third_connection_within_a_second_is_followed_by_a_pause) {
  const std::vector<Duration> slow(5, milliseconds(500));
  const Duration none = milliseconds(0);
  const Duration least = milliseconds(100);
  EXPECT_EQ(hurried_waits({}, none), (std::vector<Duration>{none, none, least, least, least}));
  EXPECT_EQ(hurried_waits({}, slow[0]), slow);
  EXPECT_EQ(hurried_waits({.least_wait = none}, none), std::vector<Duration>(5, none));
}

TEST(SseReconnect, retry_after_counts_when_it_is_longer) {
  Reconnect reconnect({}, 1);
  reconnect.opened();
  Decision decision = reconnect.ended(Ending::busy, seconds(120));
  EXPECT_EQ(show(decision), "reconnect: Retry-After");
  EXPECT_EQ(decision.wait, seconds(120));
  decision = reconnect.ended(Ending::busy, seconds(1));
  EXPECT_EQ(show(decision), "reconnect: backoff");
  EXPECT_GE(decision.wait, seconds(3));
}

TEST(SseReconnect, retry_after_is_seconds_or_a_date_by_the_servers_clock) {
  const std::string_view date = "Fri, 27 Nov 2026 20:00:00 GMT";
  EXPECT_EQ(sse::retry_after("120", ""), seconds(120));
  EXPECT_EQ(sse::retry_after("0", date), seconds(0));
  EXPECT_EQ(sse::retry_after("99999999999999999999999", ""), hours(365 * 24));
  EXPECT_EQ(sse::retry_after("Fri, 27 Nov 2026 20:01:30 GMT", date), seconds(90));
  EXPECT_EQ(sse::retry_after("Fri, 27 Nov 2026 19:00:00 GMT", date), seconds(0));
  EXPECT_EQ(sse::retry_after("Sun, 27 Nov 2044 20:00:00 GMT", date), hours(365 * 24));
  EXPECT_FALSE(sse::retry_after("Fri, 27 Nov 2026 20:01:30 GMT", ""));
  for (const std::string_view text : {"", "-1", "1.5", "1 s", "+1", "soon"}) {
    EXPECT_FALSE(sse::retry_after(text, date)) << text;
  }
}

// ---- The id

TEST(SseReconnect, an_id_goes_out_as_it_is_when_a_header_can_hold_it) {
  for (const std::string& id : {std::string("7"), std::string("a b\tc"), std::string("…é"),
                                std::string("%20"), std::string(4096, 'x')}) {
    EXPECT_EQ(sse::last_event_id(id).value, id);
    EXPECT_EQ(sse::last_event_id(id).problem, "");
  }
}

TEST(SseReconnect, an_id_that_a_header_cannot_hold_is_not_sent_and_why) {
  const auto problem = [](std::string_view id) {
    EXPECT_EQ(sse::last_event_id(id).value, "") << id;
    return sse::last_event_id(id).problem;
  };
  EXPECT_EQ(problem(""), "");
  EXPECT_EQ(problem("a\x01"), "it holds a control character");
  EXPECT_EQ(problem("\x7F"), "it holds a control character");
  EXPECT_EQ(problem(" a"), "it begins or ends with a space");
  EXPECT_EQ(problem("a\t"), "it begins or ends with a space");
  EXPECT_EQ(problem(std::string(4097, 'x')), "it has more than 4096 bytes");
}

}  // namespace
