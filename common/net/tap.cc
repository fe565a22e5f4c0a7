#include "net/tap.h"

#include <utility>

namespace net {

TapStream::TapStream(std::unique_ptr<Stream> inner, Tap tap)
    : inner_(std::move(inner)), tap_(std::move(tap)) {
  tap_(rec::Kind::opened, {});
}

TapStream::~TapStream() {
  inner_.reset();
  if (received_reset_) return;
  if (resets_) {
    tap_(rec::Kind::sent_reset, {});
  } else if (!sent_end_) {
    tap_(rec::Kind::sent_end, {});
  }
}

IoResult TapStream::read(Bytes into) {
  IoResult result = inner_->read(into);
  switch (result.io) {
    case Io::ok: tap_(rec::Kind::received, into.first(result.size)); break;
    case Io::again: break;
    case Io::end:
      if (!std::exchange(received_end_, true)) tap_(rec::Kind::received_end, {});
      break;
    case Io::failed: note_failure(result); break;
  }
  return result;
}

IoResult TapStream::write(ConstBytes from) {
  IoResult result = inner_->write(from);
  if (result.io == Io::ok) tap_(rec::Kind::sent, from.first(result.size));
  if (result.io == Io::failed) note_failure(result);
  return result;
}

void TapStream::shutdown_write() {
  inner_->shutdown_write();
  if (!received_reset_ && !std::exchange(sent_end_, true)) tap_(rec::Kind::sent_end, {});
}

void TapStream::reset_on_close() {
  inner_->reset_on_close();
  resets_ = true;
}

/// Other failures than a reset are not the peer's doing, and only end in a close of ours.
void TapStream::note_failure(const IoResult& result) {
  if (result.failure && result.failure->reset && !std::exchange(received_reset_, true))
    tap_(rec::Kind::received_reset, {});
}

}  // namespace net
