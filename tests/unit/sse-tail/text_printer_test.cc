// The look of --to text.
#include "sse-tail/text_printer.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace sse_tail {
namespace {

std::string print(cli::Look look, const std::vector<Delta>& deltas) {
  TextPrinter printer(look);
  const ToolCall call{.name = "get\x1b"};
  std::string out;
  for (const Delta& delta : deltas) {
    printer.delta(delta, delta.part >= Part::tool_name ? &call : nullptr, out);
  }
  printer.end_line(out);
  return out;
}

const std::vector<Delta> kDeltas = {
    {.part = Part::reasoning, .text = "Let me "},
    {.part = Part::reasoning, .text = "see."},
    {.text = "Hello,\n"},
    {.text = "\x1b[2Jworld \\frac"},
    {.choice = 1, .text = "Hi"},
    {.part = Part::tool_name, .text = "get"},
    {.part = Part::tool_arguments, .text = "{\"a\":"},
    {.part = Part::tool_arguments, .text = "1}"},
    {.part = Part::progress, .text = "half"},
    {.part = Part::progress, .text = "all"},
};

TEST(SseTailText, in_a_pipe_it_is_the_first_text_to_the_byte) {
  EXPECT_EQ(print({}, kDeltas), "Hello,\n\x1b[2Jworld \\frac");
  EXPECT_EQ(print({.color = true}, {{.text = "a"}, {.text = "b\n"}}), "ab\n");
}

TEST(SseTailText, on_a_terminal_everything_has_its_lines_and_a_word) {
  EXPECT_EQ(print({.terminal = true}, kDeltas),
            "[reasoning] Let me see.\n"
            "Hello,\n"
            "\\x1b[2Jworld \\frac\n"
            "[answer 2] Hi\n"
            "[tool get\\x1b] {\"a\":1}\n"
            "[progress] half\n"
            "[progress] all\n");
}

TEST(SseTailText, colour_is_added_to_the_words) {
  EXPECT_EQ(print({.terminal = true, .color = true}, {{.part = Part::reasoning, .text = "a"}}),
            "\x1b[2m[reasoning] \x1b[0m\x1b[2ma\x1b[0m\n");
  EXPECT_EQ(print({.terminal = true, .color = true}, {{.text = "a"}}), "a\n");
}

TEST(SseTailText, what_was_interrupted_says_again_what_it_is) {
  TextPrinter printer({.terminal = true});
  std::string out;
  printer.delta({.part = Part::reasoning, .text = "a"}, nullptr, out);
  EXPECT_TRUE(printer.inside_line());
  printer.end_line(out);
  EXPECT_FALSE(printer.inside_line());
  printer.delta({.part = Part::reasoning, .text = "b"}, nullptr, out);
  EXPECT_EQ(out, "[reasoning] a\n[reasoning] b");
}

}  // namespace
}  // namespace sse_tail
