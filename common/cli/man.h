// The parts of a manual page that are made from tables: OPTIONS from the option table, EXIT STATUS
// from cli/exit, the rules from diag/rule. The prose around them is a template, man/NAME.in, in the
// mdoc language.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "cli/option.h"

namespace cli {

/// The page that a template stands for. Each of these lines is replaced, every other one kept:
///   @OPTIONS@               the tool's options, a subsection for each category
///   @EXIT_STATUS@           all exit codes; `@EXIT_STATUS 0 22@`: only these
///   @WORDS@, @RULES@                 the protocol rules, a subsection for each part of the
///   protocol
///   @EXAMPLE@ ... @END@     the lines between stand as they are: commands after "$ ", then what
///                           they print
/// The error names the line that is no such thing.
Result<std::string> man_page(const Tool& tool, std::string_view text);

/// Only the options.
std::string man_options(const Tool& tool);

}  // namespace cli
