// Many connections to an echo server, in one thread: each sends a batch of messages in one write,
// waits for all their echoes, and begins anew.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "latencies.h"
#include "reply_reader.h"
#include "sockets.h"

namespace bench {

struct LoadOptions {
  std::uint16_t port = 0;
  std::string path = "/";
  std::size_t connections = 1;
  std::size_t size = 20;  ///< of a message
  std::size_t depth = 1;  ///< messages in a batch
  bool text = false;
  bool deflate = false;  ///< JSON, compressed once, without context takeover of ours
  bool raw = false;      ///< the server echoes TCP: the same bytes, but no handshake
  bool check = false;    ///< that the echoes are what was sent
};

class Load {
 public:
  explicit Load(const LoadOptions& options);

  /// Returns when all connections are open. A few are opened at a time: no server's queue
  /// overflows.
  void connect();

  /// A batch on each connection, and the next one after it as long as `repeat`.
  void send_batches(bool repeat);

  void run_for(std::chrono::nanoseconds time);
  void run_until(std::uint64_t messages);  ///< so many since the start

  /// Since the start. Of large messages the finished part counts too, or else a short window would
  /// have the luck of the last one in it.
  double messages() const;
  std::uint64_t whole_messages() const { return received_.messages; }

  /// Of batches since the last clear().
  Latencies& latencies() { return latencies_; }

 private:
  enum class State : std::uint8_t { connecting, upgrading, open };

  struct Connection {
    int fd;
    State state = State::connecting;
    bool blocked = false;       // there was no room for all that should be sent
    std::size_t sent = 0;       // of the batch
    std::size_t awaited = 0;    // echoes of the batch
    std::uint64_t sent_at = 0;  // when the batch began
    std::string text;           // the answer to the upgrade; later pongs to send
    ReplyReader replies;
    RawReader raw_replies;
  };

  void start_connection();
  void turn(int timeout_ms);
  void on_connected(std::size_t index);
  void on_upgrade_answer(std::size_t index);
  void on_bytes(std::size_t index, Bytes bytes);
  void send_batch(std::size_t index);
  void flush(std::size_t index);
  void set_blocked(std::size_t index, bool blocked);

  LoadOptions options_;
  std::vector<std::uint8_t> payload_;
  std::vector<std::uint8_t> frame_;
  std::vector<std::uint8_t> batch_;
  std::vector<std::uint8_t> buffer_;
  Poller poller_;
  std::vector<Connection> connections_;
  std::size_t open_ = 0;
  bool repeat_ = false;
  Received received_;
  Latencies latencies_;
};

}  // namespace bench
