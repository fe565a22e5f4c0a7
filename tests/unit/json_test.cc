// JSON that comes from outside: what is no JSON, and what is too deep.
#include "rec/json.h"

#include <gtest/gtest.h>

#include <string>

namespace {

std::string nested(std::size_t depth, std::string_view open, std::string_view close) {
  std::string text;
  for (std::size_t i = 0; i < depth; ++i) text += open;
  text += '1';
  for (std::size_t i = 0; i < depth; ++i) text += close;
  return text;
}

TEST(Json, one_value_is_read_and_nothing_else) {
  EXPECT_TRUE(rec::parse_json(R"({"a":[1,"x\"]"]})"));
  for (const char* text : {"", "{", "[1,]", "1 2", "\"\xFF\"", R"("\ud800")", "[}", "]"}) {
    EXPECT_FALSE(rec::parse_json(text)) << text;
  }
}

TEST(Json, it_is_at_most_512_deep) {
  EXPECT_TRUE(rec::parse_json(nested(512, "[", "]")));
  EXPECT_FALSE(rec::parse_json(nested(513, "[", "]")));
  EXPECT_FALSE(rec::parse_json(nested(257, R"({"a":[)", "]}")));
  EXPECT_FALSE(rec::parse_json(std::string(1'000'000, '[')));
  EXPECT_TRUE(
      rec::parse_json('"' + std::string(1000, '[') + "\\\"" + std::string(1000, '{') + '"'));
}

TEST(Json, it_holds_at_most_a_million_values) {
  std::string text = "[1";
  for (std::size_t i = 3; i < rec::kMaxJsonValues; ++i) text += ",1";
  EXPECT_TRUE(rec::parse_json(text + ",1]"));
  EXPECT_FALSE(rec::is_too_large(text + ",1]"));
  EXPECT_FALSE(rec::parse_json(text + ",1,1]"));
  EXPECT_TRUE(rec::is_too_large(text + ",1,1]"));
  EXPECT_FALSE(rec::is_too_large('"' + std::string(2'000'000, ',') + '"'));
}

TEST(Json, an_array_of_many_objects_takes_no_time) {
  std::string text = "[";
  for (int i = 0; i < 300'000; ++i) text += "{},";
  const auto many = rec::parse_json(text + "1]");
  ASSERT_TRUE(many);
  EXPECT_EQ(many->size(), 300'001U);
}

}  // namespace
