#include "cli/tls_options.h"

namespace cli {

void take_certificate(std::string_view text, std::string& certificate, std::string& password) {
  certificate.clear();
  if (text.starts_with("pkcs11:")) {
    certificate = text;
    return;
  }
  while (!text.empty() && text.front() != ':') {
    const bool escaped = text.starts_with("\\:") || text.starts_with("\\\\");
    if (escaped) text.remove_prefix(1);
    certificate += text.front();
    text.remove_prefix(1);
  }
  if (text.size() > 1) password = text.substr(1);
}

Result<void> check_identity(const Parsed& parsed) {
  const bool has_key = !parsed.last("key").value_or("").empty();
  if (!has_key || !parsed.last("cert").value_or("").empty()) return {};
  return Error{"option --key: there is no --cert for it", {}};
}

Result<void> check_authorities(const Parsed& parsed) {
  if (parsed.has("insecure") || parsed.last("cacert") != "") return {};
  return Error{"option --cacert: a file is wanted", {}};
}

}  // namespace cli
