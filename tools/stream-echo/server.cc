#include "server.h"

#include <cerrno>
#include <utility>

#include <fmt/format.h>

#include "net/fd.h"

namespace stream_echo {
namespace {

constexpr std::string_view kLoopback4 = "127.0.0.1";
constexpr std::string_view kLoopback6 = "::1";

// The system chooses a port for IPv4 without asking whether it is free for IPv6 too.
constexpr int kPortAttempts = 16;

// Peers that are being told 503 at the same time; more are dropped without a word.
constexpr std::size_t kMaxTurnedAway = 256;

/// The port is another program's, as opposed to: there is no such address on this machine.
bool is_taken(const Error& error) {
  return error.message.ends_with(net::errno_text(EADDRINUSE));
}

/// False when all are taken. Two threads that want the last one may both get none.
bool take_place(std::atomic<std::size_t>& count, std::size_t limit) {
  if (count.fetch_add(1) < limit) return true;
  --count;
  return false;
}

}  // namespace

Server::Server(net::Loop& loop, Log& log, Totals& totals, const Settings& settings)
    : loop_(loop),
      totals_(totals),
      subscribers_(loop, totals.channels),
      shared_{.loop = loop,
              .log = log,
              .policy = settings.policy,
              .websocket = std::make_shared<const ws::Settings>(settings.websocket),
              .faults = settings.faults,
              .streams = {.max_age = settings.max_age},
              .subscribers = subscribers_,
              .mcp = totals.mcp,
              .open_count = totals.open_count,
              .ended = [this](std::uint64_t conn) { loop_.later([this, conn] { remove(conn); }); }},
      max_connections_(settings.max_connections),
      one_connection_(settings.one_connection) {
  log.on_congestion([this](bool congested) {
    for (const auto& [conn, session] : sessions_) session->set_paused(congested);
  });
}

Result<void> Server::listen(const Address& address) {
  if (!address.unix_path.empty()) {
    auto listener = net::Listener::unix_path(loop_, address.unix_path, accepted());
    if (!listener) return listener.error();
    listeners_.push_back(std::move(*listener));
    host_ = "localhost";
    return {};
  }
  if (!address.host.empty()) {
    auto listener = net::Listener::tcp(loop_, address.host, address.port, accepted());
    if (!listener) return listener.error();
    const bool is_ipv6 = address.host.find(':') != address.host.npos;
    host_ = is_ipv6 ? fmt::format("[{}]", address.host) : address.host;
    port_ = (*listener)->port();
    listeners_.push_back(std::move(*listener));
    return {};
  }
  host_ = kLoopback4;
  return listen_on_loopback(address.port);
}

/// The same port on both loopback addresses, because clients try either for `localhost`, and so
/// that no other program can be what the other one leads to.
Result<void> Server::listen_on_loopback(std::uint16_t port) {
  for (int attempt = 1;; ++attempt) {
    auto ipv4 = net::Listener::tcp(loop_, std::string(kLoopback4), port, accepted());
    if (!ipv4) return ipv4.error();
    port_ = (*ipv4)->port();
    auto ipv6 = net::Listener::tcp(loop_, std::string(kLoopback6), port_, accepted());
    if (!ipv6 && is_taken(ipv6.error())) {
      if (port == 0 && attempt < kPortAttempts) continue;
      return ipv6.error();
    }
    listeners_.push_back(std::move(*ipv4));
    if (ipv6) listeners_.push_back(std::move(*ipv6));  // else: a machine without IPv6
    return {};
  }
}

Result<void> Server::listen_beside(const Server& first) {
  for (const auto& model : first.listeners_) {
    auto listener = model->another(loop_, accepted());
    if (!listener) return listener.error();
    listeners_.push_back(std::move(*listener));
  }
  host_ = first.host_;
  port_ = first.port_;
  tls_ = first.tls_;
  return {};
}

std::string Server::url(std::string_view scheme) const {
  const std::string_view secure = tls_ ? "s" : "";
  return port_ == 0 ? fmt::format("{}{}://{}", scheme, secure, host_)
                    : fmt::format("{}{}://{}:{}", scheme, secure, host_, port_);
}

net::Listener::Accepted Server::accepted() {
  return [this](std::unique_ptr<net::Stream> stream, std::string peer) {
    accept(std::move(stream), std::move(peer));
  };
}

void Server::accept(std::unique_ptr<net::Stream> stream, std::string peer) {
  const bool full = !take_place(totals_.open_count, max_connections_);
  if (full && !take_place(totals_.turned_away_count, kMaxTurnedAway)) return;
  if (tls_) stream = tls_->accept(std::move(stream));
  const std::uint64_t conn = ++totals_.last_conn;
  if (recorder_ != nullptr) stream = recorder_->tap(std::move(stream), conn);
  auto& session = sessions_[conn];
  session = std::make_unique<Session>(shared_, std::move(stream), conn, std::move(peer));
  if (full) session->turn_away();
  if (shared_.log.congested()) session->set_paused(true);
  if (one_connection_) listeners_.clear();
}

void Server::remove(std::uint64_t conn) {
  const auto found = sessions_.find(conn);
  --(found->second->turned_away() ? totals_.turned_away_count : totals_.open_count);
  sessions_.erase(found);
  if (!sessions_.empty()) return;
  if (drained_) return drained_();
  if (one_connection_ && finished_) finished_();
}

void Server::drain(std::function<void()> drained) {
  listeners_.clear();
  if (sessions_.empty()) return drained();
  drained_ = std::move(drained);
  for (const auto& [conn, session] : sessions_) session->shut_down();
}

}  // namespace stream_echo
