// What a tool tells about itself instead of doing its work: --help, --version, and the hidden
// --generate, which prints the files that are made from the option table. `./dev generate` writes
// them all.
#pragma once

#include <optional>

#include "cli/exit.h"
#include "cli/option.h"
#include "cli/parse.h"
#include "cli/term.h"

namespace cli {

/// Prints the answer on standard output, an error through `talk`; nullopt: nothing of the kind was
/// asked for. --generate=man reads the template of the page (cli/man.h) from standard input.
std::optional<Exit> tell_about_itself(const Tool& tool, const Parsed& parsed, Talk& talk);

}  // namespace cli
