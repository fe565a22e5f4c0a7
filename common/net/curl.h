// Dialling with libcurl: names, happy eyeballs, TLS and unix sockets are its business, and what
// comes out is a connected Stream on which nothing has been said yet. Never blocks. No proxy is
// used, and none is taken from the environment. HTTP requests are not made here.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/time.h"
#include "net/loop.h"
#include "net/stream.h"

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

struct DialOptions {
  std::string host;  ///< a name or a numeric address; an IPv6 address without brackets
  std::uint16_t port = 80;
  bool tls = false;
  ClientTls security = {};                ///< with `tls` only
  std::vector<std::string> resolve = {};  ///< HOST:PORT:ADDRESS, as curl --resolve has it
  std::string unix_socket = {};           ///< connect to this path instead of host and port
  std::optional<Duration> connect_timeout =
      {};  ///< names and TLS included; libcurl's 300 s otherwise
  std::function<void(std::string_view)> trace = {};  ///< one line each, no line feed; must not dial
};

struct DialError {
  int code = 0;         ///< the CURLcode, which is the exit code too
  std::string message;  ///< "could not resolve host: nohost.invalid"
  std::string hint;     ///< what to do about it; mostly empty
};

class Dialer {
 public:
  using Dialled = std::function<void(std::variant<std::unique_ptr<Stream>, DialError>)>;

  explicit Dialer(Loop& loop);

  /// Gives up what is being dialled, without a call back. Streams may live on, but not past the
  /// Loop.
  ~Dialer();
  Dialer(const Dialer&) = delete;
  Dialer& operator=(const Dialer&) = delete;

  /// Calls `dialled` once, in a later turn; it may dial again or destroy the Dialer. Read from or
  /// write to the stream at once: until then libcurl takes it for a spare connection.
  void dial(const DialOptions& options, Dialled dialled);

 private:
  struct State;
  std::shared_ptr<State> state_;  // shared with the streams, whose handles are in the multi handle
};

}  // namespace net
