#include "ws/message.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "support/event_log.h"
#include "support/vectors.h"

namespace {

using test::FrameCase;
using test::FrameRun;
using test::Pieces;

std::vector<std::uint8_t> bytes(std::string_view hex) {
  return from_hex(hex).value();
}

struct Read {
  std::string log;
  bool unfinished = false;
};

/// What a reader of its own reports for `stream` in one piece.
Read read(ws::Role role, const ws::MessageLimits& limits, std::vector<std::uint8_t> stream) {
  ws::MessageReader reader(role, limits);
  test::EventLog log;
  Bytes in(stream);
  while (const auto event = reader.next(in)) log.add(*event);
  if (!in.empty()) log.complain("BYTES LEFT");
  return {log.text(), reader.is_unfinished()};
}

void expect_expected(const FrameCase& c) {
  SCOPED_TRACE(c.name);
  const FrameRun run = test::run_frames(c, test::whole(c.stream.size()));
  EXPECT_EQ(run.summary, c.events);
  EXPECT_EQ(run.replies, c.replies);
  EXPECT_EQ(run.ending, c.ending);
  if (!c.rule && !c.offset) return;
  ASSERT_TRUE(run.violation) << run.events;
  EXPECT_EQ(diag::info(run.violation->rule).id, c.rule.value_or("no rule"));
  EXPECT_EQ(run.violation->offset, c.offset.value_or(run.violation->offset)) << run.events;
}

void expect_the_same_at_every_split(const FrameCase& c) {
  SCOPED_TRACE(c.name);
  const FrameRun expected = test::run_frames(c, test::whole(c.stream.size()));
  for (const Pieces& pieces : test::all_splits(c.stream.size())) {
    const FrameRun run = test::run_frames(c, pieces);
    ASSERT_EQ(run.events, expected.events) << test::describe(pieces);
    ASSERT_EQ(run.replies, expected.replies) << test::describe(pieces);
    ASSERT_EQ(run.ending, expected.ending) << test::describe(pieces);
    if (expected.violation) {
      ASSERT_EQ(run.violation->got, expected.violation->got) << test::describe(pieces);
    }
  }
}

TEST(WsMessage, vectors_give_the_expected_events_replies_and_ending) {
  for (const FrameCase& c : test::frame_cases()) expect_expected(c);
}

TEST(WsMessage, vectors_give_the_same_at_every_split) {
  for (const FrameCase& c : test::frame_cases()) expect_the_same_at_every_split(c);
}

TEST(WsMessage, one_message_has_up_to_262144_fragments) {
  std::vector<std::uint8_t> stream = bytes("0201 61");
  for (int i = 2; i < 262144; ++i) stream.insert(stream.end(), {0x00, 0x01, 0x62});
  const std::size_t last = stream.size();
  std::vector<std::uint8_t> allowed = stream;
  allowed.insert(allowed.end(), {0x80, 0x00});
  EXPECT_THAT(read(ws::Role::client, {}, allowed).log,
              testing::StartsWith("binary 262143 sha256:"));

  stream.insert(stream.end(), {0x00, 0x00, 0x00, 0x00});
  EXPECT_EQ(read(ws::Role::client, {}, stream).log,
            "violation ws-fragment-count @" + std::to_string(last + 2) + "\n");
}

TEST(WsMessage, empty_fragments_without_end_are_stopped) {
  std::vector<std::uint8_t> stream = bytes("0100");
  for (int i = 0; i < 300000; ++i) stream.insert(stream.end(), {0x00, 0x00});
  EXPECT_EQ(read(ws::Role::client, {}, stream).log,
            "violation ws-fragment-count @" + std::to_string(2 * 262144) + "\n");
}

TEST(WsMessage, only_the_last_piece_of_a_message_may_be_empty) {
  // The log complains about any other.
  EXPECT_EQ(read(ws::Role::client, {}, bytes("0100 0000 0001 61 0000 8000")).log, "text \"a\"\n");
  EXPECT_EQ(read(ws::Role::client, {}, bytes("0200 0000 8000")).log, "binary 0\n");
}

TEST(WsMessage, message_wholly_in_the_buffer_is_one_event_and_a_view_of_it) {
  std::vector<std::uint8_t> stream = bytes("8185 01020304 69676f686e");  // "hello"
  ws::MessageReader reader(ws::Role::server, {});
  Bytes in(stream);
  const auto event = reader.next(in);
  ASSERT_TRUE(event);
  EXPECT_TRUE(event->first && event->last);
  EXPECT_EQ(as_text(event->payload), "hello");
  EXPECT_EQ(event->payload.data(), stream.data() + 6);
}

TEST(WsMessage, cut_message_is_delivered_as_it_arrives) {
  ws::MessageReader reader(ws::Role::client, {});
  std::vector<std::uint8_t> first = bytes("8105 6865");
  Bytes in(first);
  auto event = reader.next(in);
  ASSERT_TRUE(event);
  EXPECT_TRUE(event->first && !event->last);
  EXPECT_EQ(as_text(event->payload), "he");
  EXPECT_FALSE(reader.next(in));
  EXPECT_TRUE(reader.is_unfinished());

  std::vector<std::uint8_t> rest = bytes("6c6c6f");
  in = Bytes(rest);
  event = reader.next(in);
  ASSERT_TRUE(event);
  EXPECT_TRUE(!event->first && event->last);
  EXPECT_EQ(as_text(event->payload), "llo");
  EXPECT_FALSE(reader.is_unfinished());
}

/// What an end of the stream would cut after `hex`, as a client reads it.
std::string cut_after(std::string_view hex) {
  std::vector<std::uint8_t> stream = bytes(hex);
  ws::MessageReader reader(ws::Role::client, {});
  Bytes in(stream);
  while (reader.next(in)) {
  }
  const ws::Unfinished cut = reader.unfinished();
  std::string text;
  if (cut.message) {
    text =
        fmt::format("{} {}", cut.kind == ws::MessageKind::text ? "text" : "binary", cut.received);
  }
  if (cut.frame == ws::Unfinished::Frame::header) text += " header";
  if (cut.frame == ws::Unfinished::Frame::payload) {
    text += fmt::format(" opcode {} lacks {}", static_cast<unsigned>(cut.opcode), cut.left);
  }
  EXPECT_EQ(reader.is_unfinished(), !text.empty());
  return text;
}

TEST(WsMessage, end_of_the_stream_is_told_where_it_cuts) {
  EXPECT_EQ(cut_after(""), "");
  EXPECT_EQ(cut_after("8102 6869"), "");
  EXPECT_EQ(cut_after("81"), " header");
  EXPECT_EQ(cut_after("827e00"), " header");
  EXPECT_EQ(cut_after("8105"), "text 0 opcode 1 lacks 5");
  EXPECT_EQ(cut_after("8105 6865"), "text 2 opcode 1 lacks 3");
  EXPECT_EQ(cut_after("0202 6869"), "binary 2");
  EXPECT_EQ(cut_after("0202 6869 0003 61"), "binary 3 opcode 0 lacks 2");
  EXPECT_EQ(cut_after("0202 6869 80"), "binary 2 header");
  EXPECT_EQ(cut_after("0202 6869 8903 61"), "binary 2 opcode 9 lacks 2");
  EXPECT_EQ(cut_after("8803 03"), " opcode 8 lacks 2");
}

TEST(WsMessage, length_of_a_huge_frame_is_not_truncated_to_32_bits) {
  ws::MessageLimits limits;
  limits.max_message = UINT64_MAX;
  const Read run = read(ws::Role::client, limits, bytes("827f 0000000100000005 68656c6c6f 8100"));
  EXPECT_EQ(run.log, "");  // the next seven bytes are payload, not a frame
  EXPECT_TRUE(run.unfinished);
}

TEST(WsMessage, sizes_of_fragments_do_not_wrap_around) {
  ws::MessageLimits limits;
  limits.max_message = UINT64_MAX >> 1;
  EXPECT_EQ(read(ws::Role::client, limits, bytes("0201 61 807f 7fffffffffffffff")).log,
            "violation ws-message-size @4\n");
}

TEST(WsMessage, close_frames_are_accepted_with_the_codes_that_may_be_sent_and_no_other) {
  for (unsigned code = 0; code <= 0xFFFF; ++code) {
    const std::vector<std::uint8_t> stream = {0x88, 0x02, static_cast<std::uint8_t>(code >> 8),
                                              static_cast<std::uint8_t>(code)};
    const bool allowed = (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
                         (code >= 3000 && code <= 4999);
    const std::string expected =
        allowed ? "close " + std::to_string(code) + " \"\"\n" : "violation ws-close-code @2\n";
    ASSERT_EQ(read(ws::Role::client, {}, stream).log, expected) << "code " << code;
  }
}

TEST(WsMessage, unfinished_says_whether_a_frame_or_a_message_is_open) {
  const auto unfinished = [](std::string_view hex) {
    return read(ws::Role::client, {}, bytes(hex)).unfinished;
  };
  EXPECT_FALSE(unfinished(""));
  EXPECT_TRUE(unfinished("81"));
  EXPECT_TRUE(unfinished("8102 68"));
  EXPECT_FALSE(unfinished("8102 6869"));
  EXPECT_TRUE(unfinished("0102 6869"));
  EXPECT_TRUE(unfinished("0102 6869 8900"));
  EXPECT_FALSE(unfinished("0102 6869 8000"));
  EXPECT_TRUE(unfinished("8902 31"));
}

}  // namespace
