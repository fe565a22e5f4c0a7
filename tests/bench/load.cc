#include "load.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include <fmt/format.h>

#include "payload.h"
#include "process_meter.h"

namespace bench {
namespace {

constexpr std::size_t kBufferSize = std::size_t{512} << 10;
constexpr std::size_t kConnectingAtOnce = 64;

}  // namespace

Load::Load(const LoadOptions& options)
    : options_(options),
      payload_(options.deflate ? make_json(options.size) : make_text(options.size)),
      frame_(options.deflate ? make_frame(compress(payload_), options.text, true)
                             : make_frame(payload_, options.text, false)),
      buffer_(kBufferSize) {
  for (std::size_t i = 0; i < options.depth; ++i) {
    batch_.insert(batch_.end(), frame_.begin(), frame_.end());
  }
  connections_.reserve(options.connections);
}

void Load::connect() {
  while (open_ < options_.connections) {
    while (connections_.size() < std::min(open_ + kConnectingAtOnce, options_.connections)) {
      start_connection();
    }
    turn(-1);
  }
}

void Load::start_connection() {
  const int fd = connect_to_loopback(options_.port);
  poller_.add(fd, connections_.size(), EPOLLIN | EPOLLOUT);
  connections_.push_back({.fd = fd,
                          .text = {},
                          .replies = ReplyReader(payload_, options_.check),
                          .raw_replies = RawReader(frame_, options_.check)});
}

void Load::send_batches(bool repeat) {
  repeat_ = repeat;
  for (std::size_t i = 0; i < connections_.size(); ++i) send_batch(i);
}

void Load::run_for(std::chrono::nanoseconds time) {
  const std::uint64_t end = now_ns() + static_cast<std::uint64_t>(time.count());
  for (std::uint64_t now = now_ns(); now < end; now = now_ns()) {
    turn(static_cast<int>((end - now) / 1'000'000) + 1);
  }
}

void Load::run_until(std::uint64_t messages) {
  while (received_.messages < messages) turn(-1);
}

double Load::messages() const {
  const std::size_t size = options_.raw ? frame_.size() : payload_.size();
  if (options_.deflate || size == 0) return static_cast<double>(received_.messages);
  return static_cast<double>(received_.bytes) / static_cast<double>(size);
}

void Load::turn(int timeout_ms) {
  for (const epoll_event& event : poller_.wait(timeout_ms)) {
    const auto index = static_cast<std::size_t>(event.data.u64);
    Connection& connection = connections_[index];
    switch (connection.state) {
      case State::connecting: on_connected(index); break;
      case State::upgrading: on_upgrade_answer(index); break;
      case State::open:
        if ((event.events & EPOLLOUT) != 0) flush(index);
        if ((event.events & ~static_cast<std::uint32_t>(EPOLLOUT)) != 0) {
          const std::int64_t size = receive_some(connection.fd, buffer_);
          if (size < 0) fail("the server ends the connection");
          on_bytes(index, Bytes(buffer_).first(static_cast<std::size_t>(size)));
        }
        break;
    }
  }
}

void Load::on_connected(std::size_t index) {
  Connection& connection = connections_[index];
  socklen_t size = sizeof errno;
  if (getsockopt(connection.fd, SOL_SOCKET, SO_ERROR, &errno, &size) != 0 || errno != 0) {
    fail("cannot connect");
  }
  poller_.change(connection.fd, index, EPOLLIN);
  if (options_.raw) {
    connection.state = State::open;
    ++open_;
    return;
  }
  const std::string request = fmt::format(
      "GET {} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n{}\r\n",
      options_.path, options_.port,
      options_.deflate
          ? "Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover\r\n"
          : "");
  if (send_some(connection.fd, as_bytes(request)) != std::ssize(request)) fail("cannot send");
  connection.state = State::upgrading;
}

void Load::on_upgrade_answer(std::size_t index) {
  Connection& connection = connections_[index];
  const std::int64_t size = receive_some(connection.fd, buffer_);
  if (size < 0) fail("the server ends the connection instead of upgrading it");
  connection.text += as_text(ConstBytes(buffer_).first(static_cast<std::size_t>(size)));
  const std::size_t end = connection.text.find("\r\n\r\n");
  if (end == std::string::npos) return;
  errno = 0;
  if (!connection.text.starts_with("HTTP/1.1 101 ")) {
    fail("no upgrade: " + connection.text.substr(0, connection.text.find('\r')));
  }
  if (options_.deflate && connection.text.find("permessage-deflate") == std::string::npos) {
    fail("the server does not agree to permessage-deflate");
  }
  std::string behind = connection.text.substr(end + 4);
  std::string().swap(connection.text);
  connection.state = State::open;
  ++open_;
  on_bytes(index, {reinterpret_cast<std::uint8_t*>(behind.data()), behind.size()});
}

void Load::on_bytes(std::size_t index, Bytes bytes) {
  Connection& connection = connections_[index];
  const Received received = options_.raw ? connection.raw_replies.take(bytes)
                                         : connection.replies.take(bytes, connection.text);
  received_ += received;
  if (!connection.text.empty() && connection.sent == batch_.size()) flush(index);
  if (received.messages == 0) return;
  if (received.messages > connection.awaited) fail("more echoes than messages");
  connection.awaited -= static_cast<std::size_t>(received.messages);
  if (connection.awaited > 0) return;
  latencies_.add(now_ns() - connection.sent_at);
  if (repeat_) send_batch(index);
}

void Load::send_batch(std::size_t index) {
  Connection& connection = connections_[index];
  connection.awaited = options_.depth;
  connection.sent = 0;
  connection.sent_at = now_ns();
  flush(index);
}

/// The batch, then what pings have asked for.
void Load::flush(std::size_t index) {
  Connection& connection = connections_[index];
  while (connection.sent < batch_.size()) {
    const std::int64_t size = send_some(connection.fd, ConstBytes(batch_).subspan(connection.sent));
    if (size < 0) fail("cannot send");
    if (size == 0) return set_blocked(index, true);
    connection.sent += static_cast<std::size_t>(size);
  }
  if (!connection.text.empty()) {
    // The server has just taken a batch: there is room for so little.
    if (send_some(connection.fd, as_bytes(connection.text)) != std::ssize(connection.text)) {
      fail("cannot send a pong");
    }
    std::string().swap(connection.text);
  }
  set_blocked(index, false);
}

void Load::set_blocked(std::size_t index, bool blocked) {
  Connection& connection = connections_[index];
  if (connection.blocked == blocked) return;
  connection.blocked = blocked;
  poller_.change(connection.fd, index, blocked ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

}  // namespace bench
