// A violation in words: for a line on a terminal or in a log, and as the fields of a JSON line.
#pragma once

#include <string>

#include "base/json_writer.h"
#include "diag/rule.h"

namespace diag {

/// `RFC 6455 5.2: RSV1, RSV2 and RSV3 MUST be 0 unless ... (ws-rsv, at byte 129)`.
std::string describe(const Violation& violation);

/// The fields `rule`, `cite`, `must`, `hint` (when there is one) and `offset`.
void write_fields(JsonWriter& json, const Violation& violation);

}  // namespace diag
