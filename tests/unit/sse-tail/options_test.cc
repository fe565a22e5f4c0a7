// The command line of sse-tail: the option table is sound, and words mean what they should.
#include "sse-tail/options.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <initializer_list>
#include <string>
#include <vector>

#include "sse-tail/model_preset.h"
#include "sse-tail/request.h"

namespace sse_tail {
namespace {

using Lines = std::vector<std::string>;

std::variant<Args, cli::ArgsError> parse(std::initializer_list<const char*> words) {
  const std::vector<const char*> arguments(words);
  const auto parsed = cli::parse(kTool, arguments);
  if (!parsed) return cli::ArgsError{parsed.error(), cli::Exit::usage};
  return read_args(*parsed);
}

Args good(std::initializer_list<const char*> words) {
  auto parsed = parse(words);
  if (const auto* error = std::get_if<cli::ArgsError>(&parsed)) {
    ADD_FAILURE() << error->error.message;
    return {};
  }
  return std::get<Args>(parsed);
}

std::string bad(std::initializer_list<const char*> words, cli::Exit exit = cli::Exit::usage) {
  auto parsed = parse(words);
  const auto* error = std::get_if<cli::ArgsError>(&parsed);
  if (error == nullptr) return "was accepted";
  EXPECT_EQ(error->exit, exit);
  return error->error.message;
}

Lines fields(std::initializer_list<const char*> words, std::string_view id = {}) {
  return make_request(good(words), id).fields;
}

TEST(SseTailOptions, table_is_sound) {
  EXPECT_EQ(cli::problems(kTool), Lines{});
}

TEST(SseTailOptions, every_preset_is_a_word_of_llm) {
  std::vector<std::string_view> names = {"auto"};
  for (const Preset& preset : presets()) names.push_back(preset.name);
  auto words = cli::words_of(*cli::find_option(kTool, "llm"));
  std::sort(names.begin(), names.end());
  std::sort(words.begin(), words.end());
  EXPECT_EQ(words, names);
}

TEST(SseTailOptions, text_is_a_format_of_its_own) {
  EXPECT_EQ(good({"--to", "text", "h"}).llm, "auto");
  EXPECT_EQ(good({"--to", "text", "--pointer", "/a", "h"}).llm, "");
  EXPECT_EQ(good({"--llm", "mcp", "h"}).to, std::nullopt);
  EXPECT_EQ(bad({"--pointer", "a", "h"}), "option --pointer: \"a\" is no JSON Pointer");
}

TEST(SseTailOptions, url_without_a_scheme_is_http) {
  EXPECT_EQ(good({"h:81/x"}).url.text(), "http://h:81/x");
  EXPECT_EQ(good({"https://h/x"}).url.text(), "https://h/x");
}

TEST(SseTailOptions, fragment_of_a_url_is_not_sent) {
  EXPECT_EQ(good({"http://h/x?a=1#part"}).url.text(), "http://h/x?a=1");
}

TEST(SseTailOptions, bad_url_has_the_exit_code_of_curl) {
  bad({"ftp://h/"}, cli::Exit::url);
  EXPECT_EQ(bad({"ws://h/"}, cli::Exit::url), "bad URL: ws:// is not for event streams");
  bad({"http://h/a b"}, cli::Exit::url);
}

TEST(SseTailOptions, request_is_that_of_a_browser) {
  EXPECT_EQ(fields({"-A", "", "h"}),
            (Lines{"Accept: text/event-stream", "Cache-Control: no-cache"}));
  EXPECT_EQ(fields({"-A", "a", "-b", "c=1", "h"}, "7"),
            (Lines{"Accept: text/event-stream", "Cache-Control: no-cache", "User-Agent: a",
                   "Cookie: c=1", "Last-Event-ID: 7"}));
}

TEST(SseTailOptions, header_replaces_adds_empties_and_leaves_out) {
  EXPECT_EQ(fields({"-A", "", "-H", "accept: x/y", "-H", "X-A: 1", "-H", "X-A: 2", "-H", "X-B;",
                    "-H", "Cache-Control:", "h"}),
            (Lines{"accept: x/y", "X-A: 1", "X-A: 2", "X-B;", "Cache-Control:"}));
}

TEST(SseTailOptions, data_makes_a_post_that_is_not_repeated) {
  const Args args = good({"-d", "a=1", "--data-raw", "@b", "h"});
  EXPECT_EQ(args.method, "POST");
  EXPECT_EQ(args.body, "a=1&@b");
  EXPECT_TRUE(args.policy.once);
  EXPECT_FALSE(good({"-d", "a", "--retry-post", "h"}).policy.once);
  EXPECT_FALSE(good({"h"}).policy.once);
  EXPECT_TRUE(good({"--no-reconnect", "h"}).policy.once);
}

TEST(SseTailOptions, method_of_a_request_with_a_body_can_be_another) {
  const Args args = good({"-X", "GET", "-d", "a", "h"});
  EXPECT_EQ(args.method, "GET");
  EXPECT_FALSE(args.policy.once);
  EXPECT_EQ(good({"-X", "PUT", "h"}).method, "PUT");
  bad({"-X", "a b", "h"});
}

TEST(SseTailOptions, json_is_a_body_with_its_type) {
  const Args args = good({"--json", "{\"a\":", "--json", "1}", "-A", "", "h"});
  EXPECT_EQ(args.body, "{\"a\":1}");
  EXPECT_EQ(make_request(args, {}).fields,
            (Lines{"Accept: text/event-stream", "Cache-Control: no-cache",
                   "Content-Type: application/json"}));
  EXPECT_EQ(fields({"-d", "a", "-A", "", "h"}).back(),
            "Content-Type: application/x-www-form-urlencoded");
}

TEST(SseTailOptions, credentials_of_the_url_are_decoded_and_do_not_win) {
  EXPECT_EQ(make_request(good({"http://a%40b:c@h/"}), {}).user, "a@b:c");
  EXPECT_EQ(make_request(good({"-u", "x:y", "http://a:b@h/"}), {}).user, "x:y");
  EXPECT_EQ(make_request(good({"http://a:b@h/"}), {}).url, "http://h/");
}

TEST(SseTailOptions, values_that_make_no_sense_are_refused) {
  bad({"--count", "0", "h"});
  bad({"--max-event", "0", "h"});
  bad({"--retry", "-1", "h"});
  bad({"--to", "xml", "h"});
  bad({"--id-file", "-", "h"});
  bad({"--last-event-id", "a\nb", "h"});
  bad({"--key", "k", "h"});
  bad({"--repeat", "0", "h"});
  bad({"--stall", "x", "h"});
  bad({"--fail-if", "ttft", "h"});
}

TEST(SseTailOptions, limits_are_read_in_order) {
  const Args args = good({"--fail-if", "ttft>0.5", "--fail-if", "chunks<=3", "h"});
  ASSERT_EQ(args.fail_if.size(), 2);
  EXPECT_EQ(args.fail_if[0].metric->name, "ttft");
  EXPECT_EQ(args.fail_if[0].limit, 5e5);
  EXPECT_EQ(args.fail_if[1].op, FailIf::Op::not_more);
}

TEST(SseTailOptions, runs_that_begin_alike_have_no_file_for_the_id) {
  bad({"--repeat", "2", "--id-file", "f", "h"});
  EXPECT_EQ(good({"--repeat", "1", "--id-file", "f", "h"}).repeat, 1);
}

TEST(SseTailOptions, what_curl_needs_and_this_does_not_is_accepted) {
  good({"-N", "-g", "-X", "GET", "h"});
}

TEST(SseTailOptions, last_version_counts) {
  EXPECT_EQ(good({"--http1.1", "--http2", "h"}).version, net::HttpVersion::http2);
  EXPECT_EQ(good({"--http2", "--http1.1", "h"}).version, net::HttpVersion::http1);
}

}  // namespace
}  // namespace sse_tail
