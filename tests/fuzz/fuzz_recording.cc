// Any bytes as a recording, or as one direction of a connection that is recorded, in any pieces: no
// crash, and the same as in one piece. What was read is written and read again without a change;
// redaction changes no length, and no byte but to `*`. The first four bytes choose which of the two
// it is, and the sizes of the pieces.
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/text.h"
#include "rec/recording.h"
#include "rec/redact.h"

namespace {

constexpr std::size_t kChoices = 4;

struct Choices {
  bool redacts = false;
  std::size_t sizes[3] = {1, 1, 1};
};

[[noreturn]] void breach(const char* what, const std::string& a, const std::string& b) {
  std::fprintf(stderr, "%s\n--- one\n%s\n--- other\n%s\n", what, a.c_str(), b.c_str());
  std::abort();
}

/// Calls `take` with fresh copies of pieces of `size`; 0: of the chosen sizes in turn.
template <typename Take>
void cut(const Choices& choices, ConstBytes stream, std::size_t size, Take take) {
  for (std::size_t piece = 0; !stream.empty(); ++piece) {
    const std::size_t wanted = size != 0 ? size : choices.sizes[piece % 3];
    const ConstBytes part = take_front(stream, std::min(wanted, stream.size()));
    std::vector<std::uint8_t> copy(part.begin(), part.end());
    take(Bytes(copy));
  }
}

struct Log {
  std::string text;
  std::string written;  // the same items as a recording, without damage
  Duration last_time = Duration(0);

  void add(const rec::Reader::Item& item) {
    if (const auto* header = std::get_if<rec::Header>(&item)) {
      text += "header " + header->tool + ' ' + header->url + '\n';
      rec::append_header(written, *header);
    } else if (const auto* damage = std::get_if<rec::Damage>(&item)) {
      text += "damage " + damage->text() + '\n';
    } else {
      add_record(std::get<rec::Record>(item));
    }
  }
  void add_record(const rec::Record& record) {
    text += fmt::format("{} {} {} {}\n", record.t.count(), record.conn,
                        static_cast<int>(record.kind), to_hex(record.bytes));
    if (record.t < last_time || record.t > rec::kMaxTime) breach("an impossible time", text, {});
    last_time = record.t;
    if (record.bytes.size() <= rec::kMaxChunkSize) rec::append_record(written, record);
  }
};

Log read(const Choices& choices, ConstBytes stream, std::size_t size) {
  rec::Reader reader;
  Log log;
  cut(choices, stream, size, [&](Bytes piece) {
    ConstBytes in = piece;
    while (const auto item = reader.next(in)) log.add(*item);
    if (!in.empty()) breach("bytes are left", log.text, {});
  });
  if (const auto item = reader.finish()) log.add(*item);
  return log;
}

std::string redact(const Choices& choices, ConstBytes stream, std::size_t size) {
  rec::Redactor redactor;
  std::string text;
  cut(choices, stream, size, [&](Bytes piece) {
    redactor.redact(piece);
    text += as_text(piece);
  });
  return text;
}

void check_reading(const Choices& choices, ConstBytes stream) {
  const Log whole = read(choices, stream, std::max<std::size_t>(stream.size(), 1));
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}}) {
    const Log pieces = read(choices, stream, size);
    if (pieces.text != whole.text) breach("pieces make a difference", whole.text, pieces.text);
  }
  if (whole.written.empty()) return;
  const Log again = read(choices, as_bytes(whole.written), whole.written.size());
  const std::string known = whole.text.substr(0, whole.text.find("damage "));
  if (again.text != known) breach("writing makes a difference", known, again.text);
}

void check_redaction(const Choices& choices, ConstBytes stream) {
  const std::string whole = redact(choices, stream, std::max<std::size_t>(stream.size(), 1));
  if (whole.size() != stream.size()) breach("the size differs", whole, {});
  for (std::size_t i = 0; i < whole.size(); ++i) {
    const bool same = whole[i] == static_cast<char>(stream[i]);
    if (!same && whole[i] != '*') breach("a byte became something else", whole, {});
  }
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}}) {
    const std::string pieces = redact(choices, stream, size);
    if (pieces != whole) breach("pieces make a difference", whole, pieces);
  }
  (void)rec::redacted_url(as_text(stream));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < kChoices) return 0;
  Choices choices;
  choices.redacts = (data[0] & 1) != 0;
  for (std::size_t i = 0; i < 3; ++i) choices.sizes[i] = 1 + data[1 + i];
  const ConstBytes stream(data + kChoices, size - kChoices);
  if (choices.redacts) {
    check_redaction(choices, stream);
  } else {
    check_reading(choices, stream);
  }
  return 0;
}
