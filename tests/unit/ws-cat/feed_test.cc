// How ws-cat cuts its input into messages.
#include "ws-cat/feed.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/text.h"

namespace ws_cat {
namespace {

/// Everything a feed makes of `input`, given in pieces of `piece_size`: "text hello", "binary
/// 00ff", "raw 8100", "close 1000 bye", "end", "error: ...". The pieces of one message are joined.
std::vector<std::string> log_of(Format format, bool binary, std::string_view input,
                                std::size_t piece_size) {
  Feed feed(format, binary);
  std::vector<std::string> log;
  std::string message;
  bool failed = false;
  const auto note = [&](const Result<Intent>& intent) {
    if (!intent) {
      log.push_back("error: " + intent.error().message);
      failed = true;
      return;
    }
    const std::string payload(as_text(intent->payload));
    switch (intent->type) {
      case Intent::Type::message: {
        message += payload;
        if (!intent->last) return;
        const bool is_text = intent->kind == ws::MessageKind::text;
        log.push_back(is_text ? "text " + message : "binary " + to_hex(as_bytes(message)));
        message.clear();
        return;
      }
      case Intent::Type::ping: log.push_back("ping " + payload); return;
      case Intent::Type::pong: log.push_back("pong " + payload); return;
      case Intent::Type::close:
        log.push_back("close " + std::to_string(intent->code) + " " + payload);
        return;
      case Intent::Type::raw:
        // Where wire input is cut tells nothing, where JSON lines are cut does.
        if (format != Format::wire || log.empty()) log.emplace_back("raw ");
        log.back() += to_hex(intent->payload);
        return;
      case Intent::Type::end: log.push_back("end"); return;
    }
  };
  while (!input.empty() && !failed) {
    const std::string piece(input.substr(0, piece_size));
    input.remove_prefix(piece.size());
    ConstBytes bytes = as_bytes(piece);
    while (!failed) {
      const auto intent = feed.next(bytes);
      if (!intent) break;
      note(*intent);
    }
  }
  while (!failed) {
    const auto intent = feed.finish();
    if (!intent) break;
    note(*intent);
  }
  return log;
}

/// The same log for every size of the pieces.
std::vector<std::string> log_of_all_splits(Format format, bool binary, std::string_view input) {
  const auto whole = log_of(format, binary, input, input.size() + 1);
  for (std::size_t size = 1; size < input.size(); ++size) {
    EXPECT_EQ(log_of(format, binary, input, size), whole) << "in pieces of " << size;
  }
  return whole;
}

using Log = std::vector<std::string>;

TEST(Feed, each_line_is_a_text_message_without_its_line_end) {
  EXPECT_EQ(log_of_all_splits(Format::lines, false, "one\n\ntwo\n"),
            (Log{"text one", "text ", "text two"}));
}

TEST(Feed, last_line_without_a_line_end_is_a_message_too) {
  EXPECT_EQ(log_of_all_splits(Format::lines, false, "one\ntwo"), (Log{"text one", "text two"}));
}

TEST(Feed, no_input_is_no_message) {
  EXPECT_EQ(log_of(Format::lines, false, "", 1), Log{});
}

TEST(Feed, lines_may_be_sent_as_binary_messages) {
  EXPECT_EQ(log_of_all_splits(Format::lines, true, "a\xFF\n"), (Log{"binary 61ff"}));
}

TEST(Feed, nul_divides_messages_that_hold_line_ends) {
  EXPECT_EQ(log_of_all_splits(Format::nul, false, std::string_view("a\nb\0c", 5)),
            (Log{"text a\nb", "text c"}));
}

TEST(Feed, line_that_is_not_utf8_is_named_and_ends_the_input) {
  EXPECT_EQ(log_of_all_splits(Format::lines, false, "good\nb\xE9\nnever\n"),
            (Log{"text good", "error: cannot read standard input: line 2 is not valid UTF-8"}));
}

TEST(Feed, character_cut_by_a_read_is_one_character) {
  EXPECT_EQ(log_of_all_splits(Format::lines, false, "caf\xC3\xA9\n"), (Log{"text caf\xC3\xA9"}));
}

TEST(Feed, long_line_goes_out_in_pieces_while_it_is_read) {
  Feed feed(Format::lines, false);
  const std::string part(100'000, 'x');
  ConstBytes bytes = as_bytes(part);
  const auto intent = feed.next(bytes);
  ASSERT_TRUE(intent && *intent);
  EXPECT_FALSE((*intent)->last);
  EXPECT_EQ((*intent)->payload.size(), part.size());
  const std::string rest = "y\n";
  bytes = as_bytes(rest);
  const auto last = feed.next(bytes);
  ASSERT_TRUE(last && *last);
  EXPECT_TRUE((*last)->last);
}

TEST(Feed, hex_and_base64_lines_are_binary_messages) {
  EXPECT_EQ(log_of_all_splits(Format::hex, false, "00 ff\n\nAB\n"),
            (Log{"binary 00ff", "binary ", "binary ab"}));
  EXPECT_EQ(log_of_all_splits(Format::base64, false, "aGk=\r\n"), (Log{"binary 6869"}));
}

TEST(Feed, hex_line_with_a_wrong_digit_is_named) {
  EXPECT_EQ(log_of_all_splits(Format::hex, false, "00\n0g\n"),
            (Log{"binary 00", "error: cannot read standard input: line 2 is not hexadecimal"}));
}

TEST(Feed, len32_keeps_boundaries_and_types) {
  const std::string input =
      std::string("\0\0\0\2hi", 6) + std::string("\x80\0\0\1\xFF", 5) + std::string("\0\0\0\0", 4);
  EXPECT_EQ(log_of_all_splits(Format::len32, false, input), (Log{"text hi", "binary ff", "text "}));
}

TEST(Feed, len32_cut_short_is_an_error) {
  EXPECT_EQ(log_of_all_splits(Format::len32, false, std::string_view("\0\0\0\3hi", 6)),
            (Log{"error: cannot read standard input: message 1 is cut short"}));
  EXPECT_EQ(log_of_all_splits(Format::len32, false, std::string_view("\0\0", 2)),
            (Log{"error: cannot read standard input: message 1 is cut short"}));
}

TEST(Feed, json_lines_send_messages_pings_and_closes) {
  EXPECT_EQ(log_of_all_splits(Format::jsonl, false,
                              "{\"kind\":\"message\",\"type\":\"text\",\"data\":\"hi\"}\n"
                              "{\"kind\":\"message\",\"type\":\"binary\",\"base64\":\"/w==\"}\n"
                              "{\"kind\":\"ping\",\"data\":\"p\"}\n"
                              "{\"kind\":\"pong\"}\n"
                              "{\"kind\":\"close\",\"code\":4000,\"reason\":\"bye\"}\n"),
            (Log{"text hi", "binary ff", "ping p", "pong ", "close 4000 bye"}));
}

TEST(Feed, json_lines_that_we_sent_ourselves_and_other_kinds_are_skipped) {
  EXPECT_EQ(log_of_all_splits(Format::jsonl, false,
                              "{\"kind\":\"open\",\"status\":101}\n\n"
                              "{\"dir\":\">\",\"kind\":\"message\",\"data\":\"no\"}\n"
                              "{\"dir\":\"<\",\"kind\":\"message\",\"data\":\"yes\"}\n"),
            (Log{"text yes"}));
}

TEST(Feed, json_close_that_cannot_be_sent_is_the_end_of_input) {
  for (const char* line :
       {"{\"kind\":\"close\",\"code\":1006}", "{\"kind\":\"close\",\"code\":1000,\"by\":\"us\"}",
        "{\"kind\":\"close\",\"code\":1005}", "{\"kind\":\"close\"}"}) {
    EXPECT_EQ(log_of_all_splits(Format::jsonl, false, line), (Log{"end"})) << line;
  }
}

TEST(Feed, json_message_in_several_lines_is_one_message) {
  EXPECT_EQ(
      log_of_all_splits(Format::jsonl, false,
                        "{\"kind\":\"message\",\"type\":\"text\",\"data\":\"a\",\"more\":true}\n"
                        "{\"kind\":\"message\",\"type\":\"text\",\"data\":\"b\"}\n"),
      (Log{"text ab"}));
}

TEST(Feed, broken_json_is_named_by_its_line) {
  EXPECT_EQ(log_of(Format::jsonl, false, "{}\n[1]\n", 99),
            (Log{"error: cannot read standard input: line 2 is not a JSON object"}));
  EXPECT_EQ(log_of(Format::jsonl, false, "{\"kind\":", 99),
            (Log{"error: cannot read standard input: line 1 is not a JSON object"}));
}

TEST(Feed, json_nested_beyond_the_limit_is_refused_without_harm) {
  const std::string deep =
      "{\"a\":" + std::string(100'000, '[') + std::string(100'000, ']') + "}\n";
  EXPECT_EQ(log_of(Format::jsonl, false, deep, 4096),
            (Log{"error: cannot read standard input: line 1 is not a JSON object"}));
}

TEST(Feed, json_message_that_never_ends_is_an_error) {
  EXPECT_EQ(
      log_of(Format::jsonl, false, "{\"kind\":\"message\",\"data\":\"a\",\"more\":true}\n", 99),
      (Log{"error: cannot read standard input: line 2 is cut short"}));
}

TEST(Feed, json_lines_of_one_message_have_the_type_of_the_first) {
  EXPECT_EQ(log_of(Format::jsonl, false,
                   "{\"kind\":\"message\",\"type\":\"text\",\"data\":\"a\",\"more\":true}\n"
                   "{\"kind\":\"message\",\"type\":\"binary\",\"base64\":\"/w==\"}\n",
                   999),
            (Log{"error: cannot read standard input: line 2 is not valid UTF-8"}));
}

TEST(Feed, json_control_frames_that_are_too_large_are_errors) {
  const std::string large(126, 'x');
  EXPECT_EQ(
      log_of(Format::jsonl, false, "{\"kind\":\"ping\",\"data\":\"" + large + "\"}", 999),
      (Log{"error: cannot read standard input: line 1 has a payload of more than 125 bytes"}));
  EXPECT_EQ(log_of(Format::jsonl, false,
                   "{\"kind\":\"close\",\"code\":1000,\"reason\":\"" + large + "\"}", 999),
            (Log{"error: cannot read standard input: line 1 has a reason of more than 123 bytes"}));
}

TEST(Feed, error_at_the_very_end_of_a_long_line_comes_once) {
  EXPECT_EQ(log_of(Format::lines, false, std::string(70'000, 'a') + "\xC3", 70'000),
            (Log{"error: cannot read standard input: line 1 is not valid UTF-8"}));
}

TEST(Feed, wire_input_is_sent_as_it_is) {
  EXPECT_EQ(log_of_all_splits(Format::wire, false, std::string_view("\x81\x02hi\xFF\0\n", 7)),
            (Log{"raw 81026869ff000a"}));
  EXPECT_EQ(log_of(Format::wire, false, "", 1), Log{});
}

TEST(Feed, json_raw_line_is_its_bytes) {
  EXPECT_EQ(log_of_all_splits(Format::jsonl, false,
                              "{\"kind\":\"raw\",\"data\":\"GET\"}\n"
                              "{\"kind\":\"raw\",\"base64\":\"/w==\"}\n"
                              "{\"dir\":\">\",\"kind\":\"raw\",\"data\":\"no\"}\n"),
            (Log{"raw 474554", "raw ff"}));
}

/// What one frame line with these fields makes.
std::string frame_of(const std::string& fields) {
  const Log log = log_of(Format::jsonl, false, "{\"kind\":\"frame\"" + fields + "}\n", 999);
  return log.size() == 1 ? log[0] : "not one intent";
}

TEST(Feed, json_frame_line_sets_every_bit_of_the_header) {
  EXPECT_EQ(frame_of(R"(,"data":"hi")"), "raw 81026869");
  EXPECT_EQ(frame_of(R"(,"fin":false,"rsv":5,"opcode":11,"data":"hi")"), "raw 5b026869");
  EXPECT_EQ(frame_of(R"(,"opcode":8,"base64":"A+g=")"), "raw 880203e8");
  EXPECT_EQ(frame_of(R"(,"opcode":9,"length":126)"), "raw 897e007e");
}

TEST(Feed, json_frame_is_masked_only_when_it_has_a_mask) {
  EXPECT_EQ(frame_of(R"(,"mask":"01020304","data":"hello")"), "raw 81850102030469676f686e");
}

TEST(Feed, json_frame_length_may_lie) {
  EXPECT_EQ(frame_of(R"(,"length":1,"data":"hello")"), "raw 810168656c6c6f");
  EXPECT_EQ(frame_of(R"(,"length":18446744073709551615)"), "raw 817fffffffffffffffff");
}

TEST(Feed, json_frame_header_wins_over_the_other_fields) {
  EXPECT_EQ(frame_of(R"(,"opcode":2,"length":9,"mask":"ffffffff","header":"817e0002","data":"hi")"),
            "raw 817e00026869");
  EXPECT_EQ(frame_of(R"(,"header":"818501020304","data":"hello")"), "raw 81850102030469676f686e");
}

TEST(Feed, json_frame_in_several_lines_is_one_frame_masked_throughout) {
  EXPECT_EQ(
      log_of_all_splits(
          Format::jsonl, false,
          "{\"kind\":\"frame\",\"mask\":\"01020304\",\"length\":5,\"data\":\"he\",\"more\":true}\n"
          "{\"kind\":\"frame\",\"data\":\"llo\"}\n"
          "{\"kind\":\"frame\",\"opcode\":9}\n"),
      (Log{"raw 8185010203046967", "raw 6f686e", "raw 8900"}));
}

TEST(Feed, json_frame_that_cannot_be_made_is_named) {
  const std::string line = "error: cannot read standard input: line 1 ";
  EXPECT_EQ(frame_of(R"(,"opcode":16)"),
            line + "has a value of opcode that is not a number up to 15");
  EXPECT_EQ(frame_of(R"(,"rsv":-1)"), line + "has a value of rsv that is not a number up to 7");
  EXPECT_EQ(frame_of(R"(,"fin":1)"), line + "has a fin that is not a boolean");
  EXPECT_EQ(frame_of(R"(,"mask":"0102")"), line + "has a mask that is not 4 bytes in hex");
  EXPECT_EQ(frame_of(R"(,"mask":16909060)"), line + "has a mask that is not 4 bytes in hex");
  for (const char* header : {"\"\"", "\"81\"", "\"817e00\"", "\"810068\"", "\"zz\"", "1"}) {
    EXPECT_EQ(frame_of(std::string(",\"header\":") + header),
              line + "has a header that is not the header of a frame in hex")
        << header;
  }
  EXPECT_EQ(frame_of(R"(,"data":"x","more":true)"),
            line + "has no length, though more of its payload follows");
}

TEST(Feed, raw_reads_are_binary_messages) {
  EXPECT_EQ(log_of(Format::raw, false, "abc", 2), (Log{"binary 6162", "binary 63"}));
}

}  // namespace
}  // namespace ws_cat
