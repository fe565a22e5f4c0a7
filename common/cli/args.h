// Step two of reading a command line, as tools with many options do it: the value of an option goes
// where it belongs, or there is an error with its exit code.
#pragma once

#include <optional>

#include "base/result.h"
#include "base/time.h"
#include "cli/exit.h"
#include "cli/parse.h"
#include "cli/value.h"

namespace cli {

/// An Error and the exit code that goes with it: 2, 3 for the URL, 26 for a file.
struct ArgsError {
  Error error;
  Exit exit = Exit::usage;
};

/// nullopt: all is well.
using Outcome = std::optional<ArgsError>;

inline Outcome failed(const Error& error, Exit exit = Exit::usage) {
  return ArgsError{error, exit};
}

/// Puts a Result's value into `target`, or hands its error on.
template <typename T, typename Target>
Outcome assign(Result<T> result, Target& target) {
  if (!result) return failed(result.error());
  target = static_cast<Target>(*result);
  return std::nullopt;
}

/// The words of the option stand in the order of the enumeration.
template <typename Enum>
Outcome assign_choice(const Value& value, Enum& target) {
  return assign(choice(*value.option, value.text), target);
}

Outcome assign_duration(const Value& value, std::optional<Duration>& target);

/// As in curl, 0 means no limit.
Outcome assign_limit(const Value& value, std::optional<Duration>& target);

}  // namespace cli
