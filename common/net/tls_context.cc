// TlsContext of net/tls.h: its settings, and the files they come from.
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <optional>
#include <string_view>

#include "base/check.h"
#include "net/tls.h"
#include "net/tls_certificate.h"
#include "net/tls_error.h"
#include "net/tls_files.h"

namespace net {
namespace {

// RFC 7301 3.1: a list of names, each behind its length.
constexpr std::string_view kAlpn = "\x08http/1.1";

constexpr std::string_view kDecryptHint = "openssl pkey -in FILE -out PLAINFILE decrypts it";

/// RFC 7301 3.2: a client that offers names, but none of ours, is refused.
int on_alpn(SSL*, const unsigned char** chosen, unsigned char* size, const unsigned char* offers,
            unsigned int offers_size, void*) {
  unsigned char* found = nullptr;
  const int status =
      SSL_select_next_proto(&found, size, reinterpret_cast<const unsigned char*>(kAlpn.data()),
                            static_cast<unsigned int>(kAlpn.size()), offers, offers_size);
  *chosen = found;
  return status == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

/// Without it OpenSSL would ask at the terminal.
int no_password(char*, int, int, void*) {
  return -1;
}

/// The certificate of `context` is in place.
Result<void> use_key(SSL_CTX* context, const std::string& certificate_file,
                     const std::string& key_file) {
  const Result<Key> key = read_key(key_file, std::nullopt);
  if (!key) {
    const bool encrypted = key.error().message.ends_with("encrypted");
    return Error{key.error().message, encrypted ? std::string(kDecryptHint) : key.error().hint};
  }
  // A key of another kind than the certificate's is taken, but does not go with it.
  const bool fits =
      SSL_CTX_use_PrivateKey(context, key->get()) == 1 && SSL_CTX_check_private_key(context) == 1;
  ERR_clear_error();
  if (!fits) return not_a_pair(key_file, certificate_file);
  return {};
}

}  // namespace

TlsContext::TlsContext() : context_(SSL_CTX_new(TLS_server_method()), SSL_CTX_free) {
  SSL_CTX* const context = context_.get();
  CHECK(context != nullptr);
  CHECK(SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_clear_mode(context, SSL_MODE_AUTO_RETRY);  // a read that made no data returns
  // No tickets: whoever looks at a test server wants to see the whole handshake each time.
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET);
  SSL_CTX_clear_options(context, SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_num_tickets(context, 0);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_read_ahead(context, 1);
  SSL_CTX_set_alpn_select_cb(context, on_alpn, nullptr);
  SSL_CTX_set_default_passwd_cb(context, no_password);
}

Result<TlsContext> TlsContext::from_files(const std::string& certificate_file,
                                          const std::string& key_file) {
  const std::string& key = key_file.empty() ? certificate_file : key_file;
  if (auto readable = check_readable(certificate_file); !readable) return readable.error();
  TlsContext made;
  SSL_CTX* const context = made.context_.get();
  ERR_clear_error();
  if (SSL_CTX_use_certificate_chain_file(context, certificate_file.c_str()) != 1) {
    return unusable("certificate", certificate_file);
  }
  if (auto used = use_key(context, certificate_file, key); !used) return used.error();
  return made;
}

Result<TlsContext> TlsContext::for_hosts(const std::vector<std::string>& hosts) {
  const TestCertificate made = make_certificate(hosts);
  TlsContext context;
  ERR_clear_error();
  if (SSL_CTX_use_certificate(context.context_.get(), made.certificate.get()) != 1 ||
      SSL_CTX_use_PrivateKey(context.context_.get(), made.key.get()) != 1) {
    return Error{"cannot use a certificate made on the spot: " + openssl_reason(), {}};
  }
  context.ca_pem_ = to_pem(*made.ca);
  return context;
}

Result<void> TlsContext::require_client_certificate(const std::string& ca_file) {
  if (auto readable = check_readable(ca_file); !readable) return readable;
  SSL_CTX* const context = context_.get();
  ERR_clear_error();
  if (SSL_CTX_load_verify_file(context, ca_file.c_str()) != 1) {
    return unusable("CA certificate", ca_file);
  }
  // The names go to the client, which may have several certificates to choose from.
  const STACK_OF(X509_OBJECT)* const loaded =
      X509_STORE_get0_objects(SSL_CTX_get_cert_store(context));
  for (int i = 0; i < sk_X509_OBJECT_num(loaded); ++i) {
    X509* const authority = X509_OBJECT_get0_X509(sk_X509_OBJECT_value(loaded, i));
    if (authority != nullptr) CHECK(SSL_CTX_add_client_CA(context, authority) == 1);
  }
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  return {};
}

}  // namespace net
