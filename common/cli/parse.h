// Step one of reading a command line: words become (option, value) pairs and operands. Knows the
// spelling of options only. What a value means is step two, in the tool, with the help of
// cli/value.h; nothing is opened or looked up here.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cli/option.h"

namespace cli {

struct Value {
  const Option* option = nullptr;  ///< a row of the tool's tables
  std::string text;                ///< empty for Takes::none and for an optional value left out
};

struct Parsed {
  std::vector<Value> values;  ///< as on the command line, across all options
  std::vector<std::string> operands;
  std::vector<std::string> command;  ///< only with Tool::takes_command

  bool has(std::string_view name) const;

  /// The value that wins when an option is repeated; nullopt: not given. Views into `values`.
  std::optional<std::string_view> last(std::string_view name) const;
  std::vector<std::string_view> all(std::string_view name) const;
};

/// `arguments` come without the program's name. Accepts `--name value`, `--name=value`, `-nvalue`,
/// `-n value`, `-ks` for `-k -s`, any value (empty, or beginning with `-`), and `-` as an operand;
/// a name must be spelled in full. The count of operands is not checked beside one of
/// kSharedOptions.
Result<Parsed> parse(const Tool& tool, std::span<const char* const> arguments);

/// "no URL given", for a tool whose operand may also come from elsewhere (min_operands is 0 then).
Error missing_operand(const Tool& tool);

}  // namespace cli
