#include "diag/report.h"

#include <fmt/format.h>

namespace diag {

std::string describe(const Violation& violation) {
  const RuleInfo& rule = info(violation.rule);
  return fmt::format("{}: {} ({}, at byte {})", rule.cite, rule.must, rule.id, violation.offset);
}

void write_fields(JsonWriter& json, const Violation& violation) {
  const RuleInfo& rule = info(violation.rule);
  json.field("rule", rule.id).field("cite", rule.cite).field("must", rule.must);
  if (!rule.hint.empty()) json.field("hint", rule.hint);
  json.field("offset", violation.offset);
}

}  // namespace diag
