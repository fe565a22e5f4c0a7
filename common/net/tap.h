// A stream that tells what passes through it: the bytes as they are on the transport (after TLS),
// and how each side ends. Everything else is the inner stream's. Whoever reads and writes does not
// notice.
#pragma once

#include <functional>
#include <memory>

#include "net/stream.h"
#include "rec/recording.h"

namespace net {

class TapStream final : public Stream {
 public:
  /// `bytes` lives for the call, is empty for all but received and sent, and has not been touched
  /// by the reader yet. Called with `opened` at once; the last call is an end or a reset of this
  /// side's, at the latest in the destructor, unless the peer had cut the connection.
  using Tap = std::function<void(rec::Kind kind, ConstBytes bytes)>;

  TapStream(std::unique_ptr<Stream> inner, Tap tap);
  ~TapStream() override;
  TapStream(const TapStream&) = delete;
  TapStream& operator=(const TapStream&) = delete;

  IoResult read(Bytes into) override;
  IoResult write(ConstBytes from) override;
  void shutdown_write() override;
  void reset_on_close() override;
  int fd() const override { return inner_->fd(); }
  bool reads_ahead() const override { return inner_->reads_ahead(); }
  Interest interest(bool reading, bool writing) const override {
    return inner_->interest(reading, writing);
  }

 private:
  void note_failure(const IoResult& result);

  std::unique_ptr<Stream> inner_;
  Tap tap_;
  bool received_end_ = false;
  bool sent_end_ = false;
  bool received_reset_ = false;
  bool resets_ = false;  // when it is closed
};

}  // namespace net
