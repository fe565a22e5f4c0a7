// The rows of model_preset with their pointers read, ready to be held against events.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "json_pointer.h"
#include "model_preset.h"
#include "rec/json.h"

namespace sse_tail {

/// `text` is that of a row, where `*` is each element.
JsonPointer compile_pointer(std::string_view text);

struct Condition {
  When when = {};
  JsonPointer pointer = {};

  /// `places` are those of the value that it goes with.
  bool meets(const rec::Json& json, const JsonPointer::Places& places = {}) const;
};

struct CompiledRow {
  Row row = {};
  JsonPointer at = {};
  Condition condition = {};
  JsonPointer call = {};
  JsonPointer id = {};
};

std::vector<CompiledRow> compile(std::span<const Row> rows);

/// Finds out whose stream it is.
class Recogniser {
 public:
  Recogniser();

  /// nullptr: `json`, an event, does not tell.
  const Preset* recognise(const rec::Json& json) const;

 private:
  std::vector<std::vector<Condition>> signs_;  // of each preset
};

}  // namespace sse_tail
