#include "sse/encoder.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "support/sse_log.h"

namespace {

using namespace std::string_view_literals;
using sse::Block;

std::string encoded(const Block& block) {
  OutputBuffer out;
  const auto done = sse::encode(out, block);
  if (!done) {
    EXPECT_EQ(out.size(), 0u) << "something was written beside the error";
    return "error: " + done.error().message;
  }
  return std::string(as_text(out.view()));
}

TEST(SseEncoder, writes_the_lines_of_a_message_and_a_blank_one) {
  EXPECT_EQ(encoded({.data = "hello"}), "data: hello\n\n");
  EXPECT_EQ(encoded({.retry_ms = 3000, .id = "7", .type = "tick", .data = "a"}),
            "retry: 3000\nid: 7\nevent: tick\ndata: a\n\n");
  EXPECT_EQ(encoded({.retry_ms = 0}), "retry: 0\n\n");
  EXPECT_EQ(encoded({.id = "7"}), "id: 7\n\n");
  EXPECT_EQ(encoded({}), "");
}

TEST(SseEncoder, empty_values_are_written_and_absent_ones_are_not) {
  EXPECT_EQ(encoded({.data = ""}), "data:\n\n");
  EXPECT_EQ(encoded({.id = "", .type = "", .data = "a"}), "id:\ndata: a\n\n");
}

TEST(SseEncoder, one_space_follows_the_colon_whatever_the_value_begins_with) {
  EXPECT_EQ(encoded({.id = " 7", .type = " t", .data = " a\n b"}),
            "id:  7\nevent:  t\ndata:  a\ndata:  b\n\n");
}

TEST(SseEncoder, data_is_cut_at_every_line_end) {
  EXPECT_EQ(encoded({.data = "a\nb\rc\r\nd"}), "data: a\ndata: b\ndata: c\ndata: d\n\n");
  EXPECT_EQ(encoded({.data = "a\n"}), "data: a\ndata:\n\n");
  EXPECT_EQ(encoded({.data = "\n\r\r\n"}), "data:\ndata:\ndata:\ndata:\n\n");
}

TEST(SseEncoder, comment_alone_has_no_blank_line) {
  EXPECT_EQ(encoded({.comment = ""}), ":\n");
  EXPECT_EQ(encoded({.comment = " ok"}), ": ok\n");
  EXPECT_EQ(encoded({.comment = "a\ndata: x\r\rid: 7\r\n"}), ":a\n:data: x\n:\n:id: 7\n:\n");
  EXPECT_EQ(encoded({.comment = " ok", .data = "a"}), ": ok\ndata: a\n\n");
}

TEST(SseEncoder, what_would_become_another_field_is_refused) {
  for (const std::string_view text : {"\n"sv, "a\nb"sv, "a\rb"sv, "a\r\n"sv, "\r"sv}) {
    EXPECT_EQ(encoded({.comment = "c", .id = text, .data = "a"}), "error: the id holds a line end");
    EXPECT_EQ(encoded({.comment = "c", .type = text, .data = "a"}),
              "error: the event type holds a line end");
  }
  EXPECT_EQ(encoded({.id = "a\0b"sv}), "error: the id holds U+0000");
  EXPECT_EQ(encoded({.type = "a\0b"sv, .data = "\0"sv}), "event: a\0b\ndata: \0\n\n"sv);
}

/// As a receiver gets it.
std::string normalised(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\n' && at > 0 && text[at - 1] == '\r') continue;
    out += text[at] == '\r' ? '\n' : text[at];
  }
  return out;
}

std::string log_of(ConstBytes in) {
  sse::Parser parser;
  std::string log;
  while (const auto event = parser.next(in)) {
    log += fmt::format("{} {} {} {}\n", static_cast<int>(event->kind),
                       event->kind == sse::EventKind::message ? event->type : "", event->last_id,
                       event->data);
  }
  if (parser.end()) log += "unfinished\n";
  return log;
}

TEST(SseEncoder, parser_gives_back_what_was_put_in) {
  constexpr std::string_view kUnits[] = {"a",       " ",      ":",   "\n",     "\r",     "\r\n",
                                         "data: x", "id",     "\t",  "\uFEFF", "\u2028", "\0"sv,
                                         "€",       "event:", "[D]", "\x7F"};
  constexpr std::size_t kLineUnits[] = {0, 1, 2, 6, 7, 8, 9, 10, 12, 13, 14, 15};
  std::mt19937 random(926);
  const auto text = [&] {
    std::string made;
    for (std::size_t i = random() % 8; i > 0; --i) made += kUnits[random() % std::size(kUnits)];
    return made;
  };
  const auto line = [&] {
    std::string made;
    for (std::size_t i = random() % 4; i > 0; --i) {
      made += kUnits[kLineUnits[random() % std::size(kLineUnits)]];
    }
    return made;
  };
  for (int round = 0; round < 5000; ++round) {
    OutputBuffer out;
    std::string expected;
    std::string last_id;
    for (int i = 0; i < 3; ++i) {
      const std::string data = text();
      const std::string type = line();
      const std::string id = line();
      const bool has_id = random() % 2 == 0;
      Block block{.type = type, .data = data};
      if (has_id) block.id = id;
      ASSERT_TRUE(sse::encode(out, block));
      if (has_id) last_id = id;
      expected +=
          fmt::format("0 {} {} {}\n", type.empty() ? "message" : type, last_id, normalised(data));
    }
    ASSERT_EQ(log_of(out.view()), expected) << as_text(out.view());
  }
}

TEST(SseEncoder, appends_behind_what_waits) {
  OutputBuffer out;
  ASSERT_TRUE(sse::encode(out, {.data = "a"}));
  ASSERT_FALSE(sse::encode(out, {.id = "\n", .data = "b"}));
  ASSERT_TRUE(sse::encode(out, {.data = "c"}));
  EXPECT_EQ(as_text(out.view()), "data: a\n\ndata: c\n\n");
}

}  // namespace
