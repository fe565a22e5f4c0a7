// The vocabulary of faults and fault scripts: how words are read, and what a wrong one is told.
#include "stream-echo/fault.h"

#include <gtest/gtest.h>

#include <set>

#include "cli/help.h"
#include "stream-echo/fault_script.h"
#include "stream-echo/options.h"

namespace stream_echo {
namespace {

std::vector<Fault> faults_of(std::string_view text) {
  const auto plan = parse_faults(text, Unknown::refused);
  EXPECT_TRUE(plan) << text << ": " << (plan ? "" : plan.error().message);
  return plan ? plan->faults : std::vector<Fault>{};
}

std::string error_of(std::string_view text) {
  const auto plan = parse_faults(text, Unknown::refused);
  return plan ? "" : plan.error().message;
}

TEST(Faults, every_word_has_a_name_of_its_own_and_fits_a_line_of_help) {
  std::set<std::string_view> names;
  for (const WordInfo& row : all_words()) {
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    EXPECT_FALSE(row.help.empty()) << row.name;
    EXPECT_EQ(row.takes == Takes::nothing, row.arg.empty()) << row.name;
  }
  const std::string help = *cli::help(kTool, "faults");
  EXPECT_NE(help.find("  close=CODE[,REASON]  "), help.npos) << help;
  for (std::size_t at = 0; at < help.size();) {
    const std::size_t end = help.find('\n', at);
    EXPECT_LE(end - at, 80u) << help.substr(at, end - at);
    at = end + 1;
  }
}

TEST(Faults, values_are_read_by_their_kind) {
  EXPECT_EQ(faults_of("fragment=7")[0].number, 7u);
  EXPECT_EQ(faults_of("oversize=2G")[0].number, std::uint64_t{2} << 30);
  EXPECT_EQ(faults_of("delay=1.5")[0].time, std::chrono::milliseconds(1500));
  const Fault slice = faults_of("slice=16B/5ms")[0];
  EXPECT_EQ(slice.number, 16u);
  EXPECT_EQ(slice.time, std::chrono::milliseconds(5));
  EXPECT_EQ(faults_of("slice=16")[0].time, Duration(0));
  const Fault close = faults_of("close=4001,see you, later")[0];
  EXPECT_EQ(close.number, 4001u);
  EXPECT_EQ(close.text, "see you, later");
  EXPECT_EQ(faults_of("status=503,retry-after=2")[0].text, "2");
  EXPECT_EQ(faults_of("hex=81%2005 00")[0].text, std::string("\x81\x05\0", 3));
  EXPECT_EQ(faults_of("bad-utf8")[0].text, "");
  EXPECT_EQ(faults_of("bad-utf8=split")[0].text, "split");
  EXPECT_EQ(faults_of("gzip=late")[0].text, "late");
  EXPECT_EQ(faults_of("eol=crlf")[0].text, "crlf");
  EXPECT_EQ(faults_of("done=[DONE]")[0].text, "[DONE]");
  EXPECT_EQ(faults_of("type=text/plain; x")[0].text, "text/plain; x");
  EXPECT_EQ(faults_of("drop-after=3")[0].after->messages, 3u);
}

TEST(Faults, after_and_prob_belong_to_the_word_before_them) {
  const auto faults = faults_of("rsv=1&after=2&prob=0.25&dup&stall&after=3kB&abort&after=40ms");
  ASSERT_EQ(faults.size(), 4u);
  EXPECT_EQ(faults[0].after->messages, 2u);
  EXPECT_EQ(faults[0].probability, 0.25);
  EXPECT_FALSE(faults[1].after);
  EXPECT_EQ(faults[1].probability, 1);
  EXPECT_EQ(faults[2].after->bytes, 3072u);
  EXPECT_EQ(faults[3].after->time, std::chrono::milliseconds(40));
}

TEST(Faults, after_and_prob_in_front_hold_for_words_without_their_own) {
  const auto faults = faults_of("after=5&prob=0.5&rsv=1&dup&after=1&masked&prob=1");
  EXPECT_EQ(faults[0].after->messages, 5u);
  EXPECT_EQ(faults[0].probability, 0.5);
  EXPECT_EQ(faults[1].after->messages, 1u);
  EXPECT_EQ(faults[2].after->messages, 5u);
  EXPECT_EQ(faults[2].probability, 1);
}

TEST(Faults, what_is_wrong_is_named) {
  EXPECT_EQ(error_of("clos=1000"), "fault \"clos\": is unknown");
  EXPECT_EQ(error_of("rsv"), "fault rsv: needs a value 1..7");
  EXPECT_EQ(error_of("rsv=9"), "fault rsv: \"9\" is not between 1 and 7");
  EXPECT_EQ(error_of("hang=1"), "fault hang: takes no value");
  EXPECT_EQ(error_of("hang="), "");
  EXPECT_EQ(error_of("gzip="), "");
  EXPECT_EQ(error_of("delay="), "fault delay: \"\" is not a time such as 250ms");
  EXPECT_EQ(error_of("delay=x"), "fault delay: \"x\" is not a time such as 250ms");
  EXPECT_EQ(error_of("redirect=http://example.com/"),
            "fault redirect: \"http://example.com/\" is not a count or a URL on this machine");
  EXPECT_EQ(error_of("rsv=%zz"), "fault \"rsv=%zz\": % is not followed by two hexadecimal digits");
  EXPECT_EQ(error_of("eol=cr|lf"), "fault eol: \"cr|lf\" is not lf|cr|crlf|mixed");
  EXPECT_EQ(error_of("gzip=early"), "fault gzip: \"early\" is not late");
  EXPECT_EQ(error_of("type=a\nb"), "fault type: \"a\\nb\" is not the value of an HTTP field");
  EXPECT_EQ(error_of("charset"), "fault charset: needs a value NAME");
  EXPECT_EQ(error_of("prob=-1"), "fault prob: \"-1\" is not a number from 0 to 1");
  EXPECT_EQ(error_of("prob=nan"), "fault prob: \"nan\" is not a number from 0 to 1");
  EXPECT_EQ(error_of("hang&after=2"),
            "fault hang: comes before the first message, after= has no meaning");
  EXPECT_EQ(parse_faults("clos=1000", Unknown::refused).error().hint, "did you mean close?");
}

TEST(Faults, a_query_may_hold_other_things) {
  const auto plan = parse_faults("token=%zz&x&&dup&seed=7", Unknown::ignored);
  ASSERT_TRUE(plan);
  ASSERT_EQ(plan->faults.size(), 1u);
  EXPECT_EQ(plan->faults[0].word, Word::dup);
  EXPECT_EQ(plan->seed, 7u);
  EXPECT_FALSE(parse_faults("rsv=8", Unknown::ignored));
  EXPECT_TRUE(plan->doubts.empty());
  const auto slip = parse_faults("clsoe=1011", Unknown::ignored);
  ASSERT_TRUE(slip);
  EXPECT_EQ(slip->doubts, std::vector<std::string>{"\"clsoe\" is no fault; close is one"});
}

TEST(Faults, what_means_nothing_to_a_connection_is_skipped_with_what_belongs_to_it) {
  const auto plan = parse_faults("dup&after=2&eol=nel&after=x&prob=7&seed=3", Unknown::ignored,
                                 Speaks::websocket);
  ASSERT_TRUE(plan) << plan.error().message;
  ASSERT_EQ(plan->faults.size(), 1u);
  EXPECT_EQ(plan->faults[0].after->messages, 2u);
  EXPECT_EQ(plan->seed, 3u);
  const auto stream = parse_faults("rsv=99&delay=1s&bom&count=3", Unknown::ignored, Speaks::events);
  ASSERT_TRUE(stream);
  EXPECT_EQ(stream->faults.size(), 2u);
  EXPECT_TRUE(stream->doubts.empty());
}

TEST(FaultScript, steps_are_read_in_order) {
  const auto script = parse_fault_script(
      "# what a flaky server does\n"
      "{\"on\":\"open\",\"send_text\":\"hi\"}\n"
      "\n"
      "{\"on\":\"message\",\"n\":3,\"sleep\":\"1s\"}\r\n"
      "{\"on\":\"time\",\"at\":\"250ms\",\"close\":1011,\"reason\":\"bye\"}\n"
      "{\"echo\":false}");
  ASSERT_TRUE(script) << script.error().message;
  EXPECT_FALSE(script->echo);
  ASSERT_EQ(script->steps.size(), 3u);
  EXPECT_EQ(std::get<SendText>(script->steps[0].action).text, "hi");
  EXPECT_EQ(script->steps[1].message, 3u);
  EXPECT_EQ(std::get<Sleep>(script->steps[1].action).time, std::chrono::seconds(1));
  EXPECT_EQ(script->steps[2].time, std::chrono::milliseconds(250));
  EXPECT_EQ(std::get<FaultPlan>(script->steps[2].action).faults[0].text, "bye");
}

struct BadLine {
  const char* line;
  const char* error;
};

TEST(FaultScript, a_wrong_line_is_named) {
  const BadLine lines[] = {
      {"hello", "line 2: is not a JSON object"},
      {"[1]", "line 2: is not a JSON object"},
      {"{\"on\":[1]}", "line 2: \"on\" has to be open, message or time"},
      {"{\"send_text\":\"a\"}", "line 2: \"on\" has to be open, message or time"},
      {"{\"on\":\"open\"}", "line 2: needs one of sleep, send_hex, send_text, close, fault"},
      {"{\"on\":\"open\",\"send_hex\":\"8\"}", "line 2: \"send_hex\" is not hexadecimal"},
      {"{\"on\":\"time\",\"send_text\":\"a\"}",
       "line 2: \"on\":\"time\" needs \"at\" with a time such as \"250ms\""},
      {"{\"on\":\"open\",\"sleep\":\"long\"}", "line 2: \"sleep\" is no time such as \"250ms\""},
      {"{\"on\":\"open\",\"sleep\":20}", "line 2: \"sleep\" is no text in quotes"},
      {"{\"on\":\"open\",\"close\":\"1000\"}", "line 2: \"close\" is no number"},
      {"{\"on\":\"message\",\"n\":0,\"send_text\":\"a\"}",
       "line 2: \"n\" is no number of a message, which count from 1"},
      {"{\"on\":\"open\",\"close\":70000}", "line 2: \"close\" is no close code"},
      {"{\"on\":\"open\",\"fault\":\"hang\"}",
       "line 2: \"fault\" has a word for the opening handshake, which is over by then"},
      {"{\"on\":\"open\",\"fault\":\"dup&after=1\"}",
       "line 2: \"fault\" has an after=, but \"on\" says when it happens"},
      {"{\"on\":\"open\",\"fault\":\"dupe\"}", "line 2: fault \"dupe\": is unknown"},
      {"{\"on\":\"open\",\"fault\":\"eol=cr\"}", "line 2: fault eol: means nothing to a WebSocket"},
      {"{\"on\":\"open\",\"n\":1,\"send_text\":\"a\"}",
       "line 2: \"n\" has no place there, or a value of the wrong type"},
      {"{\"on\":\"message\",\"n\":-1,\"send_text\":\"a\"}",
       "line 2: \"n\" is no number of a message, which count from 1"},
      {"{\"echo\":\"no\"}", "line 2: \"on\" has to be open, message or time"},
  };
  for (const BadLine& bad : lines) {
    const auto script = parse_fault_script(std::string("{\"echo\":true}\n") + bad.line);
    EXPECT_EQ(script ? "" : script.error().message, bad.error) << bad.line;
  }
}

}  // namespace
}  // namespace stream_echo
