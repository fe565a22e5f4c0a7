#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>

#include "base/base64.h"
#include "base/json_writer.h"
#include "base/sha1.h"
#include "base/text.h"
#include "base/utf8.h"

namespace {

using Buffer = std::vector<std::uint8_t>;

// ---- UTF-8

/// Whether `text` is UTF-8, decided by decoding: code points are put together and then looked at,
/// as in the definition of RFC 3629 section 3 (no table of ranges, as the code under test has).
bool is_utf8_by_decoding(ConstBytes text) {
  for (std::size_t at = 0; at < text.size();) {
    const unsigned lead = text[at];
    const std::size_t size = lead < 0x80       ? 1
                             : lead >> 5 == 6  ? 2
                             : lead >> 4 == 14 ? 3
                             : lead >> 3 == 30 ? 4
                                               : 0;
    if (size == 0 || at + size > text.size()) return false;
    std::uint32_t point = size == 1 ? lead : lead & (0xFFU >> (size + 1));
    for (std::size_t i = 1; i < size; ++i) {
      if (text[at + i] >> 6 != 2) return false;
      point = point << 6 | (text[at + i] & 0x3FU);
    }
    constexpr std::uint32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
    if (point < kSmallest[size] || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF)) {
      return false;
    }
    at += size;
  }
  return true;
}

/// Whether any text that begins so is UTF-8: some completion by up to three bytes is. Only the
/// bytes that bound the ranges of a second byte need to be tried.
bool may_become_utf8(ConstBytes text) {
  if (is_utf8_by_decoding(text)) return true;
  constexpr std::uint8_t kBorders[] = {0x80, 0x9F, 0xA0, 0xBF};
  for (const std::uint8_t next : kBorders) {
    Buffer longer(text.begin(), text.end());
    longer.push_back(next);
    for (int more = 0; more < 3; ++more) {
      if (is_utf8_by_decoding(longer)) return true;
      longer.push_back(0x80);
    }
  }
  return false;
}

/// The first byte after which no completion is left; size() when there is none.
std::size_t first_impossible(ConstBytes text) {
  for (std::size_t size = 1; size <= text.size(); ++size) {
    if (!may_become_utf8(text.first(size))) return size - 1;
  }
  return text.size();
}

/// What the validator says of the pieces of `text`: the offset of the first impossible byte.
std::size_t validate(ConstBytes text, std::size_t cut, bool& complete) {
  Utf8Validator validator;
  complete = false;
  const Buffer head(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(cut));
  const Buffer tail(text.begin() + static_cast<std::ptrdiff_t>(cut), text.end());
  if (const auto bad = validator.feed(head)) return *bad;
  if (const auto bad = validator.feed(tail)) return cut + *bad;
  complete = validator.complete();
  return text.size();
}

/// Compares with the twin at every cut; false (and a failure) when they differ.
bool agrees_with_twin(ConstBytes text) {
  const bool valid = is_utf8_by_decoding(text);
  const std::size_t impossible = first_impossible(text);
  if (is_utf8(text) != valid) {
    ADD_FAILURE() << "is_utf8 of " << to_hex(text) << " is not " << valid;
    return false;
  }
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    bool complete = false;
    const std::size_t bad = validate(text, cut, complete);
    if (bad != impossible || complete != valid) {
      ADD_FAILURE() << to_hex(text) << " cut at " << cut << ": first impossible byte " << bad
                    << ", expected " << impossible << "; complete " << complete;
      return false;
    }
  }
  return true;
}

TEST(BaseUtf8, agrees_with_its_twin_on_all_texts_of_one_and_two_bytes) {
  for (unsigned a = 0; a < 256; ++a) {
    const std::uint8_t one[] = {static_cast<std::uint8_t>(a)};
    ASSERT_TRUE(agrees_with_twin(one));
    for (unsigned b = 0; b < 256; ++b) {
      const std::uint8_t two[] = {static_cast<std::uint8_t>(a), static_cast<std::uint8_t>(b)};
      ASSERT_TRUE(agrees_with_twin(two));
    }
  }
}

TEST(BaseUtf8, agrees_with_its_twin_on_all_texts_of_three_bytes_that_start_with_e0_to_ef) {
  for (unsigned a = 0xE0; a <= 0xEF; ++a) {
    for (unsigned b = 0; b < 256; ++b) {
      for (unsigned c = 0; c < 256; ++c) {
        const std::uint8_t text[] = {static_cast<std::uint8_t>(a), static_cast<std::uint8_t>(b),
                                     static_cast<std::uint8_t>(c), 'x'};
        // With something behind it, the whole-word paths see it too.
        const bool valid = is_utf8_by_decoding(ConstBytes(text).first(3));
        ASSERT_EQ(is_utf8(ConstBytes(text).first(3)), valid) << to_hex(text);
        ASSERT_EQ(is_utf8(text), valid) << to_hex(text);
        const bool near_a_border = (b & 0x0F) == 0 || (b & 0x0F) == 0x0F;
        if (near_a_border && (c & 0x3F) == 0) {
          ASSERT_TRUE(agrees_with_twin(text));
        }
      }
    }
  }
}

