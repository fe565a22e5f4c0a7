// How events look in --to pretty and --to data, and how text is shortened.
#include "sse-tail/print.h"

#include <gtest/gtest.h>

#include <string>

#include "sse-tail/width.h"

namespace sse_tail {
namespace {

constexpr cli::Look kPipe = {};
constexpr cli::Look kTerminal = {.terminal = true};

std::string data(const sse::Event& event, cli::Look look = kPipe) {
  std::string out;
  Printer(Format::data, look, false).message(event, out);
  return out;
}

std::string shortened(std::string_view text, std::size_t width) {
  std::string out;
  const std::size_t columns = append_shortened(out, text, width);
  EXPECT_EQ(columns, width_of(out));
  EXPECT_LE(columns, width);
  return out;
}

TEST(SseTailPrint, data_is_the_data_and_a_line_end) {
  EXPECT_EQ(data({.data = "a"}), "a\n");
  EXPECT_EQ(data({.data = "a\nb"}), "a\nb\n");
  EXPECT_EQ(data({.data = ""}), "\n");
}

TEST(SseTailPrint, data_is_raw_in_a_pipe_and_escaped_on_a_terminal) {
  EXPECT_EQ(data({.data = "\x1b[2J\u202e"}), "\x1b[2J\u202e\n");
  EXPECT_EQ(data({.data = "\x1b[2J\u202e\ta\nb"}, kTerminal), "\\x1b[2J\\u202e\ta\nb\n");
}

TEST(SseTailPrint, comment_in_data_keeps_its_colon) {
  std::string out;
  Printer(Format::data, kPipe, false).comment(" ping", out);
  EXPECT_EQ(out, ": ping\n");
}

TEST(SseTailPrint, raw_is_the_body_escaped_on_a_terminal_across_pieces) {
  std::string out;
  Printer pipe(Format::raw, kPipe, false);
  pipe.raw("data: \x1b", out);
  EXPECT_EQ(out, "data: \x1b");
  out.clear();
  Printer terminal(Format::raw, kTerminal, false);
  terminal.raw("data: \x1b\xe2\x82", out);
  terminal.raw("\xac\n", out);
  EXPECT_EQ(out, "data: \\x1b€\n");
}

class Pretty : public testing::Test {
 protected:
  Pretty() {
    printer.set_time(((12 * 60 + 34) * 60 + 56) * 1000 + 7);
    printer.set_width(60);
  }

  std::string line(const sse::Event& event) {
    std::string out;
    printer.message(event, out);
    return out;
  }

  PrettyPrinter printer{kTerminal, false};
};

TEST_F(Pretty, line_has_time_type_and_data) {
  EXPECT_EQ(line({.data = "hello"}), "12:34:56.007  message  hello\n");
  EXPECT_EQ(line({.type = "tick", .data = "a\nb\x1b"}), "12:34:56.007  tick     a\\nb\\x1b\n");
}

TEST_F(Pretty, columns_grow_with_what_comes) {
  EXPECT_EQ(line({.data = "a", .last_id = "9"}), "12:34:56.007  message  9  a\n");
  EXPECT_EQ(line({.data = "a", .last_id = "10"}), "12:34:56.007  message  10  a\n");
  EXPECT_EQ(line({.data = "a", .last_id = "1"}), "12:34:56.007  message  1   a\n");
  EXPECT_EQ(line({.data = "a"}), "12:34:56.007  message      a\n");
  EXPECT_EQ(line({.type = "a-longer-one", .data = "a"}), "12:34:56.007  a-longer-one      a\n");
}

TEST_F(Pretty, wide_line_is_shortened_in_the_middle_to_the_width) {
  const std::string out = line({.data = std::string(300, 'a') + std::string(300, 'z')});
  EXPECT_EQ(width_of(std::string_view(out).substr(0, out.size() - 1)), 60u);
  EXPECT_NE(out.find("a…z"), out.npos);
}

TEST_F(Pretty, long_type_and_id_do_not_push_the_data_away) {
  const std::string out =
      line({.type = std::string(500, 't'), .data = "data", .last_id = std::string(500, 'i')});
  EXPECT_NE(out.find("data"), out.npos);
  EXPECT_LT(out.size(), 120u);
}

TEST_F(Pretty, comment_has_a_colon_for_a_type) {
  std::string out;
  printer.comment(" keep-alive", out);
  EXPECT_EQ(out, "12:34:56.007  :        keep-alive\n");
}

TEST(SseTailPretty, full_or_in_a_pipe_nothing_is_shortened) {
  for (PrettyPrinter printer : {PrettyPrinter(kTerminal, true), PrettyPrinter(kPipe, false)}) {
    printer.set_time(0);
    std::string out;
    printer.message({.data = std::string(1000, 'x')}, out);
    EXPECT_EQ(out, "00:00:00.000  message  " + std::string(1000, 'x') + "\n");
  }
}

TEST(SseTailPretty, colour_is_taken_back_on_the_same_line) {
  PrettyPrinter printer({.terminal = true, .color = true}, false);
  std::string out;
  printer.message({.type = "tick", .data = "x", .last_id = "1"}, out);
  EXPECT_TRUE(out.starts_with("\x1b[2m"));
  EXPECT_TRUE(out.ends_with("x\x1b[0m\n"));
}

TEST(SseTailWidth, wide_and_combining_characters_count) {
  EXPECT_EQ(width_of("abc"), 3u);
  EXPECT_EQ(width_of("né"), 2u);
  EXPECT_EQ(width_of("e\u0301"), 1u);
  EXPECT_EQ(width_of("日本"), 4u);
  EXPECT_EQ(width_of("🍵"), 2u);
}

TEST(SseTailWidth, what_fits_stays) {
  EXPECT_EQ(shortened("abc", 3), "abc");
  EXPECT_EQ(shortened("", 0), "");
  EXPECT_EQ(shortened("日本", 4), "日本");
}

TEST(SseTailWidth, what_does_not_is_left_out_in_the_middle) {
  EXPECT_EQ(shortened("abcdefghij", 7), "abcd…ij");
  EXPECT_EQ(shortened("abcdefghij", 1), "…");
  EXPECT_EQ(shortened("abcdefghij", 0), "");
  EXPECT_EQ(shortened("日本日本", 4), "日…");
}

TEST(SseTailWidth, text_without_end_costs_no_more_than_the_width) {
  std::string text(64 << 20, 'x');
  text += "end";
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(shortened(text, 60).ends_with("end"));
  std::string marks;
  for (int i = 0; i < 100000; ++i) marks += "\u0301";
  shortened("e" + marks + "e", 10);
}

}  // namespace
}  // namespace sse_tail
