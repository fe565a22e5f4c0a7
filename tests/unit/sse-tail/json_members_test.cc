// Values as they stand in the text of a JSON document.
#include "sse-tail/json_members.h"

#include <gtest/gtest.h>

#include <string>

#include "sse-tail/json_pointer.h"

namespace sse_tail {
namespace {

std::string members(std::string_view json) {
  std::string text;
  JsonMembers all(json);
  while (const auto member = all.next()) {
    text += std::string(member->name) + '=' + std::string(member->value) + ';';
  }
  return text;
}

TEST(SseTailJsonMembers, are_those_of_arrays_and_objects) {
  EXPECT_EQ(members("[]"), "");
  EXPECT_EQ(members("[ 1 , [2,[3]],\"a]\\\"\",{} ]"), "=1;=[2,[3]];=\"a]\\\"\";={};");
  EXPECT_EQ(members("{\"a\" : -1.50e2,\"b,:\":{\"c\":[\"}\"]}\n}"),
            "\"a\"=-1.50e2;\"b,:\"={\"c\":[\"}\"]};");
  for (const char* json : {"1", "\"[1]\"", "null", "{ }"}) EXPECT_EQ(members(json), "") << json;
}

TEST(SseTailJsonMembers, pointers_cut_values_out) {
  const auto cut = [](std::string_view pointer) {
    return JsonPointer::parse(pointer)->cut(
        R"( {"a":[10, {"x/y":1.0}],"q\u0041":[ ],"d":1,"d":2,"n":null,"":{"0":"z"}} )");
  };
  EXPECT_EQ(cut("/a/0"), "10");
  EXPECT_EQ(cut("/a/1/x~1y"), "1.0");
  EXPECT_EQ(cut("/qA"), "[ ]");
  EXPECT_EQ(cut("/d"), "2");
  EXPECT_EQ(cut("//0"), "\"z\"");
  for (const char* pointer : {"/a/2", "/a/-", "/n", "/b", "/a/x", "/d/0"}) {
    EXPECT_EQ(cut(pointer), "") << pointer;
  }
}

}  // namespace
}  // namespace sse_tail