TEST(BaseUtf8, agrees_with_its_twin_on_texts_of_four_bytes) {
  constexpr std::uint8_t kEdges[] = {0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0,
                                     0xC2, 0xDF, 0xE0, 0xED, 0xEF, 0xF0, 0xF4, 0xF5, 0xFF};
  for (unsigned a = 0xF0; a <= 0xFF; ++a) {
    for (const std::uint8_t b : kEdges) {
      for (const std::uint8_t c : kEdges) {
        for (const std::uint8_t d : kEdges) {
          const std::uint8_t text[] = {static_cast<std::uint8_t>(a), b, c, d};
          ASSERT_TRUE(agrees_with_twin(text));
        }
      }
    }
  }
  std::mt19937 random(3629);
  for (int i = 0; i < 20000; ++i) {
    const auto byte = [&](unsigned low, unsigned count) {
      return static_cast<std::uint8_t>(low + random() % count);
    };
    const std::uint8_t text[] = {byte(0xEE, 8), byte(0x78, 0x50), byte(0x78, 0x50),
                                 byte(0x78, 0x50), byte(0x70, 0x90)};
    ASSERT_TRUE(agrees_with_twin(text));
  }
}

TEST(BaseUtf8, agrees_with_its_twin_on_mixed_texts_at_every_cut) {
  constexpr std::string_view kUnits[] = {"a",
                                         "kettle",
                                         "\xC3\xA1",
                                         "\xE2\x98\x95",
                                         "\xF0\x9F\xAB\x96",
                                         "\x80",
                                         "\xE2\x98",
                                         "\xED\xA0\x80",
                                         "0123456789abcdef0123456789abcdef"};
  std::mt19937 random(8);
  for (int i = 0; i < 500; ++i) {
    std::string text;
    for (int unit = 0; unit < 6; ++unit) {
      // Bad units are rare, so that most texts are bad late or not at all.
      const std::size_t pick = random() % 20;
      text += kUnits[pick < 9 ? pick : pick % 5];
    }
    ASSERT_TRUE(agrees_with_twin(as_bytes(text)));
  }
}

/// Long enough for whole blocks, which are read in lanes; the replaced byte breaks most of them.
TEST(BaseUtf8, agrees_with_its_twin_on_long_texts_with_a_byte_replaced) {
  constexpr std::string_view kUnits[] = {"\xC3\xA1", "\xE2\x98\x95", "\xF0\x9F\xAB\x96", "a"};
  constexpr std::string_view kBytes = "a\x80\xBF\xC3\xE2\xED\xF0\xFF";
  std::mt19937 random(9);
  for (int i = 0; i < 100; ++i) {
    std::string text;
    while (text.size() < 550) text += kUnits[random() % 4];
    if (i % 4 != 0) text[random() % text.size()] = kBytes[random() % kBytes.size()];
    ASSERT_TRUE(agrees_with_twin(as_bytes(text)));
  }
}

TEST(BaseUtf8, one_bad_byte_is_found_at_every_place_of_a_long_ascii_text) {
  constexpr std::uint8_t kBad[] = {0x80, 0xC0, 0xFF};
  for (const std::size_t size :
       {1U, 3U, 4U, 7U, 8U, 9U, 15U, 16U, 31U, 32U, 33U, 40U, 63U, 64U, 65U, 71U, 100U}) {
    for (std::size_t place = 0; place < size; ++place) {
      for (const std::uint8_t bad : kBad) {
        Buffer text(size, 'k');
        text[place] = bad;
        bool complete = false;
        ASSERT_EQ(validate(text, 0, complete), place) << size << " bytes";
        ASSERT_EQ(validate(text, place / 2, complete), place) << size << " bytes";
        text[place] = 0xC3;  // a lead byte: the next one is wrong, or missing
        ASSERT_EQ(validate(text, 0, complete), place + 1) << size << " bytes";
        ASSERT_FALSE(complete);
      }
    }
  }
}

