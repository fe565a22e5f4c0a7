// The command after `--`: a client or a test that the server is run for. It finds the server's
// address in its environment, and has standard input and output for itself.
#pragma once

#include <functional>
#include <memory>

#include "base/result.h"
#include "net/loop.h"
#include "options.h"
#include "server.h"

namespace stream_echo {

class Command {
 public:
  /// Starts it with STREAM_ECHO_URL, STREAM_ECHO_HTTP_URL and STREAM_ECHO_PORT set, and after
  /// --ca-out STREAM_ECHO_CA.
  Result<void> start(net::Loop& loop, const Args& args, const Server& server,
                     std::function<void(int exit_code)> exited);

  /// Sends on a signal that this process has got, unless the command has got it as well: a terminal
  /// sends its SIGINT to both.
  void pass_on(int signum);

 private:
  std::unique_ptr<net::Child> child_;
};

}  // namespace stream_echo
