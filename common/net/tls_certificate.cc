#include "net/tls_certificate.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <string_view>

#include "base/check.h"

namespace net {
namespace {

constexpr std::string_view kCaName = "stream-echo test CA";
constexpr std::string_view kServerName = "stream-echo";

// A clock that is a little behind still takes it, and 397 days are the most that browsers accept.
constexpr long kBackdated = 60 * 60;
constexpr long kLifetime = 30 * 24 * 60 * 60;

// RFC 5280 4.1.2.2: at most 20 octets, and positive; unique without keeping count.
constexpr int kSerialBits = 127;

Key make_key() {
  Key key(EVP_EC_gen("P-256"));
  CHECK(key != nullptr);
  return key;
}

void set_serial(X509* certificate) {
  const std::unique_ptr<BIGNUM, decltype(&BN_free)> number(BN_new(), BN_free);
  CHECK(number != nullptr);
  CHECK(BN_rand(number.get(), kSerialBits, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1);
  CHECK(BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr);
}

void set_name(X509_NAME* name, std::string_view common_name) {
  CHECK(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                                   reinterpret_cast<const unsigned char*>(common_name.data()),
                                   static_cast<int>(common_name.size()), -1, 0) == 1);
}

/// All but the extensions and the signature. `issuer` may be the certificate itself: nullptr.
Certificate make_draft(std::string_view common_name, EVP_PKEY* key, X509* issuer) {
  Certificate draft(X509_new());
  X509* const made = draft.get();
  CHECK(made != nullptr);
  CHECK(X509_set_version(made, X509_VERSION_3) == 1);
  set_serial(made);
  CHECK(X509_gmtime_adj(X509_getm_notBefore(made), -kBackdated) != nullptr);
  CHECK(X509_gmtime_adj(X509_getm_notAfter(made), kLifetime) != nullptr);
  set_name(X509_get_subject_name(made), common_name);
  const X509* const signer = issuer != nullptr ? issuer : made;
  CHECK(X509_set_issuer_name(made, X509_get_subject_name(signer)) == 1);
  CHECK(X509_set_pubkey(made, key) == 1);
  return draft;
}

/// `value` as the configuration files of OpenSSL write it.
void add_extension(X509* certificate, X509* issuer, int id, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const std::unique_ptr<X509_EXTENSION, decltype(&X509_EXTENSION_free)> extension(
      X509V3_EXT_conf_nid(nullptr, &context, id, value), X509_EXTENSION_free);
  CHECK(extension != nullptr);
  CHECK(X509_add_ext(certificate, extension.get(), -1) == 1);
}

/// RFC 5280 4.2.1.6. A zone (RFC 4007 11) is known on this machine only.
GENERAL_NAME* make_host_name(const std::string& host) {
  GENERAL_NAME* const name = GENERAL_NAME_new();
  CHECK(name != nullptr);
  const std::string address = host.substr(0, host.find('%'));
  if (ASN1_OCTET_STRING* const octets = a2i_IPADDRESS(address.c_str())) {
    GENERAL_NAME_set0_value(name, GEN_IPADD, octets);
    return name;
  }
  ASN1_IA5STRING* const text = ASN1_IA5STRING_new();
  CHECK(text != nullptr);
  CHECK(ASN1_STRING_set(text, host.data(), static_cast<int>(host.size())) == 1);
  GENERAL_NAME_set0_value(name, GEN_DNS, text);
  return name;
}

void add_host_names(X509* certificate, const std::vector<std::string>& hosts) {
  const std::unique_ptr<GENERAL_NAMES, decltype(&GENERAL_NAMES_free)> names(GENERAL_NAMES_new(),
                                                                            GENERAL_NAMES_free);
  CHECK(names != nullptr);
  for (const std::string& host : hosts) {
    CHECK(sk_GENERAL_NAME_push(names.get(), make_host_name(host)) > 0);
  }
  CHECK(X509_add1_ext_i2d(certificate, NID_subject_alt_name, names.get(), 0, X509V3_ADD_APPEND) ==
        1);
}

}  // namespace

TestCertificate make_certificate(const std::vector<std::string>& hosts) {
  const Key ca_key = make_key();
  Certificate ca = make_draft(kCaName, ca_key.get(), nullptr);
  add_extension(ca.get(), ca.get(), NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
  add_extension(ca.get(), ca.get(), NID_key_usage, "critical,keyCertSign,cRLSign");
  add_extension(ca.get(), ca.get(), NID_subject_key_identifier, "hash");
  CHECK(X509_sign(ca.get(), ca_key.get(), EVP_sha256()) > 0);

  Key key = make_key();
  Certificate server = make_draft(kServerName, key.get(), ca.get());
  add_extension(server.get(), ca.get(), NID_basic_constraints, "critical,CA:FALSE");
  add_extension(server.get(), ca.get(), NID_key_usage, "critical,digitalSignature");
  add_extension(server.get(), ca.get(), NID_ext_key_usage, "serverAuth");
  add_extension(server.get(), ca.get(), NID_subject_key_identifier, "hash");
  add_extension(server.get(), ca.get(), NID_authority_key_identifier, "keyid:always");
  add_host_names(server.get(), hosts);
  CHECK(X509_sign(server.get(), ca_key.get(), EVP_sha256()) > 0);
  return {.ca = std::move(ca), .certificate = std::move(server), .key = std::move(key)};
}

std::string to_pem(X509& certificate) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> memory(BIO_new(BIO_s_mem()), BIO_free);
  CHECK(memory != nullptr);
  CHECK(PEM_write_bio_X509(memory.get(), &certificate) == 1);
  char* text = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

}  // namespace net