TEST(BaseUtf8, reset_forgets_half_a_character) {
  Utf8Validator validator;
  EXPECT_FALSE(validator.feed(as_bytes("\xF0\x90")));
  EXPECT_FALSE(validator.complete());
  validator.reset();
  EXPECT_TRUE(validator.complete());
  EXPECT_FALSE(validator.feed(as_bytes("\xC2\x80")));
  EXPECT_TRUE(validator.complete());
}

// ---- Base64

TEST(BaseBase64, encodes_and_decodes_the_examples_of_rfc_4648) {
  const std::pair<std::string_view, std::string_view> kExamples[] = {{"", ""},
                                                                     {"f", "Zg=="},
                                                                     {"fo", "Zm8="},
                                                                     {"foo", "Zm9v"},
                                                                     {"foob", "Zm9vYg=="},
                                                                     {"fooba", "Zm9vYmE="},
                                                                     {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, coded] : kExamples) {
    EXPECT_EQ(to_base64(as_bytes(plain)), coded);
    const auto decoded = from_base64(coded);
    ASSERT_TRUE(decoded) << coded;
    EXPECT_EQ(as_text(*decoded), plain);
  }
}

TEST(BaseBase64, decoding_gives_back_any_bytes) {
  std::mt19937 random(4648);
  for (std::size_t size = 0; size < 200; ++size) {
    Buffer bytes(size);
    for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random());
    const std::string text = to_base64(bytes);
    EXPECT_EQ(text.size(), (size + 2) / 3 * 4);
    EXPECT_EQ(from_base64(text), bytes) << text;
  }
}

TEST(BaseBase64, refuses_what_is_not_base64) {
  for (const std::string_view text :
       {"Z", "Zg", "Zg=", "Zm9vYg", "=", "==", "====", "Z===", "Zg==Zg==", "Z=g=", "=Zg=", "Zm9v\n",
        "Zm 9v===", "Zm9-", "Zm9_", "Zm9\xC3", " Zg=="}) {
    EXPECT_FALSE(from_base64(text)) << text;
  }
}

TEST(BaseBase64, spare_bits_of_the_last_character_do_not_matter) {
  EXPECT_EQ(from_base64("AQIDBAUGBwgJCgsMDQ4PEC=="), from_base64("AQIDBAUGBwgJCgsMDQ4PEA=="));
  EXPECT_EQ(from_base64("AQIDBAUGBwgJCgsMDQ4PEC==")->size(), 16U);
}

// ---- Hexadecimal

TEST(BaseHex, is_written_in_lower_case_and_read_in_either) {
  EXPECT_EQ(to_hex(Buffer{0x00, 0x1F, 0xA0, 0xFF}), "001fa0ff");
  EXPECT_EQ(to_hex({}), "");
  EXPECT_EQ(from_hex("001fa0ff"), (Buffer{0x00, 0x1F, 0xA0, 0xFF}));
  EXPECT_EQ(from_hex("001FA0Ff"), (Buffer{0x00, 0x1F, 0xA0, 0xFF}));
}

TEST(BaseHex, spaces_may_stand_between_bytes_only) {
  EXPECT_EQ(from_hex(" 81 05\t68 "), (Buffer{0x81, 0x05, 0x68}));
  EXPECT_EQ(from_hex(""), Buffer{});
  for (const std::string_view text :
       {"8", "8 1", "81 0 5", "8105 6", "0x81", "81:05", "8g", "81\n05"}) {
    EXPECT_FALSE(from_hex(text)) << text;
  }
}

// ---- Numbers

TEST(BaseText, integers_are_decimal_digits_only) {
  EXPECT_EQ(parse_integer("0"), 0U);
  EXPECT_EQ(parse_integer("007"), 7U);
  EXPECT_EQ(parse_integer("18446744073709551615"), UINT64_MAX);
  EXPECT_EQ(parse_integer("65535", 65535), 65535U);
  for (const std::string_view text :
       {"", " 1", "1 ", "+1", "-1", "0x1", "1.0", "1e3", "1,0", "18446744073709551616",
        "99999999999999999999999", "\xD9\xA1"}) {
    EXPECT_FALSE(parse_integer(text)) << text;
  }
  EXPECT_FALSE(parse_integer("65536", 65535));
}

TEST(BaseText, sizes_take_binary_units_of_either_case) {
  EXPECT_EQ(parse_size("0"), 0U);
  EXPECT_EQ(parse_size("1500"), 1500U);
  EXPECT_EQ(parse_size("64k"), 65536U);
  EXPECT_EQ(parse_size("64K"), 65536U);
  EXPECT_EQ(parse_size("16m"), 16777216U);
  EXPECT_EQ(parse_size("2G"), 2147483648U);
  EXPECT_EQ(parse_size("17179869183G"), 17179869183U << 30);
  for (const std::string_view text : {"", "k", "1kb", "1KiB", "1.5k", "-1", "1 k", "17179869184G",
                                      "18446744073709551615k", "1T", "k1"}) {
    EXPECT_FALSE(parse_size(text)) << text;
  }
}

