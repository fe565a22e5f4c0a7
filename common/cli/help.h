// The text of --help and --version, made from the option table: a line an option, grouped by
// category, or one option in full. It fits a terminal of 80 columns. Nothing is printed here.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"
#include "cli/option.h"

namespace cli {

/// No line of the option list is wider.
inline constexpr std::size_t kHelpWidth = 80;

/// `topic` is empty or "all" (usage and every option), a category in either case, or an option as
/// `--name`, `-n` or plain `name` (where a category of that name comes first). "category" lists the
/// categories, as curl does. The text ends with LF. The error names the categories.
Result<std::string> help(const Tool& tool, std::string_view topic);

/// "ws-cat 0.1.0"
std::string name_and_version(const Tool& tool);

/// "ws-cat 0.1.0 (streamutils)" and LF.
std::string version(const Tool& tool);

/// "ws-cat/0.1.0", as a User-Agent or Server field names a program (RFC 9110 section 10.1.5).
std::string product(const Tool& tool);

/// "0.1.0", the same for all tools.
std::string_view version_number();

/// The column, counted from 0, in which the help texts of this category start.
std::size_t help_column(const Tool& tool, std::string_view category);

}  // namespace cli
