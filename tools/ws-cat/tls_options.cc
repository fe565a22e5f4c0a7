#include "tls_options.h"

#include <string>
#include <string_view>

#include "net/tls_files.h"

namespace ws_cat {
namespace {

/// FILE[:PASSWORD] as curl reads it: a backslash takes the meaning from a colon and a backslash,
/// and is itself before anything else. `pkcs11:` begins a URI, which has colons of its own.
void take_certificate(std::string_view text, net::ClientTls& tls) {
  tls.certificate.clear();
  if (text.starts_with("pkcs11:")) {
    tls.certificate = text;
    return;
  }
  while (!text.empty() && text.front() != ':') {
    const bool escaped = text.starts_with("\\:") || text.starts_with("\\\\");
    if (escaped) text.remove_prefix(1);
    tls.certificate += text.front();
    text.remove_prefix(1);
  }
  if (text.size() > 1) tls.password = text.substr(1);
}

}  // namespace

void apply_tls(const cli::Value& value, net::ClientTls& tls) {
  const std::string_view name = value.option->name;
  if (name == "insecure") tls.insecure = true;
  if (name == "cacert") tls.ca_file = value.text;
  if (name == "capath") tls.ca_path = value.text;
  if (name == "cert") take_certificate(value.text, tls);
  if (name == "key") tls.key = value.text;
  if (name == "pass") tls.password = value.text;
}

Result<void> check_identity(const net::ClientTls& tls) {
  if (tls.key.empty() || !tls.certificate.empty()) return {};
  return Error{"option --key: there is no --cert for it", {}};
}

Result<void> check_authorities(const cli::Parsed& parsed, const net::ClientTls& tls) {
  if (tls.insecure) return {};
  // As with curl: a variable that is not set must not turn into trust in the system's authorities.
  if (parsed.last("cacert") == "") return Error{"option --cacert: a file is wanted", {}};
  // OpenSSL looks into the folder when it wants a certificate, and then misses only that.
  return tls.ca_path.empty() ? Result<void>() : net::check_folder(tls.ca_path);
}

}  // namespace ws_cat