TEST(BaseText, durations_are_seconds_or_have_a_unit) {
  const std::pair<std::string_view, std::int64_t> kGood[] = {{"0", 0},
                                                             {"1", 1000000},
                                                             {"1.5", 1500000},
                                                             {".5", 500000},
                                                             {"250ms", 250000},
                                                             {"1.5ms", 1500},
                                                             {"7us", 7},
                                                             {"2s", 2000000},
                                                             {"1m", 60000000},
                                                             {"1.5m", 90000000},
                                                             {"0.5h", 1800000000},
                                                             {"0.000001", 1},
                                                             {"0.0000019", 1},
                                                             {"8760h", 31536000000000},
                                                             {"1.25us", 1}};
  for (const auto& [text, microseconds] : kGood) {
    const auto duration = parse_duration(text);
    ASSERT_TRUE(duration) << text;
    EXPECT_EQ(duration->count(), microseconds) << text;
  }
  for (const std::string_view text :
       {"", ".", "s", "-1", "+1", "1 s", "1e3", "1,5", "1.2.3", "1S", "1MS", "1d", "8761h",
        "8760.1h", "99999999999999999999", "inf", "nan", "0x1"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
}

TEST(BaseText, slices_are_a_size_and_perhaps_a_time) {
  const auto shown = [](std::string_view text) {
    const auto slices = parse_slices(text);
    return slices ? std::to_string(slices->size) + " " + std::to_string(slices->pause.count())
                  : std::string("none");
  };
  EXPECT_EQ(shown("1B/10ms"), "1 10000");
  EXPECT_EQ(shown("16/5ms"), "16 5000");
  EXPECT_EQ(shown("2k/1"), "2048 1000000");
  EXPECT_EQ(shown("7"), "7 0");
  for (const char* text : {"", "B", "0", "0/1ms", "/1ms", "1/", "1/x", "1BB", "1/1/1"}) {
    EXPECT_EQ(shown(text), "none") << text;
  }
}

TEST(BaseText, case_is_ignored_for_ascii_letters_only) {
  EXPECT_TRUE(equals_ignoring_case("WebSocket", "websocket"));
  EXPECT_FALSE(equals_ignoring_case("websocket", "websockets"));
  EXPECT_FALSE(equals_ignoring_case("[", "{"));
  EXPECT_FALSE(equals_ignoring_case("\xC3\x84", "\xC3\xA4"));  // U+00C4 and U+00E4
  EXPECT_TRUE(equals_ignoring_case("", ""));
}

TEST(BaseText, spaces_and_tabs_are_trimmed_and_nothing_else) {
  EXPECT_EQ(trim_spaces(" \t a b \t"), "a b");
  EXPECT_EQ(trim_spaces("\r\na\v"), "\r\na\v");
  EXPECT_EQ(trim_spaces(" \t "), "");
}

// ---- JSON

std::string one_field(std::string_view text) {
  std::string line;
  JsonWriter(line).begin().field("k", text).end();
  return line;
}

TEST(BaseJson, fields_stand_in_the_order_they_are_given) {
  std::string out;
  JsonWriter json(out);
  json.begin().field("t", std::uint64_t{1234}).field("dir", "<").flag("more", true).end();
  json.begin().flag("more", false).field("size", UINT64_MAX).end();
  json.begin().end();
  EXPECT_EQ(out,
            "{\"t\":1234,\"dir\":\"<\",\"more\":true}\n"
            "{\"more\":false,\"size\":18446744073709551615}\n"
            "{}\n");
}

TEST(BaseText, decimals_are_more_where_they_tell_nothing) {
  EXPECT_EQ(decimal_text(0, 3), "0.000");
  EXPECT_EQ(decimal_text(1234.5, 3), "1234.500");
  EXPECT_EQ(decimal_text(0.5, 3), "0.5000");
  EXPECT_EQ(decimal_text(0.05, 4), "0.05000");
  EXPECT_EQ(decimal_text(1 / 3600.0, 3), "0.0002778");
  EXPECT_EQ(decimal_text(1e-300, 3), "0.000000000000000");
}

TEST(BaseJson, decimals_have_four_places_or_four_digits) {
  std::string out;
  JsonWriter json(out);
  json.begin().decimal("a", 0.25).decimal("b", 100).decimal("c", 1.0 / 3).decimal("d", 0);
  json.literal("e", "null").end();
  EXPECT_EQ(out, "{\"a\":0.25,\"b\":100,\"c\":0.3333,\"d\":0,\"e\":null}\n");
}

TEST(BaseJson, objects_and_lists_lie_inside_of_each_other) {
  std::string out;
  JsonWriter json(out);
  json.begin().begin_list("list").end_list().begin_object("object").end_object();
  json.begin_list("items").element("a\xFF\n").literal_element("null");
  json.begin().field("n", 1U).begin_object("in").flag("deep", true).end_object().end_object();
  json.begin().end_object().end_list().literal("id", "[1,{}]").end();
  JsonWriter list(out);
  list.begin_list().begin().end_object().begin_list().element("x").end_list().end_list();
  EXPECT_EQ(out,
            "{\"list\":[],\"object\":{},\"items\":[\"a\uFFFD\\n\",null,"
            "{\"n\":1,\"in\":{\"deep\":true}},{}],\"id\":[1,{}]}\n"
            "[{},[\"x\"]]");
}

TEST(BaseJson, controls_are_escaped_so_that_a_line_is_safe_on_a_terminal) {
  EXPECT_EQ(one_field("a\"b\\c\n\r\t\b\x1B[2J"),
            "{\"k\":\"a\\\"b\\\\c\\n\\r\\t\\u0008\\u001b[2J\"}\n");
  EXPECT_EQ(one_field("\x7F\xC2\x80\xC2\x9F\xC2\xA0"),
            "{\"k\":\"\\u007f\\u0080\\u009f\xC2\xA0\"}\n");
  EXPECT_EQ(one_field(std::string_view("\0", 1)), "{\"k\":\"\\u0000\"}\n");
}

TEST(BaseJson, every_code_point_is_read_back_by_another_parser) {
  for (std::uint32_t point = 0; point <= 0x10FFFF; point += point < 0x3000 ? 1 : 251) {
    if (point >= 0xD800 && point <= 0xDFFF) continue;
    std::string text = "<";
    if (point < 0x80) {
      text += static_cast<char>(point);
    } else {
      const int extra = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
      constexpr unsigned kLead[] = {0, 0xC0, 0xE0, 0xF0};
      text += static_cast<char>(kLead[extra] | point >> (6 * extra));
      for (int i = extra - 1; i >= 0; --i) {
        text += static_cast<char>(0x80 | (point >> (6 * i) & 0x3F));
      }
    }
    text += '>';
    const auto parsed = nlohmann::json::parse(one_field(text), nullptr, false);
    ASSERT_FALSE(parsed.is_discarded()) << one_field(text);
    ASSERT_EQ(parsed["k"].get<std::string>(), text) << one_field(text);
  }
}

TEST(BaseJson, a_line_is_one_to_whoever_knows_other_line_ends) {
  EXPECT_EQ(one_field("a\v\f\x1C\x1E\xC2\x85\xE2\x80\xA8\xE2\x80\xA9z"),
            "{\"k\":\"a\\u000b\\u000c\\u001c\\u001e\\u0085\\u2028\\u2029z\"}\n");
  EXPECT_EQ(one_field("\xE2\x80\xA7\xE2\x80\xAF"), "{\"k\":\"\xE2\x80\xA7\xE2\x80\xAF\"}\n");
}

TEST(BaseJson, payload_is_data_when_it_is_utf8_and_base64_otherwise) {
  std::mt19937 random(1);
  for (int i = 0; i < 3000; ++i) {
    Buffer bytes(random() % 24);
    const unsigned range = i % 2 == 0 ? 256 : 0x80;
    for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random() % range);
    std::string line;
    JsonWriter(line).begin().payload(bytes).end();
    ASSERT_EQ(line.find('\n'), line.size() - 1) << line;
    const auto parsed = nlohmann::json::parse(line, nullptr, false);
    ASSERT_FALSE(parsed.is_discarded()) << line;
    if (is_utf8(bytes)) {
      ASSERT_EQ(parsed["data"].get<std::string>(), as_text(bytes)) << line;
    } else {
      ASSERT_EQ(from_base64(parsed["base64"].get<std::string>()), bytes) << line;
    }
  }
}

// ---- SHA-1

TEST(BaseSha1, gives_the_known_answers_of_fips_180) {
  EXPECT_EQ(to_hex(sha1({})), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
  EXPECT_EQ(to_hex(sha1(as_bytes("abc"))), "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(to_hex(sha1(as_bytes("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"))),
            "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
  EXPECT_EQ(to_hex(sha1(as_bytes(std::string(1000000, 'a')))),
            "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
}

}  // namespace
