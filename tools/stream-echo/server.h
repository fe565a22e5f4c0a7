// The listening sockets, the sessions of all peers, and the limit on their number. What a session
// does is its own business.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "log.h"
#include "mcp_sessions.h"
#include "net/loop.h"
#include "net/recorder.h"
#include "net/socket.h"
#include "net/tls.h"
#include "session.h"

namespace stream_echo {

/// Where to listen: the path of a unix socket, or a host, or (neither) both loopback addresses.
struct Address {
  std::string unix_path;
  std::string host;
  std::uint16_t port = 0;  ///< 0: the system chooses
};

/// What the servers of all threads share.
struct Totals {
  std::atomic<std::uint64_t> last_conn = 0;
  std::atomic<std::size_t> open_count = 0;         // but for those who are turned away
  std::atomic<std::size_t> turned_away_count = 0;  // and are still there
  Channels channels;
  McpSessions mcp;
};

class Server {
 public:
  struct Settings {
    Policy policy;
    ws::Settings websocket;
    FaultSettings faults;
    std::optional<Duration> max_age = {};  ///< of an event stream; nullopt: none
    std::size_t max_connections = 0;
    bool one_connection = false;  ///< take one, and finish when it has ended
  };

  /// All but `settings` outlive this.
  Server(net::Loop& loop, Log& log, Totals& totals, const Settings& settings);

  /// Every connection speaks TLS. Before listen().
  void use_tls(net::TlsContext tls) { tls_ = std::move(tls); }

  Result<void> listen(const Address& address);

  /// On the TCP port of `first`, which listens and is of another thread; with its TLS.
  Result<void> listen_beside(const Server& first);

  /// Every connection from now on is recorded; `recorder` outlives this.
  void record(net::Recorder& recorder) { recorder_ = &recorder; }

  /// 0 on a unix socket.
  std::uint16_t port() const { return port_; }

  /// "ws://127.0.0.1:8080" for the scheme "ws", or with TLS "wss://127.0.0.1:8080". On a unix
  /// socket the host is "localhost".
  std::string url(std::string_view scheme) const;

  /// Called when the one connection of Settings::one_connection has ended.
  void on_finished(std::function<void()> finished) { finished_ = std::move(finished); }

  /// For the thread of this server.
  Subscribers& subscribers() { return subscribers_; }

  /// Takes no more connections and asks the open ones to end; `drained` is called when all have.
  void drain(std::function<void()> drained);

 private:
  Result<void> listen_on_loopback(std::uint16_t port);
  net::Listener::Accepted accepted();
  void accept(std::unique_ptr<net::Stream> stream, std::string peer);
  void remove(std::uint64_t conn);

  net::Loop& loop_;
  net::Recorder* recorder_ = nullptr;  // if there is one
  Totals& totals_;
  Subscribers subscribers_;
  Session::Shared shared_;
  std::size_t max_connections_;
  bool one_connection_;
  std::optional<net::TlsContext> tls_;
  std::string host_;  // as in a URL
  std::uint16_t port_ = 0;
  std::vector<std::unique_ptr<net::Listener>> listeners_;
  std::unordered_map<std::uint64_t, std::unique_ptr<Session>> sessions_;
  std::function<void()> drained_;
  std::function<void()> finished_;
};

}  // namespace stream_echo
