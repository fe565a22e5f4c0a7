// What dialling and HTTP transfers have in common: how a connection is made, and what is said when
// none comes about. libcurl makes both, no type of it shows. No proxy is used, and none is taken
// from the environment.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace net {

/// TLS as curl's options of these names have it. What is empty is left to libcurl.
struct ClientTls {
  bool insecure = false;     ///< do not check who answers
  std::string ca_file = {};  ///< empty: $CURL_CA_BUNDLE or $SSL_CERT_FILE, if no `ca_path` either
  std::string ca_path = {};  ///< empty: $SSL_CERT_DIR, if no `ca_file` either
  std::string certificate = {};  ///< of ours, with those behind it (PEM)
  std::string key = {};          ///< of `certificate`; empty: in the same file
  std::string password = {};     ///< of the key
};

struct ConnectOptions {
  ClientTls security = {};                ///< of TLS connections only
  std::vector<std::string> resolve = {};  ///< HOST:PORT:ADDRESS, as curl --resolve has it
  std::string unix_socket = {};           ///< connect to this path instead of host and port
  std::optional<Duration> connect_timeout =
      {};  ///< names and TLS included; libcurl's 300 s otherwise
  std::function<void(std::string_view)> trace =
      {};  ///< one line each, no line feed; must neither begin nor end anything
};

struct DialError {
  int code = 0;         ///< the CURLcode, which is the exit code too
  std::string message;  ///< "could not resolve host: nohost.invalid"
  std::string hint;     ///< what to do about it; mostly empty
};

}  // namespace net
