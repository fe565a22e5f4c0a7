#include "net/curl_error.h"

#include <curl/curl.h>

#include <algorithm>
#include <cerrno>
#include <string_view>

#include "base/text.h"
#include "net/fd.h"
#include "net/tls_files.h"

namespace net {
namespace {

constexpr std::string_view kTrustHint =
    "--cacert FILE trusts another authority, --insecure does not check";

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != text.npos;
}

/// What follows the last `mark`; empty if there is none.
std::string_view behind(std::string_view text, std::string_view mark) {
  const std::size_t at = text.rfind(mark);
  return at == text.npos ? std::string_view{} : text.substr(at + mark.size());
}

/// "certificate required" of "OpenSSL SSL_read: error:0A00045C:SSL routines::tlsv13 alert
/// certificate required, errno 0"; empty if no alert came (RFC 8446 6).
std::string alert_in(std::string_view text) {
  const std::string_view alert = behind(text, " alert ");
  return std::string(alert.substr(0, alert.find(',')));
}

/// RFC 8446 6.2: of ours, as there is no other that the server could mean.
bool is_about_certificate(std::string_view alert) {
  return contains(alert, "certificate") || contains(alert, "unknown ca");
}

/// "Could not resolve host: x." -> "could not resolve host: x"
std::string in_our_look(std::string message) {
  while (!message.empty() && (message.back() == '\n' || message.back() == '.')) message.pop_back();
  // "SSL connect error" and "OpenSSL SSL_connect" keep their capitals.
  const std::string_view word = std::string_view(message).substr(0, message.find(' '));
  const auto is_capital = [](char c) { return c >= 'A' && c <= 'Z'; };
  if (std::count_if(word.begin(), word.end(), is_capital) == 1)
    message[0] = ascii_lower(message[0]);
  return message;
}

/// CURLE_COULDNT_CONNECT. Of several addresses the last one's reason is told.
void explain_connect(DialError& error, int os_error, const Endpoint& endpoint,
                     const std::string& unix_socket) {
  const std::string where =
      unix_socket.empty() ? endpoint.host + " port " + std::to_string(endpoint.port) : unix_socket;
  error.message = "cannot connect to " + where + ": " + errno_text(os_error);
  if (os_error == ECONNREFUSED) error.hint = "is the server running?";
}

/// CURLE_PEER_FAILED_VERIFICATION. The names in the certificate are the peer's: not shown.
void explain_distrust(DialError& error, std::string_view text, const std::string& host) {
  const std::string_view why = behind(text, "SSL certificate problem: ");
  if (contains(text, "host name")) {
    error.message = "the server's certificate is not for " + host;
    error.hint =
        "--resolve NAME:PORT:ADDRESS connects under the name that is in it, --insecure does not "
        "check";
  } else if (why.empty()) {
    error.hint = kTrustHint;
  } else {
    error.message = "the server's certificate does not verify: " + std::string(why);
    const bool about_time = contains(why, "expired") || contains(why, "not yet valid");
    error.hint = about_time ? "--insecure does not check" : kTrustHint;
  }
}

/// CURLE_SSL_CERTPROBLEM: libcurl knows that it is the key, but not what is wrong with it.
void explain_own_certificate(DialError& error, std::string_view text, const ClientTls& tls) {
  const auto use = [&error](const Error& found) {
    error.message = found.message;
    error.hint = found.hint;
  };
  if (auto readable = check_readable(tls.certificate); !readable) return use(readable.error());
  if (contains(text, "could not load")) {
    if (contains(text, "no start line")) {
      error.message = "no certificate in " + tls.certificate;
      error.hint = "a PEM file is wanted";
    }
    return;
  }
  const std::string& key_file = tls.key.empty() ? tls.certificate : tls.key;
  if (!can_be_read_again(key_file) && check_readable(key_file)) return;
  const std::optional<std::string> password =
      tls.password.empty() ? std::nullopt : std::optional(tls.password);
  const auto key = read_key(key_file, password);
  if (key) return use(not_a_pair(key_file, tls.certificate));
  use(key.error());
  if (error.message.ends_with("encrypted")) error.hint = "--pass PASSWORD opens it";
  if (tls.key.empty() && error.message.starts_with("no "))
    error.hint = "--key FILE says where it is";
}

/// CURLE_SSL_CACERT_BADFILE
void explain_ca_file(DialError& error, const ClientTls& tls) {
  if (tls.ca_file.empty()) return;
  const auto readable = check_readable(tls.ca_file);
  error.message = readable ? "no CA certificate in " + tls.ca_file : readable.error().message;
  error.hint = readable ? "a PEM file is wanted" : "";
}

/// CURLE_SSL_CONNECT_ERROR
void explain_handshake(DialError& error, std::string_view text, const ClientTls& tls,
                       const std::string& plain_url) {
  const std::string alert = alert_in(text);
  if (contains(text, "wrong version number") || contains(text, "packet length too long")) {
    error.message = "the server does not speak TLS on this port";
    error.hint = "use " + plain_url;
  } else if (contains(text, "SSL_ERROR_SYSCALL") || contains(text, "unexpected eof") ||
             contains(text, "SSL_ERROR_ZERO_RETURN")) {
    error.message = "the server ended the connection in the TLS handshake";
    error.hint = "if it does not speak TLS on this port, use " + plain_url;
  } else if (contains(text, "Connection reset")) {
    error.message = "the connection was reset in the TLS handshake";
    error.hint = "if the server does not speak TLS on this port, use " + plain_url;
  } else if (!alert.empty()) {
    error.message = (is_about_certificate(alert) && !tls.certificate.empty()
                         ? "the server does not accept our certificate: "
                         : "the server refused the TLS handshake: ") +
                    alert;
    // TLS 1.2 has no alert of its own for that.
    if (alert == "handshake failure" && tls.certificate.empty()) {
      error.hint = "it may want a client certificate, --cert FILE";
    }
  } else if (const std::string_view reason = behind(text, "::"); !reason.empty()) {
    error.message = "the TLS handshake failed: " + std::string(reason);
  }
}

/// After the handshake. With TLS 1.3 a server judges our certificate when we are done already.
void explain_alert(DialError& error, const std::string& alert, const ClientTls& tls) {
  if (alert.empty()) return;
  if (alert == "certificate required" && tls.certificate.empty()) {
    error.message = "the server wants a client certificate";
    error.hint = "--cert FILE sends one";
  } else if (is_about_certificate(alert)) {
    error.message = "the server does not accept our certificate: " + alert;
  } else {
    error.message = "the server ended TLS: " + alert;
  }
}

}  // namespace

DialError explain(int code, const std::string& text, int os_error, const Endpoint& endpoint,
                  const ConnectOptions& options) {
  DialError error{.code = code, .message = in_our_look(text), .hint = ""};
  if (code == CURLE_COULDNT_CONNECT && os_error != 0)
    explain_connect(error, os_error, endpoint, options.unix_socket);
  if (!endpoint.tls) return error;
  const ClientTls& tls = options.security;
  switch (code) {
    case CURLE_PEER_FAILED_VERIFICATION: explain_distrust(error, text, endpoint.host); break;
    case CURLE_SSL_CERTPROBLEM: explain_own_certificate(error, text, tls); break;
    case CURLE_SSL_CACERT_BADFILE: explain_ca_file(error, tls); break;
    case CURLE_SSL_CONNECT_ERROR:
      explain_handshake(error, text, tls, std::string(endpoint.plain_url));
      break;
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR: explain_alert(error, alert_in(text), tls); break;
    default: break;
  }
  return error;
}

}  // namespace net
