// The server's side of TLS (RFC 8446, RFC 5246): settings made once from files or on the spot, and
// a Stream on top of another one for each connection. TLS 1.2 or later, no renegotiation, no
// resumption, ALPN http/1.1 (RFC 7301). The client's side is libcurl's, see net/curl.h.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "net/stream.h"

struct ssl_ctx_st;

namespace net {

/// Copies are the same context, and may be used by another thread each, once it is set up.
class TlsContext {
 public:
  /// PEM files: the certificate with those between it and its CA behind it, and its key. An empty
  /// `key_file` means that the key is in the first file, too.
  static Result<TlsContext> from_files(const std::string& certificate_file,
                                       const std::string& key_file);

  /// With a certificate for `hosts` (names and numeric addresses) made for the occasion, see
  /// ca_pem().
  static Result<TlsContext> for_hosts(const std::vector<std::string>& hosts);

  /// Only clients with a certificate of one of the CAs in this PEM file get through.
  Result<void> require_client_certificate(const std::string& ca_file);

  /// The CA certificate to trust, after for_hosts(); else empty.
  const std::string& ca_pem() const { return ca_pem_; }

  /// A stream of what is inside TLS. The handshake takes place while it is read from and written
  /// to. Its end is `end` only if the peer said so with close_notify: without it is `failed`. After
  /// `failed` reading goes on to drop what comes until the end of `transport`, so that a close does
  /// not become a reset before the peer has read why.
  std::unique_ptr<Stream> accept(std::unique_ptr<Stream> transport) const;

 private:
  TlsContext();

  std::shared_ptr<ssl_ctx_st> context_;
  std::string ca_pem_;
};

}  // namespace net
