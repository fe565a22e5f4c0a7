// The TLS options of a client: their table, and what their values mean. Names and meanings are
// curl's.
#pragma once

#include <array>

#include "base/result.h"
#include "cli/option.h"
#include "cli/parse.h"
#include "net/curl.h"

namespace ws_cat {

inline constexpr std::string_view kTlsGroup = "TLS";

inline constexpr std::array kTlsOptions = {
    cli::Option{.name = "insecure",
                .letter = 'k',
                .group = kTlsGroup,
                .help = "Do not check the server's certificate",
                .doc = "The connection is encrypted, but anybody may be at the other end."},
    cli::Option{.name = "cacert",
                .takes = cli::Takes::one,
                .arg = "FILE",
                .group = kTlsGroup,
                .help = "Trust the CA certificates in FILE (PEM)",
                .doc =
                    "Instead of the system's; CURL_CA_BUNDLE or SSL_CERT_FILE in the environment "
                    "does the same when neither this option nor *capath* is given.",
                .offers = cli::Offers::file},
    cli::Option{.name = "capath",
                .takes = cli::Takes::one,
                .arg = "FOLDER",
                .group = kTlsGroup,
                .help = "Trust the CA certificates in FOLDER",
                .doc = "One in each file, named as openssl rehash does. SSL_CERT_DIR in the "
                       "environment does the same when neither this option nor *cacert* is given.",
                .offers = cli::Offers::directory},
    cli::Option{.name = "cert",
                .letter = 'E',
                .takes = cli::Takes::one,
                .arg = "FILE[:PASSWORD]",
                .group = kTlsGroup,
                .help = "Show the server this certificate (PEM)",
                .doc =
                    "With its key, unless *key* names the file of that, and the key's PASSWORD if "
                    "it is encrypted. A colon in FILE is written \\:, a backslash \\\\.",
                .offers = cli::Offers::file},
    cli::Option{.name = "key",
                .takes = cli::Takes::one,
                .arg = "FILE",
                .group = kTlsGroup,
                .help = "Use the private key in FILE (PEM)",
                .doc = "For the certificate of *cert*.",
                .offers = cli::Offers::file},
    cli::Option{.name = "pass",
                .takes = cli::Takes::one,
                .arg = "PASSWORD",
                .group = kTlsGroup,
                .help = "Open the private key with PASSWORD",
                .doc = "As behind the colon in *cert*. It is never asked for."},
};

/// `value` is one of an option in the table.
void apply_tls(const cli::Value& value, net::ClientTls& tls);

/// A key alone shows the server nothing.
Result<void> check_identity(const net::ClientTls& tls);

/// The authorities that `parsed` names can be read, as far as their names go.
Result<void> check_authorities(const cli::Parsed& parsed, const net::ClientTls& tls);

}  // namespace ws_cat
