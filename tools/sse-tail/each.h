// --each: a command for every event, run by sh, one at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "net/loop.h"
#include "sse/parser.h"

namespace sse_tail {

class Each {
 public:
  /// `done` is called when the command has ended: 0, its exit code, or 128 + the signal. It may run
  /// the next one.
  using Done = std::function<void(int exit_code)>;

  Each(net::Loop& loop, std::string command, std::string url, Done done);

  /// Starts the command for `message`, with its data on standard input and the rest in the
  /// environment, as the option says. What is too long for the environment is empty there.
  Result<void> run(const sse::Event& message);

  bool running() const { return running_; }

  /// Sends it to the command that runs, if one does.
  void kill(int signum) {
    if (running_) child_->kill(signum);
  }

 private:
  net::Loop& loop_;
  std::string command_;
  std::string url_;
  Done done_;
  std::uint64_t count_ = 0;
  bool running_ = false;
  std::unique_ptr<net::Child> child_;
};

}  // namespace sse_tail
