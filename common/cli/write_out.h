// The format language of -w/--write-out, as curl has it: text with variables that is written when
// all is over. Which variables there are, and where the text goes, is the caller's business.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace cli {

struct OutVariable {
  std::string name = {};
  std::optional<std::string> text = {};  ///< nullopt: not known; nothing is written, null in JSON
  bool number = false;  ///< `text` is one as JSON writes it, but for zeros in front
};

/// What a format is filled with.
struct OutFacts {
  std::span<const OutVariable> variables = {};
  std::span<const OutVariable> fields = {};  ///< of the answer's head, in order
  bool failed = false;
  bool terminal = false;  ///< standard output is one
};

/// Text to write, in order: the same stream does not follow itself.
struct OutPiece {
  bool to_stderr = false;
  std::string text = {};
};

struct WrittenOut {
  std::vector<OutPiece> pieces = {};
  std::vector<std::string> unknown = {};  ///< names in the format that no variable has, in order
  bool to_stdout = false;                 ///< something goes there, were it known
};

/// %{NAME} is a variable; %{json} all of them as one JSON object; %{stderr} and %{stdout} say where
/// the rest goes; from %{onerror} on nothing is written unless `failed`; %header{NAME} is the first
/// field of that name; no name has a case. %% is a percent sign, \n, \r and \t are what they are in
/// C. Anything else stays as it is, a %{ without } too, and a percent sign takes the next character
/// with it. What a peer may have sent is escaped on standard error, and on a terminal.
WrittenOut write_out(std::string_view format, const OutFacts& facts);

/// FORMAT, or the content of a file for @FILE and @-, without its line ends.
Result<std::string> read_out_format(std::string_view text);

}  // namespace cli
