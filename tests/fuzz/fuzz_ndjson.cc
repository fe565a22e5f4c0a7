// Any bytes as lines of JSON, in any pieces: no crash, the same events as in one piece, all text
// valid UTF-8, and no message over the limit. The first six bytes choose the unit, the limit and
// the sizes of the pieces.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "sse/ndjson.h"
#include "support/sse_log.h"

namespace {

constexpr std::size_t kChoices = 6;

struct Choices {
  sse::LineParser::Unit unit = sse::LineParser::Unit::line;
  std::uint64_t max_event = 0;
  std::size_t sizes[4] = {1, 1, 1, 1};
};

Choices choose(const std::uint8_t* bytes) {
  Choices choices;
  if (bytes[0] % 2 == 1) choices.unit = sse::LineParser::Unit::body;
  choices.max_event = bytes[1] < 128 ? bytes[1] : std::uint64_t{1} << (bytes[1] % 64);
  for (std::size_t i = 0; i < 4; ++i) choices.sizes[i] = 1 + bytes[2 + i];
  return choices;
}

[[noreturn]] void breach(const char* what, const std::string& a, const std::string& b) {
  std::fprintf(stderr, "%s\n--- one\n%s\n--- other\n%s\n", what, a.c_str(), b.c_str());
  std::abort();
}

void check(const Choices& choices, const sse::Event& event) {
  if (!is_utf8(as_bytes(event.data))) breach("this is not UTF-8", test::show(event), {});
  if (event.data.size() > 3 * choices.max_event) breach("this is too long", test::show(event), {});
  const bool line = choices.unit == sse::LineParser::Unit::line;
  if (line && event.data.find('\n') != event.data.npos) {
    breach("a line end is in it", test::show(event), {});
  }
}

/// `size` is that of every piece, or 0: as the choices say.
std::string run(const Choices& choices, ConstBytes body, std::size_t size) {
  sse::LineParser parser(choices.unit, choices.max_event);
  std::string log;
  const auto take = [&](const sse::Event& event) {
    check(choices, event);
    log += test::show(event);
  };
  for (std::size_t turn = 0; !body.empty(); ++turn) {
    const std::size_t wanted = size > 0 ? size : choices.sizes[turn % 4];
    ConstBytes in = take_front(body, std::min(wanted, body.size()));
    while (const auto event = parser.next(in)) take(*event);
    if (!in.empty()) breach("bytes are left", log, {});
  }
  if (const auto event = parser.end()) take(*event);
  if (parser.end()) breach("it ends twice", log, {});
  return log;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < kChoices) return 0;
  const Choices choices = choose(data);
  const ConstBytes body(data + kChoices, size - kChoices);
  const std::string whole = run(choices, body, std::max<std::size_t>(body.size(), 1));
  const std::string pieces = run(choices, body, 0);
  if (pieces != whole) breach("chosen pieces make a difference", whole, pieces);
  const std::string bytes = run(choices, body, 1);
  if (bytes != whole) breach("single bytes make a difference", whole, bytes);
  return 0;
}
