// Completion files for three shells, made from the option table: option names, and for their values
// the words there are or the names of files. Hidden options are not offered.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/option.h"

namespace cli {

/// A file to be sourced. It needs no bash-completion, but leaves the words after `--` to it.
std::string bash_completion(const Tool& tool);

/// A file for a directory of $fpath, under the name `_TOOL`.
std::string zsh_completion(const Tool& tool);

/// A file for fish's directories of completions, under the name `TOOL.fish`.
std::string fish_completion(const Tool& tool);

// What the three have in common.

/// The options that are shown to people.
std::vector<const Option*> visible_options(const Tool& tool);

/// The words of an option, a space between them; for --help the categories.
std::string offered_words(const Tool& tool, const Option& option);

/// The name of the tool as part of an identifier: "ws_cat".
std::string identifier(const Tool& tool);

/// `text` with each `@WORD@` that is listed replaced.
using Replacements = std::vector<std::pair<std::string_view, std::string>>;
std::string replace(std::string_view text, const Replacements& replacements);

/// `text` with `with` in place of each `what`.
std::string replace_all(std::string text, std::string_view what, std::string_view with);

}  // namespace cli
