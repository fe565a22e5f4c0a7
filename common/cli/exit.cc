#include "cli/exit.h"

namespace cli {
namespace {

// One case an enumerator, so that -Wswitch reports a code that has no row.
ExitInfo row(Exit code) {
  switch (code) {
    case Exit::ok: return {code, "ok", "All went well, or standard output went away early"};
    case Exit::usage: return {code, "usage", "The command line is wrong"};
    case Exit::url: return {code, "url", "The URL is malformed"};
    case Exit::resolve: return {code, "resolve", "The name of the host could not be resolved"};
    case Exit::connect:
      return {code, "connect",
              "No connection could be made, or the address to listen at cannot be had"};
    case Exit::refused:
      return {code, "refused",
              "The server refused: its HTTP status or media type is not the one that is needed"};
    case Exit::write: return {code, "write", "Output could not be written"};
    case Exit::read: return {code, "read", "Input could not be read"};
    case Exit::timeout:
      return {code, "timeout",
              "It took too long, nothing came for too long, or a ping was not answered"};
    case Exit::tls: return {code, "tls", "The TLS handshake failed"};
    case Exit::redirects: return {code, "redirects", "There were too many redirects"};
    case Exit::empty_reply:
      return {code, "empty-reply", "The server closed the connection without an answer"};
    case Exit::cut:
      return {code, "cut",
              "The connection was cut: with a WebSocket without a Close, which it calls 1006"};
    case Exit::client_certificate:
      return {code, "client-certificate", "Our own certificate or its key cannot be used"};
    case Exit::peer_certificate:
      return {code, "peer-certificate", "The certificate of the other side did not verify"};
    case Exit::login: return {code, "login", "The user name or the password was denied"};
    case Exit::ca_file: return {code, "ca-file", "The CA certificates cannot be read"};
    case Exit::proxy: return {code, "proxy", "The handshake with the proxy failed"};
    case Exit::violation: return {code, "violation", "The other side violated the protocol"};
    case Exit::closed:
      return {code, "closed", "The other side closed with a code that counts as a failure"};
    case Exit::expectation: return {code, "expectation", "An expectation was not met"};
    case Exit::limit: return {code, "limit", "A limit of this side was exceeded"};
    case Exit::stream_error:
      return {code, "stream-error", "The stream reported an error or ended without its end mark"};
    case Exit::interrupted: return {code, "interrupted", "Interrupted with Ctrl-C"};
  }
  return {};
}

}  // namespace

std::vector<ExitInfo> all_exits() {
  std::vector<ExitInfo> rows;
  for (int code = 0; code <= 255; ++code) {  // what a process can end with
    if (const ExitInfo info = row(Exit{code}); !info.name.empty()) rows.push_back(info);
  }
  return rows;
}

}  // namespace cli
