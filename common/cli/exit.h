// The exit codes of all four tools. Below 100 they are curl's, so that a script written for curl
// reads them right, and a CURLcode that is not listed here is passed on as it is; from 100 on they
// are ours.
#pragma once

namespace cli {

enum class Exit : int {
  ok = 0,                   ///< a quiet end, also when standard output went away
  usage = 2,                ///< the command line is wrong
  url = 3,                  ///< the URL is malformed
  resolve = 6,              ///< the host's name could not be resolved
  connect = 7,              ///< no connection
  refused = 22,             ///< HTTP status >= 400 or not the one needed, or a wrong media type
  write = 23,               ///< output could not be written
  read = 26,                ///< input could not be read
  timeout = 28,             ///< took too long, was idle for too long, or a pong is missing
  tls = 35,                 ///< the TLS handshake failed
  redirects = 47,           ///< too many redirects
  empty_reply = 52,         ///< the server closed without an answer
  cut = 56,                 ///< the connection was cut: WebSocket 1006
  client_certificate = 58,  ///< our own certificate or key cannot be used
  peer_certificate = 60,    ///< the peer's certificate did not verify
  login = 67,               ///< the user name or password was denied
  ca_file = 77,             ///< the CA certificates cannot be read
  proxy = 97,               ///< the proxy handshake failed
  violation = 100,          ///< the peer violated the protocol
  closed = 101,             ///< the peer closed with a code that counts as a failure
  expectation = 102,        ///< an expectation of the user was not met
  limit = 103,              ///< a limit of ours was exceeded
  stream_error = 104,       ///< the stream reported an error or ended without its end mark
  interrupted = 130,        ///< Ctrl-C
};

constexpr int to_int(Exit code) {
  return static_cast<int>(code);
}

}  // namespace cli
