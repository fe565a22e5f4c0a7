// A connected two-way stream of bytes that never blocks: a plain socket, server TLS or what libcurl
// dialled. It does not wait for anything: poll fd() with net/loop, then read and write here.
// The one inheritance in the project, because who pumps bytes must not care which kind it is.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <utility>

#include "base/bytes.h"
#include "net/fd.h"

namespace net {

enum class Io {
  ok,      ///< `size` bytes went, at least one
  again,   ///< nothing to read, or no room to write: wait until the descriptor is ready
  end,     ///< reading only: the peer has sent everything, and said so
  failed,  ///< the stream is dead; `failure` says why
};

/// Why a stream is dead.
struct IoFailure {
  std::string error = {};  ///< the reason alone: "Connection reset by peer"
  std::string hint = {};   ///< what to do about it; mostly empty
  bool reset = false;      ///< the peer has gone (ECONNRESET, EPIPE)
};

struct IoResult {
  Io io = Io::ok;
  std::size_t size = 0;
  std::shared_ptr<const IoFailure> failure = {};  ///< of `failed`
};

inline IoResult io_failure(IoFailure failure) {
  return {.io = Io::failed, .failure = std::make_shared<const IoFailure>(std::move(failure))};
}

class Stream {
 public:
  virtual ~Stream() = default;

  /// Reads what is there into `into`, which is not empty.
  virtual IoResult read(Bytes into) = 0;

  /// Writes the front of `from`, which is not empty. After `again` the next write must begin with
  /// the same bytes and be no shorter (TLS has a record half sent); they may lie elsewhere.
  virtual IoResult write(ConstBytes from) = 0;

  /// What the system holds for the peer of what was written, and about how much it would hold.
  struct SendQueue {
    std::size_t size = 0;
    std::size_t limit = 0;  ///< 0: not known
  };
  virtual SendQueue send_queue() const { return {}; }

  /// Nothing more will be written; reading goes on.
  virtual void shutdown_write() = 0;

  /// Its end will be a reset (RST) that drops what is still under way, instead of a FIN.
  virtual void reset_on_close() = 0;

  /// For a Poll, which must be gone before this stream is.
  virtual int fd() const = 0;

  /// A layer above the descriptor may hold bytes that no poll shows: read until `again` before
  /// waiting for the descriptor, and try to read when it is writable, too.
  virtual bool reads_ahead() const = 0;

  /// What the descriptor must become for reading or writing, if that is wanted, to go on after
  /// `again`. Under TLS either may have to wait for the other.
  struct Interest {
    bool readable = false;
    bool writable = false;
  };
  virtual Interest interest(bool reading, bool writing) const { return {reading, writing}; }
};

/// A connected socket: TCP (Nagle off) or a unix socket. Owns the descriptor.
class SocketStream final : public Stream {
 public:
  explicit SocketStream(Fd fd);

  IoResult read(Bytes into) override;
  IoResult write(ConstBytes from) override;
  SendQueue send_queue() const override;
  void shutdown_write() override;
  void reset_on_close() override;
  int fd() const override { return fd_.value(); }
  bool reads_ahead() const override { return false; }

 private:
  Fd fd_;
};

/// What Stream::reset_on_close() promises, for a socket.
void linger_for_nothing(int fd);

/// `again`, or `failed` with the reason, for the errno of a call that did not go through.
IoResult io_error(int error);

}  // namespace net
