// What the programs of this folder need of the operating system: non-blocking sockets on loopback
// and epoll. A failure ends the program with a sentence: there is nothing to measure then.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace bench {

/// Says "PROGRAM: what: the system's reason" and exits with 1; without an errno no reason.
[[noreturn]] void fail(std::string_view what);

/// A listening socket; its port is told on stdout, as `listening 127.0.0.1:PORT`. Port 0 lets the
/// system choose.
int listen_on_loopback(std::uint16_t port);

/// The next connection that waits, or -1.
int accept_connection(int listener);

/// A socket that is connecting to 127.0.0.1.
int connect_to_loopback(std::uint16_t port);

/// send() and recv(): the number of bytes, 0 when the socket has no room or no bytes, and -1 when
/// the peer has gone.
std::int64_t send_some(int fd, std::span<const std::uint8_t> bytes);
std::int64_t receive_some(int fd, std::span<std::uint8_t> buffer);

/// Level-triggered epoll. `token` comes back in epoll_event::data.u64.
class Poller {
 public:
  Poller();
  void add(int fd, std::uint64_t token, std::uint32_t events);
  void change(int fd, std::uint64_t token, std::uint32_t events);
  std::span<const epoll_event> wait(int timeout_ms);

 private:
  int fd_;
  std::array<epoll_event, 1024> events_;
};

}  // namespace bench
