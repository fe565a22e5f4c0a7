// Makes the lines of one connection of a recording, secrets overwritten unless they are wanted. The
// caller knows the time and where the lines go.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/time.h"
#include "rec/recording.h"
#include "rec/redact.h"

namespace rec {

enum class Secrets : std::uint8_t { overwritten, kept };

class Writer {
 public:
  Writer(std::uint64_t conn, Secrets secrets);

  /// Appends what happened at `t`: a line, or several for very many bytes. `bytes` of received and
  /// sent is what came next in that direction.
  void append(std::string& out, Duration t, Kind kind, ConstBytes bytes = {});

 private:
  ConstBytes redacted(Kind kind, ConstBytes bytes);

  std::uint64_t conn_;
  Redactor received_;
  Redactor sent_;
  std::vector<std::uint8_t> copy_;  // of a chunk with a head, at most kMaxChunkSize
};

}  // namespace rec
