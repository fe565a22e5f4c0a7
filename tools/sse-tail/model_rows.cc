#include "model_rows.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/check.h"

namespace sse_tail {
namespace {

using rec::Json;

bool matches_one(const Json& found, std::string_view value) {
  if (!found.is_string()) return found.is_boolean() && (value == "true") == found.get<bool>();
  const auto& text = found.get_ref<const std::string&>();
  return value.ends_with('*') ? text.starts_with(value.substr(0, value.size() - 1)) : text == value;
}

bool matches(const Json& found, std::string_view values) {
  while (true) {
    const std::size_t bar = std::min(values.find('|'), values.size());
    if (matches_one(found, values.substr(0, bar))) return true;
    if (bar == values.size()) return false;
    values.remove_prefix(bar + 1);
  }
}

Condition compile(const When& when) {
  return {.when = when, .pointer = compile_pointer(when.pointer)};
}

}  // namespace

JsonPointer compile_pointer(std::string_view text) {
  auto pointer = JsonPointer::parse(text, JsonPointer::Star::each);
  CHECK(pointer.has_value());  // a row of ours
  return std::move(*pointer);
}

std::vector<CompiledRow> compile(std::span<const Row> rows) {
  std::vector<CompiledRow> compiled;
  for (const Row& row : rows) {
    compiled.push_back({.row = row,
                        .at = compile_pointer(row.at),
                        .condition = compile(row.when),
                        .call = compile_pointer(row.call),
                        .id = compile_pointer(row.id)});
  }
  return compiled;
}

bool Condition::meets(const Json& json, const JsonPointer::Places& places) const {
  if (when.pointer.empty()) return true;
  const Json* const found = pointer.find(json, places);
  const bool met = found != nullptr && (when.value.empty() || matches(*found, when.value));
  return met != when.negated;
}

Recogniser::Recogniser() {
  for (const Preset& preset : presets()) {
    auto& signs = signs_.emplace_back();
    for (const When& sign : preset.signs) signs.push_back(compile(sign));
  }
}

const Preset* Recogniser::recognise(const Json& json) const {
  for (std::size_t at = 0; at < signs_.size(); ++at) {
    const bool fits = std::any_of(signs_[at].begin(), signs_[at].end(),
                                  [&](const Condition& sign) { return sign.meets(json); });
    if (fits) return &presets()[at];
  }
  return nullptr;
}

}  // namespace sse_tail
