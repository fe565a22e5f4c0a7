// JSON Pointers (RFC 6901), and each element of an array.
#include "sse-tail/json_pointer.h"

#include <gtest/gtest.h>

#include <string>

namespace sse_tail {
namespace {

const rec::Json kDocument = rec::Json::parse(R"({
  "foo": ["bar", "baz"], "": 0, "a/b": 1, "c%d": 2, "e^f": 3, "g|h": 4, "i\\j": 5, "k\"l": 6,
  " ": 7, "m~n": 8, "none": null, "*": 9, "10": {"00": 10}, "~1": 11
})");

std::string found(std::string_view pointer) {
  const auto parsed = JsonPointer::parse(pointer);
  if (!parsed) return "no pointer";
  const rec::Json* const value = parsed->find(kDocument);
  return value == nullptr ? "nothing" : value->dump();
}

TEST(SseTailJsonPointer, finds_what_the_standard_says) {  // section 5, and more
  EXPECT_EQ(found(""), kDocument.dump());
  EXPECT_EQ(found("/foo"), R"(["bar","baz"])");
  EXPECT_EQ(found("/foo/0"), R"("bar")");
  EXPECT_EQ(found("/"), "0");
  EXPECT_EQ(found("/a~1b"), "1");
  EXPECT_EQ(found("/c%d"), "2");
  EXPECT_EQ(found("/i\\j"), "5");
  EXPECT_EQ(found("/k\"l"), "6");
  EXPECT_EQ(found("/ "), "7");
  EXPECT_EQ(found("/m~0n"), "8");
  EXPECT_EQ(found("/~01"), "11");
  EXPECT_EQ(found("/10/00"), "10");
  EXPECT_EQ(found("/*"), "9");
}

TEST(SseTailJsonPointer, what_is_not_there_is_nothing) {
  for (const char* pointer : {"/foo/2", "/foo/-", "/foo/01", "/foo/+1", "/foo/bar", "/foo/0/x",
                              "/none", "/none/x", "/nowhere/x", "/foo/99999999999999999999"}) {
    EXPECT_EQ(found(pointer), "nothing") << pointer;
  }
}

TEST(SseTailJsonPointer, other_texts_are_no_pointers) {
  for (const char* text : {"foo", "#/foo", "/a~", "/a~2", "~0"}) {
    EXPECT_EQ(found(text), "no pointer") << text;
  }
}

TEST(SseTailJsonPointer, star_is_each_element_and_another_pointer_goes_along) {
  const rec::Json json = rec::Json::parse(
      R"({"a":[{"n":7,"b":[{"t":"x"},{"t":null},{"t":"y"}]},{"n":8},{"n":9,"b":[{"t":"z"}]}]})");
  const auto text = JsonPointer::parse("/a/*/b/*/t", JsonPointer::Star::each);
  const auto number = JsonPointer::parse("/a/*/n", JsonPointer::Star::each);
  std::string seen;
  text->each(json, [&](const rec::Json& value, const JsonPointer::Places& places) {
    seen += value.get<std::string>() + number->find(json, places)->dump();
  });
  EXPECT_EQ(seen, "x7y7z9");
  EXPECT_FALSE(JsonPointer::parse("/*/*/*/*", JsonPointer::Star::each));
}

}  // namespace
}  // namespace sse_tail
