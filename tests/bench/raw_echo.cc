// The baseline: an echo of TCP bytes that knows no protocol, with as few system calls as a
// readiness loop allows: one recv and one send for each readable socket, one buffer for all of
// them. What the socket does not take is kept, and its connection is not read from until that is
// gone.
#include <unistd.h>

#include <cstdlib>
#include <memory>
#include <vector>

#include "base/output_buffer.h"
#include "sockets.h"

namespace {

constexpr std::size_t kBufferSize = std::size_t{512} << 10;

class RawEcho {
 public:
  explicit RawEcho(std::uint16_t port) : listener_(bench::listen_on_loopback(port)) {
    poller_.add(listener_, 0, EPOLLIN);
  }

  [[noreturn]] void run() {
    while (true) {
      for (const epoll_event& event : poller_.wait(-1)) {
        if (event.data.u64 == 0) {
          accept_all();
        } else {
          serve(static_cast<int>(event.data.u64));
        }
      }
    }
  }

 private:
  void accept_all() {
    int fd;
    while ((fd = bench::accept_connection(listener_)) >= 0) {
      const auto index = static_cast<std::size_t>(fd);
      if (index >= unsent_.size()) unsent_.resize(index + 1);
      poller_.add(fd, index, EPOLLIN);
    }
  }

  /// The socket is readable, or writable when something of it is kept: never both are asked for.
  void serve(int fd) {
    OutputBuffer& unsent = unsent_[static_cast<std::size_t>(fd)];
    if (unsent.size() == 0) {
      const std::int64_t size = bench::receive_some(fd, buffer());
      if (size < 0) return drop(fd);
      const Bytes received = buffer().first(static_cast<std::size_t>(size));
      const std::size_t sent = send(fd, received);
      if (sent == received.size()) return;
      unsent.append(received.subspan(sent));
      poller_.change(fd, static_cast<std::uint64_t>(fd), EPOLLOUT);
    } else {
      unsent.sent(send(fd, unsent.view()));
      if (unsent.size() == 0) poller_.change(fd, static_cast<std::uint64_t>(fd), EPOLLIN);
    }
  }

  /// How much is done with. A peer that has gone takes everything: its end is read later.
  static std::size_t send(int fd, ConstBytes bytes) {
    const std::int64_t size = bytes.empty() ? 0 : bench::send_some(fd, bytes);
    return size < 0 ? bytes.size() : static_cast<std::size_t>(size);
  }

  void drop(int fd) {
    close(fd);
    unsent_[static_cast<std::size_t>(fd)] = OutputBuffer();
  }

  Bytes buffer() { return Bytes(buffer_.get(), kBufferSize); }

  bench::Poller poller_;
  int listener_;
  std::vector<OutputBuffer> unsent_;  // by descriptor
  std::unique_ptr<std::uint8_t[]> buffer_{new std::uint8_t[kBufferSize]};
};

}  // namespace

int main(int argc, char** argv) {
  RawEcho(static_cast<std::uint16_t>(argc > 1 ? std::atoi(argv[1]) : 0)).run();
}
