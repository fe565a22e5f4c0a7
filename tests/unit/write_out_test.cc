// The format language of --write-out.
#include "cli/write_out.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <string>
#include <vector>

namespace cli {
namespace {

const std::vector<OutVariable> kVariables = {
    {.name = "url", .text = "http://h/\"x\""},
    {.name = "http_code", .text = "000", .number = true},
    {.name = "time_total", .text = "0.250000", .number = true},
    {.name = "errormsg"},
    {.name = "content_type", .text = "a\x1b[1m\n"},
};

const std::vector<OutVariable> kFields = {
    {.name = "Server", .text = "one\x07"},
    {.name = "server", .text = "two"},
};

WrittenOut fill(std::string_view format, bool failed = false, bool terminal = false) {
  return write_out(
      format, {.variables = kVariables, .fields = kFields, .failed = failed, .terminal = terminal});
}

/// Standard error in brackets.
std::string written(std::string_view format, bool failed = false, bool terminal = false) {
  std::string text;
  for (const OutPiece& piece : fill(format, failed, terminal).pieces) {
    text += piece.to_stderr ? "[" + piece.text + "]" : piece.text;
  }
  return text;
}

TEST(WriteOut, variables_are_replaced) {
  EXPECT_EQ(written("%{http_code} %{url}%{errormsg}|%{time_total}"), "000 http://h/\"x\"|0.250000");
  EXPECT_EQ(written(""), "");
  EXPECT_EQ(written("%{HTTP_Code}%{STDERR}%{Url}"), "000[http://h/\"x\"]");
}

TEST(WriteOut, fields_of_the_answer_have_a_name_without_case) {
  EXPECT_EQ(written("%header{SERVER}|%header{nothing}|%header{server"), "one\x07||%header{server");
  EXPECT_EQ(written("%header"), "%header");
}

TEST(WriteOut, what_a_peer_sent_is_escaped_for_people) {
  EXPECT_EQ(written("%{content_type}"), "a\x1b[1m\n");
  EXPECT_EQ(written("%{stderr}%{content_type}%header{server}\\n"), "[a\\x1b[1m\\none\\x07\n]");
  EXPECT_EQ(written("%{content_type}\\n", false, true), "a\\x1b[1m\\n\n");
}

TEST(WriteOut, it_is_known_whether_anything_goes_to_standard_output) {
  EXPECT_TRUE(fill("x").to_stdout);
  EXPECT_TRUE(fill("%{stderr}x%{stdout}%{errormsg}").to_stdout);
  EXPECT_TRUE(fill("%header{nothing}").to_stdout);
  EXPECT_FALSE(fill("%{stderr}x%{url}%{json}").to_stdout);
  EXPECT_FALSE(fill("").to_stdout);
}

TEST(WriteOut, escapes_are_those_of_curl) {
  EXPECT_EQ(written("a\\n\\r\\tb\\x\\\\n"), "a\n\r\tb\\x\\\\n");
  EXPECT_EQ(written("100%% %d %"), "100% %d %");
  EXPECT_EQ(written("100%\\n"), "100%\\n");
  EXPECT_EQ(written("%{url"), "%{url");
  EXPECT_EQ(written("x\\"), "x\\");
}

TEST(WriteOut, unknown_variable_is_nothing_and_told) {
  const WrittenOut out = fill("a%{foo}b%{}c");
  ASSERT_EQ(out.pieces.size(), 1);
  EXPECT_EQ(out.pieces[0].text, "abc");
  EXPECT_EQ(out.unknown, (std::vector<std::string>{"foo", ""}));
}

TEST(WriteOut, json_has_all_of_them) {
  EXPECT_EQ(written("%{json}\\n"),
            "{\"url\":\"http://h/\\\"x\\\"\",\"http_code\":0,\"time_total\":0.250000,"
            "\"errormsg\":null,\"content_type\":\"a\\u001b[1m\\n\"}\n");
}

TEST(WriteOut, streams_are_chosen) {
  EXPECT_EQ(written("a%{stderr}b%{stderr}c%{stdout}d"), "a[bc]d");
  EXPECT_EQ(written("%{stderr}%{stdout}d"), "d");
}

TEST(WriteOut, what_is_for_failures_is_kept_from_success) {
  EXPECT_EQ(written("a%{onerror}b%{foo}"), "a");
  EXPECT_EQ(written("a%{onerror}b", true), "ab");
  EXPECT_TRUE(fill("%{onerror}%{foo}").unknown.empty());
}

TEST(WriteOut, format_may_stand_in_a_file) {
  const std::string path = testing::TempDir() + "write_out_format";
  std::FILE* const file = std::fopen(path.c_str(), "w");
  ASSERT_NE(file, nullptr);
  std::fputs("%{url}\r\n\\n\n", file);
  std::fclose(file);
  auto format = read_out_format("@" + path);
  std::remove(path.c_str());
  ASSERT_TRUE(format);
  EXPECT_EQ(*format, "%{url}\\n");
  EXPECT_EQ(*read_out_format("a\n"), "a\n");
  EXPECT_FALSE(read_out_format("@/nonexistent"));
}

}  // namespace
}  // namespace cli
