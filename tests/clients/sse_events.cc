// Our parser of event streams for the tests in this folder that compare it with others. Standard
// input is a sequence of pieces, each behind its size (32 bits, little-endian); a size of 0 ends a
// stream. For each stream its messages, comments and retry times come out, one JSON object a line,
// and then {"kind":"end"}.
#include <array>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/json_writer.h"
#include "sse/parser.h"

namespace {

bool read_exactly(Bytes into) {
  return std::fread(into.data(), 1, into.size(), stdin) == into.size();
}

void write(std::string& out, const sse::Event& event) {
  JsonWriter json(out);
  switch (event.kind) {
    case sse::EventKind::message:
      json.begin().field("kind", "message").field("type", event.type).field("data", event.data);
      json.field("id", event.last_id).end();
      break;
    case sse::EventKind::comment:
      json.begin().field("kind", "comment").field("data", event.data).end();
      break;
    case sse::EventKind::retry:
      json.begin().field("kind", "retry").field("ms", event.number).end();
      break;
    case sse::EventKind::note:
    case sse::EventKind::violation: break;
  }
}

}  // namespace

int main() {
  std::array<std::uint8_t, 4> size_bytes = {};
  std::vector<std::uint8_t> piece;
  std::string out;
  sse::Parser parser;
  while (read_exactly(size_bytes)) {
    std::size_t size = 0;
    for (std::size_t i = 0; i < size_bytes.size(); ++i)
      size |= std::size_t{size_bytes[i]} << (8 * i);
    piece.resize(size);
    if (!read_exactly(piece)) return 1;
    if (size == 0) {
      parser.end();
      parser = sse::Parser();
      JsonWriter(out).begin().field("kind", "end").end();
    }
    ConstBytes in = piece;
    while (const auto event = parser.next(in)) write(out, *event);
    std::fwrite(out.data(), 1, out.size(), stdout);
    out.clear();
  }
  return 0;
}
