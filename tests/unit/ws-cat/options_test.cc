// The command line of ws-cat: the option table is sound, and words mean what they should.
#include "ws-cat/options.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <vector>

namespace ws_cat {
namespace {

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

TEST(WsCatOptions, table_is_sound) {
  EXPECT_EQ(cli::problems(kTool), std::vector<std::string>{});
}

TEST(WsCatOptions, http_urls_mean_websocket_urls) {
  EXPECT_EQ(good({"https://h/x"}).url.text(), "wss://h/x");
  EXPECT_EQ(good({"h:81"}).url.text(), "ws://h:81/");
}

TEST(WsCatOptions, bad_url_has_the_exit_code_of_curl) {
  bad({"ftp://h/"}, cli::Exit::url);
  bad({"ws://h/#x"}, cli::Exit::url);
  bad({"ws://h/a b"}, cli::Exit::url);
}

TEST(WsCatOptions, messages_keep_their_order_across_options) {
  const Args args =
      good({"-d", "a", "--json", "{}", "--data-raw", "@x", "--data-binary", "b", "h"});
  ASSERT_EQ(args.messages.size(), 4u);
  EXPECT_EQ(args.messages[0].data, "a");
  EXPECT_EQ(args.messages[1].data, "{}");
  EXPECT_EQ(args.messages[2].data, "@x");
  EXPECT_EQ(args.messages[3].kind, ws::MessageKind::binary);
}

TEST(WsCatOptions, text_that_is_not_utf8_is_refused) {
  EXPECT_EQ(bad({"-d", "\xFF", "h"}), "option --data: a text message must be valid UTF-8");
}

TEST(WsCatOptions, missing_file_is_a_read_error) {
  bad({"-d", "@/nonexistent", "h"}, cli::Exit::read);
}

TEST(WsCatOptions, header_forms_are_those_of_curl) {
  const Args args = good({"-H", "X: y", "-H", "Empty;", "-H", "Host:", "h"});
  ASSERT_EQ(args.request.headers.size(), 3u);
  EXPECT_EQ(args.request.headers[0].value, "y");
  EXPECT_EQ(args.request.headers[1].value, "");
  EXPECT_EQ(args.request.headers[2].value, std::nullopt);
}

TEST(WsCatOptions, header_cannot_smuggle_a_second_line) {
  EXPECT_EQ(bad({"-H", "X: a\r\nEvil: b", "h"}),
            "option --header: \"X: a\\r\\nEvil: b\" is not NAME: VALUE");
  bad({"-A", "a\nb", "h"});
  bad({"--origin", "a\nb", "h"});
  bad({"-b", "a=b\r\nX: y", "h"});
  bad({"--subprotocol", "a b", "h"});
}

TEST(WsCatOptions, close_takes_a_code_and_a_reason) {
  const Args args = good({"--close", "4000:good bye: all", "h"});
  EXPECT_EQ(args.close_code, 4000);
  EXPECT_EQ(args.close_reason, "good bye: all");
  EXPECT_EQ(good({"--close", "1005", "h"}).close_code, 1005);
  bad({"--close", "1006", "h"});
  bad({"--close", "1005:why", "h"});
  bad({"--close", "x", "h"});
}

TEST(WsCatOptions, close_codes_are_lists_and_ranges) {
  const Args args = good({"--ok-close", "1011,4000-4010", "--fail-on-close", "1000", "h"});
  EXPECT_TRUE(contains(args.ok_close, 1011));
  EXPECT_TRUE(contains(args.ok_close, 4010));
  EXPECT_FALSE(contains(args.ok_close, 4011));
  EXPECT_TRUE(contains(args.fail_on_close, 1000));
  bad({"--ok-close", "10-", "h"});
  bad({"--ok-close", "5-1", "h"});
}

TEST(WsCatOptions, wait_after_input_may_be_infinite) {
  EXPECT_EQ(good({"--eof-wait", "inf", "h"}).eof_wait, std::nullopt);
  EXPECT_EQ(good({"--eof-wait", "250ms", "h"}).eof_wait, Duration(250'000));
  bad({"--eof-wait", "soon", "h"});
}

TEST(WsCatOptions, credentials_in_the_url_are_decoded_and_do_not_win) {
  EXPECT_EQ(good({"ws://a%40b:c@h/"}).request.user, "a@b:c");
  EXPECT_EQ(good({"-u", "x:y", "ws://a:b@h/"}).request.user, "x:y");
}

TEST(WsCatOptions, fragments_have_at_least_one_byte) {
  EXPECT_EQ(good({"--fragment", "1", "h"}).fragment, 1U);
  EXPECT_EQ(good({"h"}).fragment, SIZE_MAX);
  bad({"--fragment", "0", "h"});
  bad({"--fragment", "-1", "h"});
}

TEST(WsCatOptions, dribble_has_a_size_and_a_time_or_neither) {
  const auto dribble = [](const char* word) {
    const auto given = good({word, "h"}).dribble;
    return given ? std::pair(given->size, given->pause) : std::pair(std::uint64_t{0}, Duration(0));
  };
  EXPECT_EQ(dribble("--dribble"), std::pair(std::uint64_t{1}, Duration(10'000)));
  EXPECT_EQ(dribble("--dribble=1B/10ms"), std::pair(std::uint64_t{1}, Duration(10'000)));
  EXPECT_EQ(dribble("--dribble=16/5ms"), std::pair(std::uint64_t{16}, Duration(5'000)));
  EXPECT_EQ(dribble("--dribble=16"), std::pair(std::uint64_t{16}, Duration(0)));
  EXPECT_EQ(dribble("--dribble=1k/0"), std::pair(std::uint64_t{1024}, Duration(0)));
  EXPECT_FALSE(good({"h"}).dribble);
  for (const char* word :
       {"--dribble=0/1ms", "--dribble=/1ms", "--dribble=1/", "--dribble=1/x", "--dribble=BB/1"}) {
    EXPECT_EQ(bad({word, "h"}),
              std::string("option --dribble: \"") + (word + 10) + "\" is not SIZE/TIME");
  }
}

TEST(WsCatOptions, cert_is_a_file_and_maybe_a_password_as_in_curl) {
  struct Case {
    const char* text;
    const char* file;
    const char* password;
  };
  for (const Case& one : std::initializer_list<Case>{
           {"a.pem", "a.pem", ""},
           {"a.pem:tea", "a.pem", "tea"},
           {"a.pem:tea:pot", "a.pem", "tea:pot"},
           {"a.pem:", "a.pem", ""},
           {R"(C\:\a.pem:tea)", "C:\\a.pem", "tea"},
           {R"(a\\:tea)", "a\\", "tea"},
           {R"(a\b\)", "a\\b\\", ""},
           {"pkcs11:token=a;object=b", "pkcs11:token=a;object=b", ""},
       }) {
    SCOPED_TRACE(one.text);
    const Args args = good({"-E", one.text, "h"});
    EXPECT_EQ(args.tls.certificate, one.file);
    EXPECT_EQ(args.tls.password, one.password);
  }
}

TEST(WsCatOptions, password_of_a_key_is_the_last_one_given) {
  EXPECT_EQ(good({"--pass", "a", "--cert", "f:b", "h"}).tls.password, "b");
  EXPECT_EQ(good({"--cert", "f:b", "--pass", "a", "h"}).tls.password, "a");
  EXPECT_EQ(good({"--pass", "a", "--cert", "f", "h"}).tls.password, "a");
}

TEST(WsCatOptions, resolve_takes_what_libcurl_takes_and_nothing_else) {
  for (const char* entry :
       {"h:80:127.0.0.1", "+h:80:127.0.0.1", "-h:80", "*:80:127.0.0.1", "h:80:::1", "h:80:[::1]",
        "h:80:127.0.0.1,[::1],::2", "[::2]:80:127.0.0.1"}) {
    EXPECT_EQ(good({"--resolve", entry, "h"}).connection.resolve, std::vector<std::string>{entry})
        << entry;
  }
  for (const char* entry :
       {"foo", "", "h:80", "h:80:", "h:80:,", "h::127.0.0.1", ":80:127.0.0.1", "h:65536:127.0.0.1",
        "h:80:name", "h:80:[::1", "-h", "-h:80:::1", "h:80:127.0.0.1,x", "[::2]x:80:127.0.0.1"}) {
    EXPECT_EQ(bad({"--resolve", entry, "h"}),
              std::string("option --resolve: \"") + entry + "\" is not HOST:PORT:ADDRESS");
  }
}

}  // namespace
}  // namespace ws_cat
