// Any bytes as an event stream, in any pieces: no crash, the same events and the same end as in one
// piece, all text valid UTF-8, and each message is read again as it was when it is written. The
// first seven bytes choose the limit, the last event ID string and the sizes of the pieces.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "sse/encoder.h"
#include "sse/parser.h"
#include "support/sse_log.h"

namespace {

constexpr std::size_t kChoices = 7;

struct Choices {
  std::uint64_t max_event = 0;
  std::string last_id;
  std::size_t sizes[4] = {1, 1, 1, 1};
};

Choices choose(const std::uint8_t* bytes) {
  Choices choices;
  choices.max_event = bytes[0] < 128 ? bytes[0] : std::uint64_t{1} << (bytes[0] % 64);
  choices.last_id.assign(bytes[1] % 32, static_cast<char>('a' + bytes[2] % 26));
  for (std::size_t i = 0; i < 4; ++i) choices.sizes[i] = 1 + bytes[3 + i];
  return choices;
}

[[noreturn]] void breach(const char* what, const std::string& a, const std::string& b) {
  std::fprintf(stderr, "%s\n--- one\n%s\n--- other\n%s\n", what, a.c_str(), b.c_str());
  std::abort();
}

void check_text(std::string_view text) {
  if (!is_utf8(as_bytes(text))) breach("this is not UTF-8", test::show_text(text), {});
  if (text.find('\r') != text.npos) breach("a line end is in it", test::show_text(text), {});
}

/// What was read once is read again the same.
void check_writing(const sse::Event& event) {
  OutputBuffer out;
  if (!sse::encode(out, {.id = event.last_id, .type = event.type, .data = event.data})) {
    breach("a message cannot be written", test::show(event), {});
  }
  sse::Parser parser("other", UINT64_MAX);
  ConstBytes in = out.view();
  auto again = parser.next(in);
  if (!again) breach("a message is written as none", test::show(event), {});
  again->offset = event.offset;
  if (test::show(*again) != test::show(event)) {
    breach("writing makes a difference", test::show(event), test::show(*again));
  }
  if (parser.next(in) || parser.end()) breach("more was written", test::show(event), {});
}

void check(const sse::Event& event) {
  check_text(event.type);
  check_text(event.last_id);
  if (event.kind == sse::EventKind::note) return;  // the line as it came
  check_text(event.data);
  if (event.kind == sse::EventKind::message) check_writing(event);
}

/// The log of `stream` in pieces of `size`; 0: of the chosen sizes in turn.
std::string run(const Choices& choices, ConstBytes stream, std::size_t size) {
  sse::Parser parser(choices.last_id, choices.max_event);
  std::string log;
  const std::uint64_t whole = stream.size();
  for (std::size_t piece = 0; !stream.empty(); ++piece) {
    const std::size_t wanted = size != 0 ? size : choices.sizes[piece % 4];
    const ConstBytes part = take_front(stream, std::min(wanted, stream.size()));
    const std::vector<std::uint8_t> copy(part.begin(), part.end());
    ConstBytes in(copy);
    while (const auto event = parser.next(in)) {
      check(*event);
      log += test::show(*event);
      const bool over = event->kind == sse::EventKind::violation;
      if (over && (!in.empty() || parser.end())) breach("it goes on after a violation", log, {});
    }
    if (!in.empty()) breach("bytes were left", log, {});
  }
  if (parser.offset() != whole) breach("bytes were lost", log, {});
  if (const auto cut = parser.end()) log += test::show(*cut);
  if (parser.end()) breach("it ends twice", log, {});
  return log + "last id " + test::show_text(parser.last_id());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < kChoices) return 0;
  const Choices choices = choose(data);
  const ConstBytes stream(data + kChoices, size - kChoices);
  const std::string whole = run(choices, stream, std::max<std::size_t>(stream.size(), 1));
  const std::string pieces = run(choices, stream, 0);
  if (pieces != whole) breach("chosen pieces make a difference", whole, pieces);
  const std::string bytes = run(choices, stream, 1);
  if (bytes != whole) breach("single bytes make a difference", whole, bytes);
  return 0;
}
