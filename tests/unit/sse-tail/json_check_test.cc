// JSON that comes in pieces: broken at the first character that no continuation can mend.
#include "sse-tail/json_check.h"

#include <gtest/gtest.h>

#include <string>

#include "rec/json.h"

namespace sse_tail {
namespace {

TEST(SseTailJsonCheck, every_beginning_of_json_is_good_and_complete_when_a_parser_says_so) {
  for (
      const std::string text :
      {R"({"city":"Paris","days":[1,-2.5e+10,0,0.1,1E5],"x":{"y":[]},"t":true,"f":false,"n":null})",
       R"( [ { } , [ ] , "\"\\\/\b\f\n\r\tä\u00e9" ] )", "\"\"", "-0", "12", "1.5e-3", "true"}) {
    for (std::size_t size = 0; size <= text.size(); ++size) {
      const std::string begin = text.substr(0, size);
      JsonCheck check;
      ASSERT_TRUE(check.take(begin)) << begin;
      EXPECT_EQ(check.complete(), rec::Json::accept(begin)) << begin;
      ASSERT_TRUE(check.take(text.substr(size))) << begin;
      EXPECT_TRUE(check.complete()) << text;
    }
  }
}

TEST(SseTailJsonCheck, breaks_where_it_cannot_go_on) {
  struct Case {
    std::string good;
    std::string bad;
  };
  for (const Case& c :
       {Case{"", "x"},        Case{"{", "x"},        Case{"{", ","},         Case{"{\"a\"", "}"},
        Case{"{\"a\":", "}"}, Case{"{\"a\":1", "]"}, Case{"{\"a\":1,", "}"}, Case{"[1,", "]"},
        Case{"[1", "}"},      Case{"[1", "x"},       Case{"[1 ", "2"},       Case{"0", "1"},
        Case{"-", "x"},       Case{"-", "]"},        Case{"1.", "e"},        Case{"[1.", "]"},
        Case{"1e", "."},      Case{"[1e+", "]"},     Case{"", "+"},          Case{"tr", "x"},
        Case{"[nul", "]"},    Case{"\"\\", "x"},     Case{"\"\\u12", "g"},   Case{"\"", "\n"},
        Case{"{}", "x"},      Case{"{} ", "{"},      Case{"", "}"}}) {
    JsonCheck check;
    EXPECT_TRUE(check.take(c.good)) << c.good;
    EXPECT_FALSE(check.take(c.bad)) << c.good << c.bad;
    EXPECT_FALSE(check.take(" "));
    EXPECT_FALSE(check.complete());
    EXPECT_FALSE(rec::Json::accept(c.good + c.bad));
  }
}

TEST(SseTailJsonCheck, is_empty_until_something_comes) {
  JsonCheck check;
  EXPECT_TRUE(check.empty());
  check.take(" \n");
  EXPECT_TRUE(check.empty());
  check.take("{");
  EXPECT_FALSE(check.empty());
}

TEST(SseTailJsonCheck, depth_is_limited) {
  JsonCheck check;
  EXPECT_TRUE(check.take(std::string(JsonCheck::kMaxDepth, '[')));
  EXPECT_FALSE(check.take("["));
}

}  // namespace
}  // namespace sse_tail
