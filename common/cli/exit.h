// The exit codes of all four tools. Below 100 they are curl's, so that a script written for curl
// reads them right, and a CURLcode that is not listed here is passed on as it is; from 100 on they
// are ours. What each means is told once, in exit.cc, from where the man pages have it.
#pragma once

#include <string_view>
#include <vector>

namespace cli {

enum class Exit : int {
  ok = 0,
  usage = 2,
  url = 3,
  resolve = 6,
  connect = 7,
  refused = 22,
  write = 23,
  read = 26,
  timeout = 28,
  tls = 35,
  redirects = 47,
  empty_reply = 52,
  cut = 56,
  client_certificate = 58,
  peer_certificate = 60,
  login = 67,
  ca_file = 77,
  proxy = 97,
  violation = 100,
  closed = 101,
  expectation = 102,
  limit = 103,
  stream_error = 104,
  interrupted = 130,
};

constexpr int to_int(Exit code) {
  return static_cast<int>(code);
}

struct ExitInfo {
  Exit code = Exit::ok;
  std::string_view name = {};     ///< stable, "peer-certificate"
  std::string_view meaning = {};  ///< one sentence without its full stop
};

/// A row for each enumerator, in the order of the codes.
std::vector<ExitInfo> all_exits();

}  // namespace cli
