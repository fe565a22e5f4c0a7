#include "worker.h"

#include <csignal>
#include <utility>

namespace stream_echo {

Worker::Worker(net::Loop& first_loop, Log& first_log, Totals& totals,
               const Server::Settings& settings)
    : first_loop_(first_loop), log_(loop_, first_log), server_(loop_, log_, totals, settings) {}

/// Signals are the first thread's: here they would only interrupt system calls.
void Worker::start() {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this] {
    loop_.run();
    log_.flush();
  });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void Worker::drain(std::function<void()> drained) {
  loop_.post([this, drained = std::move(drained)] {
    server_.drain([this, drained] {
      log_.flush();
      first_loop_.post(drained);
    });
  });
}

void Worker::join() {
  if (!thread_.joinable()) return;
  loop_.post([this] { loop_.stop(); });
  thread_.join();
}

}  // namespace stream_echo
