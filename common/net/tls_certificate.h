// A certificate for a test server, made on the spot: a CA signs the one certificate and loses its
// own key, so that trusting it trusts nobody else (RFC 5280). For TlsContext alone: OpenSSL's types
// show.
#pragma once

#include <openssl/x509.h>

#include <memory>
#include <string>
#include <vector>

#include "net/tls_files.h"

namespace net {

struct FreeCertificate {
  void operator()(X509* certificate) const { X509_free(certificate); }
};
using Certificate = std::unique_ptr<X509, FreeCertificate>;

struct TestCertificate {
  Certificate ca;
  Certificate certificate;  ///< of the server, signed by `ca`
  Key key;                  ///< of `certificate`
};

/// P-256, from an hour ago until in 30 days. Each of `hosts` is a name or a numeric address, where
/// that of IPv6 has no brackets.
TestCertificate make_certificate(const std::vector<std::string>& hosts);

std::string to_pem(X509& certificate);

}  // namespace net
