// One more thread that serves, with a loop, a log and a server of its own, on the port of the first
// server. What it shares with the others: the settings, which nobody changes, the TLS context, the
// numbers of Totals, and the first log. Everything else goes from loop to loop by Loop::post(). All
// members are called from the first thread.
#pragma once

#include <functional>
#include <thread>

#include "log.h"
#include "net/loop.h"
#include "server.h"

namespace stream_echo {

class Worker {
 public:
  /// `first_loop` is the loop of `first_log` and of the calling thread. All but `settings` outlive
  /// this.
  Worker(net::Loop& first_loop, Log& first_log, Totals& totals, const Server::Settings& settings);
  ~Worker() { join(); }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  /// Before start(). `first` listens already.
  Result<void> listen_beside(const Server& first) { return server_.listen_beside(first); }

  /// From here on connections are served.
  void start();

  /// As Server::drain(). Everything this thread had to log has been handed over before `drained`.
  void drain(std::function<void()> drained);

  /// Ends the thread, whatever it is doing, and waits for that. Its last lines wait in the first
  /// loop, see Loop::run_posted().
  void join();

  /// After join().
  bool client_broke_protocol() const { return log_.client_broke_protocol(); }

 private:
  net::Loop& first_loop_;
  net::Loop loop_;
  Log log_;
  Server server_;
  std::thread thread_;
};

}  // namespace stream_echo
