// How a body is read of which the media type tells nothing.
#include "sse-tail/framing_guess.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace sse_tail {
namespace {

/// Fed byte by byte, which must make no difference; nothing may get lost.
Framing guess(std::string_view body) {
  FramingGuess whole;
  ConstBytes in = as_bytes(body);
  Framing found = whole.take(in);
  EXPECT_EQ(whole.taken() + std::string(as_text(in)), body);
  if (found == Framing::any) found = whole.end();
  FramingGuess bytewise;
  Framing same = Framing::any;
  for (std::size_t at = 0; at < body.size() && same == Framing::any; ++at) {
    ConstBytes byte = as_bytes(body.substr(at, 1));
    same = bytewise.take(byte);
  }
  EXPECT_EQ(same == Framing::any ? bytewise.end() : same, found) << body;
  return found;
}

TEST(SseTailFramingGuess, first_byte_tells_json_from_events) {
  for (const char* body : {"data: {}", ": {", "", " \n",
                           "\xEF\xBB\xBF"
                           "data: x",
                           "\"x\"", "1"}) {
    EXPECT_EQ(guess(body), Framing::events) << body;
  }
}

TEST(SseTailFramingGuess, first_line_tells_lines_from_one_value) {
  for (const char* body : {"{\"a\":1}\n{", "{} []", "[1]\n\n[2]", "{x", "\xEF\xBB\xBF{}\r\n{}"}) {
    EXPECT_EQ(guess(body), Framing::lines) << body;
  }
  for (const char* body : {"{}", " {\"a\":\"x\"}\r\n", "{\n\"a\":1}\n", "[1,\n2]", "{\"a\"", "["}) {
    EXPECT_EQ(guess(body), Framing::whole) << body;
  }
}

}  // namespace
}  // namespace sse_tail
