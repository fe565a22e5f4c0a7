#include "cli/args.h"

namespace cli {

Outcome assign_duration(const Value& value, std::optional<Duration>& target) {
  const auto duration = cli::duration(value.option->name, value.text);
  if (!duration) return failed(duration.error());
  target = *duration;
  return std::nullopt;
}

Outcome assign_limit(const Value& value, std::optional<Duration>& target) {
  if (auto error = assign_duration(value, target)) return error;
  if (target == Duration(0)) target.reset();
  return std::nullopt;
}

}  // namespace cli
