#include <gtest/gtest.h>

#include <random>
#include <string>

#include "base/text.h"
#include "base/utf8.h"

namespace {

constexpr std::string_view kReplacement = "\uFFFD";

std::string valid(std::string_view text) {
  std::string out;
  append_valid_utf8(out, as_bytes(text));
  return out;
}

/// The same by the definition, byte by byte: at each place either a whole code point, or the
/// longest beginning of one, which has at least one byte.
std::string valid_by_definition(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    std::size_t begun = 1;
    std::size_t whole = 0;
    for (std::size_t size = 1; size <= 4 && size <= text.size() && whole == 0; ++size) {
      Utf8Validator validator;
      if (validator.feed(as_bytes(text.substr(0, size)))) break;
      begun = size;
      if (validator.complete()) whole = size;
    }
    out += whole != 0 ? text.substr(0, whole) : kReplacement;
    text.remove_prefix(whole != 0 ? whole : begun);
  }
  return out;
}

/// `text` with `?` for each U+FFFD that `valid` puts in.
std::string shown(std::string_view text) {
  std::string out = valid(text);
  for (std::size_t at = 0; (at = out.find(kReplacement)) != out.npos;) out.replace(at, 3, "?");
  return out;
}

TEST(BaseValidUtf8, text_that_is_utf8_stays_as_it_is) {
  for (const std::string_view text :
       {std::string_view(""), std::string_view("a"), std::string_view("\0", 1),
        std::string_view("é€😀"), std::string_view("\uFFFE\uFFFF\U0010FFFF")}) {
    EXPECT_EQ(valid(text), text);
  }
}

TEST(BaseValidUtf8, each_maximal_subpart_becomes_one_replacement_character) {
  EXPECT_EQ(shown("\xF0\x9F\x98"
                  "a"),
            "?a");
  EXPECT_EQ(shown("\xC0\xAF"), "??");
  EXPECT_EQ(shown("\xED\xA0\x80"), "???");
  EXPECT_EQ(shown("\xF4\x90\x80\x80"), "????");
  EXPECT_EQ(shown("\x80\x80"), "??");
  EXPECT_EQ(shown("a\xC0\x8A"
                  "b"),
            "a??b");
  EXPECT_EQ(shown("\xE2\x82\xE2\x82\xAC"), "?\u20AC");
  EXPECT_EQ(shown("\xF0\x9F\xF0\x9F"), "??");
  EXPECT_EQ(shown("ab\xE2\x82"), "ab?");
}

TEST(BaseValidUtf8, is_appended) {
  std::string out = "before ";
  append_valid_utf8(out, as_bytes("a\xFFz"));
  EXPECT_EQ(out, "before a\uFFFDz");
}

TEST(BaseValidUtf8, agrees_with_its_twin_on_mixed_bytes) {
  constexpr std::string_view kBytes =
      "ab\n\x80\x8F\x90\x9F\xA0\xBF\xC0\xC2\xE0\xE2\xED\xF0\xF4\xFF";
  std::mt19937 random(3629);
  for (int i = 0; i < 20000; ++i) {
    std::string text(random() % 24, '\0');
    for (char& c : text) c = kBytes[random() % kBytes.size()];
    const std::string out = valid(text);
    ASSERT_EQ(out, valid_by_definition(text)) << to_hex(as_bytes(text));
    ASSERT_TRUE(is_utf8(as_bytes(out))) << to_hex(as_bytes(text));
  }
}

}  // namespace
