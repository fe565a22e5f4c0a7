// The TLS options of a client: their table, and what their values mean. Names and meanings are
// curl's. The struct that they fill is net::ClientTls, which this folder must not know.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "base/result.h"
#include "cli/option.h"
#include "cli/parse.h"

namespace cli {

inline constexpr std::string_view kTlsGroup = "TLS";

inline constexpr std::array kTlsOptions = {
    Option{.name = "insecure",
           .letter = 'k',
           .group = kTlsGroup,
           .help = "Do not check the server's certificate",
           .doc = "The connection is encrypted, but anybody may be at the other end."},
    Option{.name = "cacert",
           .takes = Takes::one,
           .arg = "FILE",
           .group = kTlsGroup,
           .help = "Trust the CA certificates in FILE (PEM)",
           .doc = "Instead of the system's; CURL_CA_BUNDLE or SSL_CERT_FILE in the environment "
                  "does the same when neither this option nor *capath* is given.",
           .offers = Offers::file},
    Option{.name = "capath",
           .takes = Takes::one,
           .arg = "FOLDER",
           .group = kTlsGroup,
           .help = "Trust the CA certificates in FOLDER",
           .doc = "One in each file, named as openssl rehash does. SSL_CERT_DIR in the "
                  "environment does the same when neither this option nor *cacert* is given.",
           .offers = Offers::directory},
    Option{.name = "cert",
           .letter = 'E',
           .takes = Takes::one,
           .arg = "FILE[:PASSWORD]",
           .group = kTlsGroup,
           .help = "Show the server this certificate (PEM)",
           .doc = "With its key, unless *key* names the file of that, and the key's PASSWORD if "
                  "it is encrypted. A colon in FILE is written \\:, a backslash \\\\.",
           .offers = Offers::file},
    Option{.name = "key",
           .takes = Takes::one,
           .arg = "FILE",
           .group = kTlsGroup,
           .help = "Use the private key in FILE (PEM)",
           .doc = "For the certificate of *cert*.",
           .offers = Offers::file},
    Option{.name = "pass",
           .takes = Takes::one,
           .arg = "PASSWORD",
           .group = kTlsGroup,
           .help = "Open the private key with PASSWORD",
           .doc = "As behind the colon in *cert*. It is never asked for."},
};

/// FILE[:PASSWORD] as curl reads it: a backslash takes the meaning from a colon and a backslash,
/// and is itself before anything else. `pkcs11:` begins a URI, which has colons of its own. Without
/// a password `password` stays as it is.
void take_certificate(std::string_view text, std::string& certificate, std::string& password);

/// `value` is one of an option in the table, or of another: then nothing happens.
template <typename ClientTls>
void apply_tls(const Value& value, ClientTls& tls) {
  const std::string_view name = value.option->name;
  if (name == "insecure") tls.insecure = true;
  if (name == "cacert") tls.ca_file = value.text;
  if (name == "capath") tls.ca_path = value.text;
  if (name == "cert") take_certificate(value.text, tls.certificate, tls.password);
  if (name == "key") tls.key = value.text;
  if (name == "pass") tls.password = value.text;
}

/// A key alone shows the server nothing.
Result<void> check_identity(const Parsed& parsed);

/// As with curl: a variable that is not set must not turn into trust in the system's authorities.
Result<void> check_authorities(const Parsed& parsed);

}  // namespace cli
