// Dialling with libcurl: names, happy eyeballs, TLS and unix sockets are its business, and what
// comes out is a connected Stream on which nothing has been said yet. Never blocks. No proxy is
// used, and none is taken from the environment. HTTP requests are not made here.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <variant>

#include "net/connect.h"
#include "net/loop.h"
#include "net/stream.h"

namespace net {

struct DialOptions {
  std::string host;  ///< a name or a numeric address; an IPv6 address without brackets
  std::uint16_t port = 80;
  bool tls = false;
  ConnectOptions connection = {};
};

class Dialer {
 public:
  using Dialled = std::function<void(std::variant<std::unique_ptr<Stream>, DialError>)>;

  explicit Dialer(Loop& loop);

  /// Gives up what is being dialled, without a call back. Streams may live on, but not past the
  /// Loop.
  ~Dialer();
  Dialer(const Dialer&) = delete;
  Dialer& operator=(const Dialer&) = delete;

  /// Calls `dialled` once, in a later turn; it may dial again or destroy the Dialer. Read from or
  /// write to the stream at once: until then libcurl takes it for a spare connection.
  void dial(const DialOptions& options, Dialled dialled);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace net
