// The command line of stream-echo: the table of its options, and what they mean once read.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/option.h"
#include "cli/parse.h"
#include "server.h"

namespace stream_echo {

extern const cli::Tool kTool;

struct Args {
  Address address;
  std::string port_file;  ///< empty: none
  Server::Settings server;
  int verbosity = 0;
  bool silent = false;
  bool jsonl = false;
  std::vector<std::string> command;  ///< empty: none
};

/// Step two: words become values. Opens nothing.
Result<Args> read_args(const cli::Parsed& parsed);

}  // namespace stream_echo
