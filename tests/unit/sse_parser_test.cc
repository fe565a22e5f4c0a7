#include "sse/parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "support/sse_log.h"
#include "support/sse_vectors.h"

namespace {

using test::Pieces;
using test::StreamCase;
using test::StreamRun;

void expect_expected(const StreamCase& c, const Pieces& pieces) {
  const StreamRun run = test::run_stream(c, pieces);
  if (c.log) {
    EXPECT_EQ(run.log, *c.log) << test::describe(pieces);
    return;
  }
  EXPECT_EQ(run.messages, c.messages) << test::describe(pieces);
  EXPECT_EQ(run.comments, c.comments.value_or(run.comments)) << test::describe(pieces);
  EXPECT_EQ(run.end_id, c.end_id) << test::describe(pieces);
  EXPECT_THAT(c.retry_ms, testing::Contains(run.retry_ms)) << test::describe(pieces);
  EXPECT_EQ(run.unfinished, c.unfinished) << run.log;
}

TEST(SseParser, vectors_give_what_a_browser_shows) {
  for (const StreamCase& c : test::stream_cases()) {
    SCOPED_TRACE(c.name);
    expect_expected(c, test::whole(c.stream.size()));
    if (c.pieces) expect_expected(c, *c.pieces);
  }
}

TEST(SseParser, vectors_give_the_same_at_every_split) {
  for (const StreamCase& c : test::stream_cases()) {
    SCOPED_TRACE(c.name);
    const StreamRun expected = test::run_stream(c, test::whole(c.stream.size()));
    for (const Pieces& pieces : test::all_splits(c.stream.size())) {
      const StreamRun run = test::run_stream(c, pieces);
      ASSERT_EQ(run.log, expected.log) << test::describe(pieces);
      ASSERT_EQ(run.end_id, expected.end_id) << test::describe(pieces);
    }
  }
}

/// The log of `stream`, given in pieces of `size`, and what its end drops.
std::string read(sse::Parser& parser, std::string_view stream, std::size_t size = SIZE_MAX) {
  std::string log;
  while (!stream.empty()) {
    const std::string piece(stream.substr(0, size));  // a sanitizer sees every step beyond it
    stream.remove_prefix(piece.size());
    ConstBytes in = as_bytes(piece);
    while (const auto event = parser.next(in)) log += test::show(*event);
    if (!in.empty()) log += "BYTES LEFT\n";
  }
  if (const auto cut = parser.end()) log += test::show(*cut);
  return log;
}

std::string read(std::string_view stream, std::size_t size = SIZE_MAX) {
  sse::Parser parser;
  return read(parser, stream, size);
}

std::string message(std::string_view data, std::size_t offset = 0) {
  return fmt::format("message \"message\" \"\" {} @{}\n", test::show_text(data), offset);
}

// ---- Large ones

TEST(SseParser, lines_have_no_size_at_which_they_break) {
  for (const std::size_t size : {std::size_t{65537}, std::size_t{5} << 20}) {
    std::string text(size, 'x');
    text[size / 2] = ':';
    text[size - 1] = ' ';
    const std::string stream = "data: " + text + "\n\n";
    for (const std::size_t pieces : {stream.size(), std::size_t{16384}, std::size_t{1000}}) {
      EXPECT_EQ(read(stream, pieces), message(text)) << size << " bytes in pieces of " << pieces;
    }
  }
}

TEST(SseParser, a_message_has_any_number_of_data_lines) {
  std::string stream;
  std::string text;
  for (int i = 0; i < 10000; ++i) {
    stream += fmt::format("data: {}\r\n", i);
    text += fmt::format("{}{}", i == 0 ? "" : "\n", i);
  }
  stream += "\r\n";
  for (const std::size_t pieces : {stream.size(), std::size_t{1000}, std::size_t{7}}) {
    EXPECT_EQ(read(stream, pieces), message(text)) << "pieces of " << pieces;
  }
}

TEST(SseParser, a_long_line_may_come_four_bytes_at_a_time) {
  const std::string text(std::size_t{256} << 10, 'y');
  EXPECT_EQ(read("data: " + text + "\n\n", 4), message(text));
}

TEST(SseParser, line_ends_are_found_at_every_place) {
  for (std::size_t size = 0; size < 150; ++size) {
    for (const std::string_view end : {"\n", "\r", "\r\n"}) {
      std::string stream = ":" + std::string(size, 'c');
      stream += end;
      stream += "data: a\n\n";
      const std::string expected =
          fmt::format("comment {} @0\n", test::show_text(std::string(size, 'c'))) +
          message("a", size + 1 + end.size());
      EXPECT_EQ(read(stream), expected) << size;
      EXPECT_EQ(read(stream, 1), expected) << size;
    }
  }
}

TEST(SseParser, only_cr_and_lf_end_a_line) {
  std::string text;
  for (int c = 0; c < 128; ++c) {
    if (c != '\n' && c != '\r') text += static_cast<char>(c);
  }
  text += "\u0085\u2028\u2029";
  EXPECT_EQ(read("data: " + text + "\n\n"), message(text));
}

// ---- Views

/// Whether `view` lies in `whole`.
bool is_inside(std::string_view view, std::string_view whole) {
  return view.data() >= whole.data() && view.data() + view.size() <= whole.data() + whole.size();
}

TEST(SseParser, message_in_one_piece_is_seen_where_it_lies) {
  sse::Parser parser;
  const std::string stream = "id: 1\nevent: tick\ndata: {\"a\":\"b\"}\n\ndata: next\n\n";
  ConstBytes in = as_bytes(stream);
  auto event = parser.next(in);
  ASSERT_TRUE(event);
  EXPECT_EQ(event->data, "{\"a\":\"b\"}");
  EXPECT_TRUE(is_inside(event->data, stream));
  EXPECT_TRUE(is_inside(event->type, stream));
  event = parser.next(in);
  ASSERT_TRUE(event);
  EXPECT_EQ(event->data, "next");
  EXPECT_EQ(event->last_id, "1");
  EXPECT_TRUE(is_inside(event->data, stream));
}

TEST(SseParser, a_message_is_told_with_the_byte_that_completes_it) {
  sse::Parser parser;
  for (const std::string_view piece : {"data: a\r", "\r", "\ndata: b\n", "\n"}) {
    ConstBytes in = as_bytes(piece);
    const bool completes = piece == "\r" || piece == "\n";
    EXPECT_EQ(parser.next(in).has_value(), completes) << piece;
    EXPECT_FALSE(parser.next(in));
    EXPECT_TRUE(in.empty());
  }
}

TEST(SseParser, between_calls_nothing_refers_to_what_was_given) {
  const auto read_with_overwriting = [](std::string_view stream, std::size_t size) {
    sse::Parser parser;
    std::string log;
    while (!stream.empty()) {
      std::string piece(stream.substr(0, size));
      stream.remove_prefix(piece.size());
      while (!piece.empty()) {
        ConstBytes in = as_bytes(piece);
        const auto event = parser.next(in);
        if (event) log += test::show(*event);
        // The rest moves, and what was taken becomes something else.
        const std::string rest(as_text(in));
        std::fill(piece.begin(), piece.end(), '#');
        piece = rest;
      }
    }
    return log;
  };
  const std::string stream =
      "event: t\ndata: a\n: comment\nid: 7\nfoo\ndata: b\nretry: 1\ndata: c\xFF\ndata\n\n";
  const std::string expected = read(stream);
  for (std::size_t size = 1; size <= stream.size(); ++size) {
    EXPECT_EQ(read_with_overwriting(stream, size), expected) << "pieces of " << size;
  }
}

// ---- Limits

TEST(SseParser, endless_line_is_given_up_at_the_limit) {
  sse::Parser parser;
  const std::string piece(std::size_t{1} << 16, 'x');
  std::string log;
  for (int i = 0; i < 16384; ++i) {  // 1 GiB
    ConstBytes in = as_bytes(piece);
    while (const auto event = parser.next(in)) log += test::show(*event);
    ASSERT_TRUE(in.empty());
  }
  EXPECT_EQ(log, "violation sse-event-size 67108865 @67108864\n");
  EXPECT_EQ(parser.offset(), std::uint64_t{1} << 30);
  EXPECT_FALSE(parser.end());
}

TEST(SseParser, endless_message_is_given_up_at_the_limit) {
  std::string lines;
  for (int i = 0; i < 1000; ++i) lines += "event: x\n";  // replaced again and again, but it counts
  sse::Parser parser({}, 7999);
  EXPECT_EQ(read(parser, lines), "violation sse-event-size 8000 @8998\n");
}

TEST(SseParser, nothing_is_read_after_the_end_until_reset) {
  sse::Parser parser("3");
  EXPECT_EQ(read(parser, "id: 4\ndata: a\n\nid: 5\ndata: b"),
            "message \"message\" \"4\" \"a\" @0\n"
            "unfinished \"message\" \"5\" no data + \"data: b\" @15\n");
  EXPECT_EQ(read(parser, "data: c\n\n"), "");
  parser.reset();
  EXPECT_EQ(parser.last_id(), "4");
  EXPECT_EQ(parser.offset(), 0u);
  EXPECT_EQ(read(parser, "\uFEFFdata: d\n\n"), "message \"message\" \"4\" \"d\" @3\n");
}

TEST(SseParser, reset_forgets_a_cr_a_line_and_a_violation) {
  sse::Parser parser({}, 100);
  const auto start = [&](std::string_view piece) {
    ConstBytes in = as_bytes(piece);
    while (parser.next(in)) {
    }
    parser.reset();
  };
  start("data: a\r");
  EXPECT_EQ(read(parser, "\ndata: b\n\n"), message("b", 1));
  parser.reset();
  start("data: a\nda");
  EXPECT_EQ(read(parser, "ta: b\n\n"), "note sse-field 116 @0 \"ta: b\"\n");
  parser.reset();
  start(std::string(101, 'x'));
  EXPECT_EQ(read(parser, "data: b\n\n"), message("b"));
}

TEST(SseParser, id_of_a_block_without_data_is_the_last_one_at_once) {
  sse::Parser parser("3");
  ConstBytes in = as_bytes("id: 4\n");
  EXPECT_FALSE(parser.next(in));
  EXPECT_EQ(parser.last_id(), "3");
  in = as_bytes("\n");
  EXPECT_FALSE(parser.next(in));
  EXPECT_EQ(parser.last_id(), "4");
}

}  // namespace
