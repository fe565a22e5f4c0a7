// A WebSocket server that costs a client under measurement as little as possible:
//   /sink             takes everything, and tells on stdout what it was when the client closes
//   /flood?n=N&size=S sends N text messages of S bytes as fast as they are taken, then Close 1000
// One connection at a time matters, more are served as well. It trusts its clients.
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "base/text.h"
#include "http/head.h"
#include "sockets.h"
#include "ws/frame.h"
#include "ws/handshake.h"

namespace {

constexpr std::size_t kBufferSize = std::size_t{512} << 10;
constexpr std::string_view kClose("\x88\x02\x03\xe8", 4);  // 1000

/// Many equal messages as frames in one block, which is sent again and again.
struct Flood {
  std::string block;
  std::size_t frame_size = 0;
  std::uint64_t left = 0;  ///< bytes
};

class Connection {
 public:
  explicit Connection(int fd) : fd_(fd) {}

  /// False when it is over. `buffer` is for whatever is received.
  bool serve(Bytes buffer, std::uint32_t events) {
    if ((events & EPOLLIN) != 0) {
      const std::int64_t size = bench::receive_some(fd_, buffer);
      if (size < 0) return false;
      Bytes in = buffer.first(static_cast<std::size_t>(size));
      if (!upgraded_ && !upgrade(in)) return false;
      if (!take_frames(in)) return false;
    } else if ((events & (EPOLLHUP | EPOLLERR)) != 0) {
      return false;
    }
    return send_flood();
  }

  bool has_more() const { return flood_.left > 0; }

  void tell() const {
    if (!upgraded_ || flood_.frame_size > 0) return;
    std::printf("sink %llu messages %llu bytes\n", static_cast<unsigned long long>(messages_),
                static_cast<unsigned long long>(bytes_));
    std::fflush(stdout);
  }

 private:
  bool upgrade(Bytes& in) {
    const auto outcome = head_.next(in);
    if (!outcome) return true;
    const auto* head = std::get_if<http::Head>(&*outcome);
    if (head == nullptr) return false;
    const auto verdict = ws::check_request(*head);
    const auto* agreed = std::get_if<ws::Upgrade>(&verdict);
    if (agreed == nullptr) return false;
    upgraded_ = true;
    prepare_flood(head->target);
    return send(ws::make_response(*agreed, ""));
  }

  void prepare_flood(std::string_view target) {
    unsigned long long count = 0;
    unsigned long long size = 0;
    if (std::sscanf(std::string(target).c_str(), "/flood?n=%llu&size=%llu", &count, &size) != 2) {
      return;
    }
    ws::FrameHeader header;
    header.length = size;
    std::array<std::uint8_t, ws::kMaxHeaderSize> bytes;
    std::string frame(as_text(ConstBytes(bytes).first(ws::encode_header(header, bytes))));
    frame.append(size, 'x');
    flood_.frame_size = frame.size();
    flood_.left = frame.size() * count;
    while (flood_.block.size() < kBufferSize) flood_.block += frame;
  }

  bool take_frames(Bytes in) {
    while (const auto piece = decoder_.next(in)) {
      if (piece->header.opcode == ws::Opcode::close) {
        if (!closed_) send(kClose);
        return false;
      }
      if (ws::is_control(piece->header.opcode)) continue;
      bytes_ += piece->payload.size();
      messages_ += piece->last && piece->header.fin ? 1 : 0;
    }
    return true;
  }

  /// As much as the socket takes; the Close when all has gone.
  bool send_flood() {
    while (flood_.left > 0) {
      const std::size_t size = std::min<std::uint64_t>(flood_.left, flood_.block.size() - offset_);
      const std::int64_t sent =
          bench::send_some(fd_, as_bytes(std::string_view(flood_.block).substr(offset_, size)));
      if (sent < 0) return false;
      if (sent == 0) return true;
      flood_.left -= static_cast<std::uint64_t>(sent);
      offset_ = (offset_ + static_cast<std::size_t>(sent)) % flood_.block.size();
      if (flood_.left == 0) {
        closed_ = true;
        return send(kClose);
      }
    }
    return true;
  }

  /// Something short, for which there is room.
  bool send(std::string_view bytes) {
    return bench::send_some(fd_, as_bytes(bytes)) == std::ssize(bytes);
  }

  int fd_;
  bool upgraded_ = false;
  bool closed_ = false;  // our Close is on its way
  http::HeadReader head_{http::HeadKind::request};
  ws::FrameDecoder decoder_;
  std::uint64_t messages_ = 0;
  std::uint64_t bytes_ = 0;
  Flood flood_;
  std::size_t offset_ = 0;  // in the block
};

[[noreturn]] void run(std::uint16_t port) {
  bench::Poller poller;
  const int listener = bench::listen_on_loopback(port);
  poller.add(listener, 0, EPOLLIN);
  std::map<int, Connection> connections;
  std::vector<std::uint8_t> buffer(kBufferSize);
  while (true) {
    for (const epoll_event& event : poller.wait(-1)) {
      if (event.data.u64 == 0) {
        int fd;
        while ((fd = bench::accept_connection(listener)) >= 0) {
          connections.emplace(fd, Connection(fd));
          poller.add(fd, static_cast<std::uint64_t>(fd), EPOLLIN);
        }
        continue;
      }
      const auto found = connections.find(static_cast<int>(event.data.u64));
      Connection& connection = found->second;
      const bool had_more = connection.has_more();
      if (!connection.serve(buffer, event.events)) {
        connection.tell();
        close(found->first);
        connections.erase(found);
      } else if (connection.has_more() != had_more) {
        poller.change(found->first, event.data.u64,
                      connection.has_more() ? EPOLLIN | EPOLLOUT : EPOLLIN);
      }
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  run(static_cast<std::uint16_t>(argc > 1 ? std::atoi(argv[1]) : 0));
}
