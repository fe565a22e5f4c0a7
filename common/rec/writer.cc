#include "rec/writer.h"

#include <algorithm>

namespace rec {

Writer::Writer(std::uint64_t conn, Secrets secrets) : conn_(conn) {
  if (secrets == Secrets::overwritten) return;
  received_.stop();
  sent_.stop();
}

void Writer::append(std::string& out, Duration t, Kind kind, ConstBytes bytes) {
  Record record{.t = t, .conn = conn_, .kind = kind};
  if (kind != Kind::received && kind != Kind::sent) return append_record(out, record);
  while (!bytes.empty()) {
    const ConstBytes chunk = take_front(bytes, std::min(bytes.size(), kMaxChunkSize));
    record.bytes = redacted(kind, chunk);
    append_record(out, record);
  }
}

ConstBytes Writer::redacted(Kind kind, ConstBytes bytes) {
  Redactor& redactor = kind == Kind::received ? received_ : sent_;
  if (redactor.stopped()) return bytes;
  copy_.assign(bytes.begin(), bytes.end());
  redactor.redact(copy_);
  if (redactor.switched()) {
    received_.stop();
    sent_.stop();
  }
  return copy_;
}

}  // namespace rec
