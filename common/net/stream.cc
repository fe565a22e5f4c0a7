#include "net/stream.h"

#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstdint>

#include "base/check.h"

namespace net {

IoResult io_error(int error) {
  if (error == EAGAIN || error == EWOULDBLOCK) return {.io = Io::again};
  return io_failure({.error = errno_text(error), .reset = error == ECONNRESET || error == EPIPE});
}

SocketStream::SocketStream(Fd fd) : fd_(std::move(fd)) {
  const int on = 1;
  // A unix socket refuses this, and has no Nagle either.
  setsockopt(fd_.value(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

IoResult SocketStream::read(Bytes into) {
  CHECK(!into.empty());  // recv() into nothing answers 0, which would look like the end
  ssize_t size = 0;
  do {
    size = recv(fd_.value(), into.data(), into.size(), MSG_DONTWAIT);
  } while (size < 0 && errno == EINTR);
  if (size < 0) return io_error(errno);
  if (size == 0) return {.io = Io::end};
  return {.size = static_cast<std::size_t>(size)};
}

IoResult SocketStream::write(ConstBytes from) {
  CHECK(!from.empty());
  ssize_t size = 0;
  do {
    size = send(fd_.value(), from.data(), from.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  } while (size < 0 && errno == EINTR);
  if (size < 0) return io_error(errno);
  return {.size = static_cast<std::size_t>(size)};
}

Stream::SendQueue SocketStream::send_queue() const {
  std::array<std::uint32_t, SK_MEMINFO_VARS> memory = {};
  socklen_t size = sizeof memory;
  if (getsockopt(fd_.value(), SOL_SOCKET, SO_MEMINFO, memory.data(), &size) != 0) return {};
  return {.size = memory[SK_MEMINFO_WMEM_QUEUED], .limit = memory[SK_MEMINFO_SNDBUF]};
}

void SocketStream::shutdown_write() {
  shutdown(fd_.value(), SHUT_WR);
}

void SocketStream::reset_on_close() {
  linger_for_nothing(fd_.value());
}

void linger_for_nothing(int fd) {
  const linger nothing = {.l_onoff = 1, .l_linger = 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &nothing, sizeof nothing);
}

}  // namespace net
