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
};

/// Standard error in brackets.
std::string written(std::string_view format, bool failed = false) {
  std::string text;
  for (const OutPiece& piece : write_out(format, kVariables, failed).pieces) {
    text += piece.to_stderr ? "[" + piece.text + "]" : piece.text;
  }
  return text;
}

TEST(WriteOut, variables_are_replaced) {
  EXPECT_EQ(written("%{http_code} %{url}%{errormsg}|%{time_total}"), "000 http://h/\"x\"|0.250000");
  EXPECT_EQ(written(""), "");
}

TEST(WriteOut, escapes_are_those_of_curl) {
  EXPECT_EQ(written("a\\n\\r\\tb\\x\\\\n"), "a\n\r\tb\\x\\\\n");
  EXPECT_EQ(written("100%% %d %"), "100% %d %");
  EXPECT_EQ(written("%{url"), "%{url");
  EXPECT_EQ(written("x\\"), "x\\");
}

TEST(WriteOut, unknown_variable_is_nothing_and_told) {
  const WrittenOut out = write_out("a%{foo}b%{}c", kVariables, false);
  ASSERT_EQ(out.pieces.size(), 1);
  EXPECT_EQ(out.pieces[0].text, "abc");
  EXPECT_EQ(out.unknown, (std::vector<std::string>{"foo", ""}));
}

TEST(WriteOut, json_has_all_of_them) {
  EXPECT_EQ(written("%{json}\\n"),
            "{\"url\":\"http://h/\\\"x\\\"\",\"http_code\":0,\"time_total\":0.250000,"
            "\"errormsg\":null}\n");
}

TEST(WriteOut, streams_are_chosen) {
  EXPECT_EQ(written("a%{stderr}b%{stderr}c%{stdout}d"), "a[bc]d");
  EXPECT_EQ(written("%{stderr}%{stdout}d"), "d");
}

TEST(WriteOut, what_is_for_failures_is_kept_from_success) {
  EXPECT_EQ(written("a%{onerror}b%{foo}"), "a");
  EXPECT_EQ(written("a%{onerror}b", true), "ab");
  EXPECT_TRUE(write_out("%{onerror}%{foo}", kVariables, false).unknown.empty());
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
