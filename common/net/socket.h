// Listening sockets, TCP or unix, and two settings of the process that a server needs. An accepted
// connection comes out as a plain Stream; TLS is put on top of it elsewhere.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "net/fd.h"
#include "net/loop.h"
#include "net/stream.h"

namespace net {

class Listener {
 public:
  /// `peer` is "127.0.0.1:50412", "[::1]:50412" or "unix". May destroy the Listener.
  using Accepted = std::function<void(std::unique_ptr<Stream> stream, std::string peer)>;

  /// `host` is a numeric address or a name (looked up here and now, the first address that works is
  /// taken); empty means every interface. Port 0 lets the system choose, see port().
  static Result<std::unique_ptr<Listener>> tcp(Loop& loop, const std::string& host,
                                               std::uint16_t port, Accepted accepted);

  /// A socket file nobody answers on is replaced, anything else at `path` is left alone. The file
  /// is removed when the Listener is destroyed.
  static Result<std::unique_ptr<Listener>> unix_path(Loop& loop, const std::string& path,
                                                     Accepted accepted);
  /// One more socket at the address of this one, TCP only: the system deals connections out to
  /// both. For another loop, which may run in another thread once this has returned.
  Result<std::unique_ptr<Listener>> another(Loop& loop, Accepted accepted) const;

  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  /// 0 on a unix socket.
  std::uint16_t port() const { return port_; }

 private:
  Listener(Loop& loop, Fd fd, Accepted accepted);
  void accept_batch();
  bool out_of_descriptors();

  Loop& loop_;
  Fd fd_;
  Fd reserve_;  // given up for a moment when descriptors run out, to turn a connection away
  std::shared_ptr<const Accepted> accepted_;  // shared with accept_batch() while that runs
  std::string path_;
  ino_t inode_ = 0;  // of the socket file we made
  std::uint16_t port_ = 0;
  Poll poll_;
  Timer resume_;
};

/// Raises the soft limit on open descriptors to the hard one. Failure is not worth a word.
void raise_descriptor_limit();

/// A write to a peer that has gone becomes an error instead of the end of the process.
void ignore_sigpipe();

}  // namespace net
