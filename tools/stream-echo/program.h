// The life of the server process: start, ready line, signals or the end of the command, draining,
// and the exit code. All of it happens in the first thread, which serves as well; with --threads 1
// there is no other.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/exit.h"
#include "cli/term.h"
#include "command.h"
#include "feed.h"
#include "log.h"
#include "net/loop.h"
#include "net/recorder.h"
#include "options.h"
#include "server.h"
#include "worker.h"

namespace stream_echo {

class Program {
 public:
  /// Both outlive this.
  Program(const Args& args, cli::Talk& talk);

  /// Returns the exit code.
  int run();

 private:
  cli::Exit set_up_tls();
  Result<void> listen();
  Result<void> record();
  Result<void> announce();
  int start_command();
  void on_signal(int signum);
  void drain(int exit_code, Duration limit);
  void end_when_written();
  void on_time_up();
  int verdict() const;

  const Args& args_;
  cli::Talk& talk_;
  net::Loop loop_;
  Log log_;
  std::unique_ptr<net::Recorder> recorder_;  // of --record
  Totals totals_;
  const Server::Settings settings_;
  Server server_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::optional<net::Signal> interrupted_;
  std::optional<net::Signal> terminated_;
  net::Timer drain_timer_;
  net::Timer max_timer_;
  std::optional<Command> command_;
  std::optional<Feed> feed_;  // of --stdin
  bool draining_ = false;
  std::size_t serving_count_ = 0;  // threads that have not drained
  bool time_is_up_ = false;
  int exit_code_ = 0;
};

}  // namespace stream_echo
