#include "net/tls.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/check.h"
#include "net/tls_error.h"

namespace net {
namespace {

/// What is below TLS, as OpenSSL sees it, with what it does not keep.
struct Transport {
  std::unique_ptr<Stream> stream;
  std::optional<IoResult> failure;  // of the call under way
  bool ended = false;
  std::string first_bytes;  // that came, to tell what they are if not TLS
};

constexpr std::size_t kFirstSize = 8;

// Of what comes after a failure: as many reads as the pump makes in a turn.
constexpr int kDropsPerRead = 4;

/// Prepares for the outcome `result` of a call below; what the BIO callback has to return.
int bio_outcome(BIO* bio, Transport& transport, const IoResult& result, int retry_flag) {
  switch (result.io) {
    case Io::ok: return static_cast<int>(result.size);
    case Io::again: BIO_set_flags(bio, retry_flag | BIO_FLAGS_SHOULD_RETRY); return -1;
    case Io::end: transport.ended = true; return 0;
    case Io::failed: transport.failure = result; return -1;
  }
  return -1;
}

int on_bio_read(BIO* bio, char* data, int size) {
  BIO_clear_retry_flags(bio);
  if (size <= 0) return 0;
  auto& transport = *static_cast<Transport*>(BIO_get_data(bio));
  const Bytes into(reinterpret_cast<std::uint8_t*>(data), static_cast<std::size_t>(size));
  const IoResult result = transport.stream->read(into);
  if (result.io == Io::ok && transport.first_bytes.size() < kFirstSize) {
    const std::size_t wanted = kFirstSize - transport.first_bytes.size();
    transport.first_bytes += as_text(into.first(std::min(wanted, result.size)));
  }
  return bio_outcome(bio, transport, result, BIO_FLAGS_READ);
}

int on_bio_write(BIO* bio, const char* data, int size) {
  BIO_clear_retry_flags(bio);
  if (size <= 0) return 0;
  auto& transport = *static_cast<Transport*>(BIO_get_data(bio));
  const std::string_view from(data, static_cast<std::size_t>(size));
  return bio_outcome(bio, transport, transport.stream->write(as_bytes(from)), BIO_FLAGS_WRITE);
}

long on_bio_control(BIO* bio, int command, long, void*) {
  if (command == BIO_CTRL_FLUSH) return 1;
  if (command == BIO_CTRL_EOF) return static_cast<Transport*>(BIO_get_data(bio))->ended ? 1 : 0;
  return 0;
}

const BIO_METHOD* bio_method() {
  static const BIO_METHOD* const made = [] {
    BIO_METHOD* method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "net::Stream");
    CHECK(method != nullptr);
    BIO_meth_set_read(method, on_bio_read);
    BIO_meth_set_write(method, on_bio_write);
    BIO_meth_set_ctrl(method, on_bio_control);
    return method;
  }();
  return made;
}

class TlsStream final : public Stream {
 public:
  TlsStream(SSL_CTX* context, std::unique_ptr<Stream> transport) : ssl_(SSL_new(context)) {
    transport_.stream = std::move(transport);
    BIO* const bio = BIO_new(bio_method());
    CHECK(ssl_ != nullptr && bio != nullptr);
    BIO_set_data(bio, &transport_);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl_, bio, bio);
    SSL_set_accept_state(ssl_);
  }
  ~TlsStream() override;
  TlsStream(const TlsStream&) = delete;
  TlsStream& operator=(const TlsStream&) = delete;

  IoResult read(Bytes into) override;
  IoResult write(ConstBytes from) override;
  void shutdown_write() override;
  void reset_on_close() override { transport_.stream->reset_on_close(); }
  int fd() const override { return transport_.stream->fd(); }
  bool reads_ahead() const override { return true; }
  Interest interest(bool reading, bool writing) const override;

 private:
  IoResult outcome(int returned);
  IoResult drop_what_comes(Bytes scratch);

  Transport transport_;
  SSL* ssl_ = nullptr;
  std::string error_;  // not empty: TLS is over
  bool read_wants_room_ = false;
  bool write_wants_data_ = false;
  bool farewell_waits_ = false;  // close_notify has found no room yet
};

/// RFC 8446 6.1: who was told close_notify tells it, too, if there is room.
TlsStream::~TlsStream() {
  if (SSL_get_shutdown(ssl_) == SSL_RECEIVED_SHUTDOWN) SSL_shutdown(ssl_);
  SSL_free(ssl_);
}

IoResult TlsStream::read(Bytes into) {
  CHECK(!into.empty());
  if (farewell_waits_) shutdown_write();
  if (!error_.empty()) return drop_what_comes(into);
  std::size_t size = 0;
  ERR_clear_error();
  transport_.failure.reset();
  const int returned = SSL_read_ex(ssl_, into.data(), into.size(), &size);
  read_wants_room_ = SSL_want_write(ssl_);
  if (returned == 1) return {.size = size};
  return outcome(returned);
}

IoResult TlsStream::write(ConstBytes from) {
  CHECK(!from.empty());
  if (!error_.empty()) return io_failure({.error = error_});
  std::size_t size = 0;
  ERR_clear_error();
  transport_.failure.reset();
  const int returned = SSL_write_ex(ssl_, from.data(), from.size(), &size);
  write_wants_data_ = SSL_want_read(ssl_);
  if (returned == 1) return {.size = size};
  return outcome(returned);
}

IoResult TlsStream::outcome(int returned) {
  switch (SSL_get_error(ssl_, returned)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE: return {.io = Io::again};
    case SSL_ERROR_ZERO_RETURN: return {.io = Io::end};
    default: break;
  }
  if (transport_.failure) return *transport_.failure;
  // Somebody came to see whether the port is open.
  if (transport_.ended && transport_.first_bytes.empty()) return {.io = Io::end};
  error_ = tls_failure(ssl_, transport_.first_bytes);
  return io_failure({.error = error_});
}

/// `again` after a while even if there is more, so that who never stops does not keep us here: the
/// descriptor stays readable.
IoResult TlsStream::drop_what_comes(Bytes scratch) {
  for (int i = 0; i < kDropsPerRead; ++i) {
    IoResult result = transport_.stream->read(scratch);
    if (result.io == Io::again) return result;
    if (result.io != Io::ok) return io_failure({.error = error_});
  }
  return {.io = Io::again};
}

/// RFC 8446 6.1: close_notify says that nothing more comes from us; the peer may go on.
void TlsStream::shutdown_write() {
  if (error_.empty() && SSL_is_init_finished(ssl_)) {
    ERR_clear_error();
    transport_.failure.reset();
    const int returned = SSL_shutdown(ssl_);
    farewell_waits_ = returned < 0 && SSL_get_error(ssl_, returned) == SSL_ERROR_WANT_WRITE;
    if (farewell_waits_) return;
  }
  transport_.stream->shutdown_write();
}

Stream::Interest TlsStream::interest(bool reading, bool writing) const {
  const bool reading_needs_room = reading && (read_wants_room_ || farewell_waits_);
  return {.readable = (reading && !read_wants_room_) || (writing && write_wants_data_),
          .writable = (writing && !write_wants_data_) || reading_needs_room};
}

}  // namespace

std::unique_ptr<Stream> TlsContext::accept(std::unique_ptr<Stream> transport) const {
  return std::make_unique<TlsStream>(context_.get(), std::move(transport));
}

}  // namespace net
