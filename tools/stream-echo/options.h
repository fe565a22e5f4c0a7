// The command line of stream-echo: the table of its options, and what they mean once read.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/option.h"
#include "cli/parse.h"
#include "server.h"

namespace stream_echo {

extern const cli::Tool kTool;

struct TlsArgs {
  bool on = false;
  std::string certificate;         ///< empty: one made on the spot
  std::string key;                 ///< empty: in `certificate`
  std::string client_ca;           ///< empty: clients need no certificate
  std::string ca_out;              ///< empty: none
  std::vector<std::string> hosts;  ///< for the one made on the spot
};

struct Args {
  Address address;
  std::string port_file;  ///< empty: none
  TlsArgs tls;
  Server::Settings server;
  unsigned thread_count = 1;
  int verbosity = 0;
  bool silent = false;
  bool jsonl = false;
  std::string fault_script;  ///< a path; empty: none
  bool check_client = false;
  std::optional<std::uint64_t> seed;  ///< nullopt: another in each run
  std::optional<Duration> max_time;
  std::string feed;    ///< the channel that standard input is published to; empty: none
  std::string record;  ///< the file to record to; empty: none
  bool record_secrets = false;
  std::vector<std::string> command;  ///< empty: none
};

/// Step two: words become values. Opens nothing.
Result<Args> read_args(const cli::Parsed& parsed);

}  // namespace stream_echo
