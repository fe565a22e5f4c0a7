#include "net/tls_error.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <cstring>

namespace net {
namespace {

std::string text_of(unsigned long error) {
  if (ERR_SYSTEM_ERROR(error)) return std::strerror(ERR_GET_REASON(error));
  const char* const reason = ERR_reason_error_string(error);
  return reason != nullptr ? reason : "unknown error";
}

/// RFC 9112 3: a method, in capitals with every client there is.
bool is_http(std::string_view first_bytes) {
  const std::size_t size = first_bytes.find(' ');
  const std::string_view method = first_bytes.substr(0, size);
  return method.size() >= 3 &&
         std::all_of(method.begin(), method.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

/// RFC 8446 6.2: the alerts by which a client says that it does not like our certificate.
bool is_about_certificate(int alert) {
  return (alert >= SSL_AD_BAD_CERTIFICATE && alert <= SSL_AD_CERTIFICATE_UNKNOWN) ||
         alert == SSL_AD_UNKNOWN_CA;
}

/// SSL_is_init_finished() says no after any failure.
bool has_been_open(const SSL* ssl) {
  char finished = 0;
  return SSL_get_peer_finished(ssl, &finished, sizeof finished) > 0;
}

std::string alert_text(int alert) {
  const std::string name = SSL_alert_desc_string_long(alert);
  return (is_about_certificate(alert) ? "the client does not accept our certificate: alert \""
                                      : "the client gave up TLS: alert \"") +
         name + "\"";
}

}  // namespace

std::string openssl_reason() {
  const unsigned long error = ERR_peek_error();
  ERR_clear_error();
  return text_of(error);
}

std::string tls_failure(const SSL* ssl, std::string_view first_bytes) {
  const bool open = has_been_open(ssl);
  const unsigned long error = ERR_peek_error();
  ERR_clear_error();
  const int reason = ERR_GET_LIB(error) == ERR_LIB_SSL ? ERR_GET_REASON(error) : 0;
  if (reason == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
    return open ? "TLS connection cut without close_notify"
                : "the client ended the connection in the TLS handshake";
  }
  if (!open && is_http(first_bytes)) return "plain HTTP on a TLS port";
  if (reason >= SSL_AD_REASON_OFFSET) return alert_text(reason - SSL_AD_REASON_OFFSET);
  switch (reason) {
    case SSL_R_WRONG_VERSION_NUMBER: return "no TLS on a TLS port";
    case SSL_R_UNSUPPORTED_PROTOCOL: return "the client speaks only versions before TLS 1.2";
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE: return "the client sent no certificate";
    case SSL_R_NO_APPLICATION_PROTOCOL: return "the client does not speak HTTP/1.1 (ALPN)";
    case SSL_R_CERTIFICATE_VERIFY_FAILED:
      return std::string("the client's certificate does not verify: ") +
             X509_verify_cert_error_string(SSL_get_verify_result(ssl));
    default: return "TLS failed: " + text_of(error);
  }
}

}  // namespace net
