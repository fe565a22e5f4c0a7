// The opening handshake (RFC 6455 sections 4.1 and 4.2), both sides: what to send, and whether what
// came is one. Who may connect (host, origin, path) is the server's policy and not decided here.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "diag/rule.h"
#include "http/field.h"
#include "http/head.h"
#include "http/url.h"
#include "ws/deflate_offer.h"

namespace ws {

inline constexpr std::size_t kKeySize = 16;  ///< random bytes behind a Sec-WebSocket-Key

/// A field to send: name and value.
struct FieldLine {
  std::string name;
  std::string value;
};

/// The Sec-WebSocket-Accept that belongs to a Sec-WebSocket-Key (RFC 6455 4.2.2 (5.4)).
std::string accept_for(std::string_view key);

/// A request or a response head: start line, fields in order, the empty line.
std::string make_head(std::string_view start_line, const std::vector<FieldLine>& fields);

/// The fields of a client's opening request in the usual order; `protocols` may be empty.
std::vector<FieldLine> request_fields(std::string_view host, std::string_view key,
                                      const std::vector<std::string>& protocols);

/// The server agreed. `protocol` is empty when it chose none.
struct Accepted {
  std::string protocol = {};
  std::string extensions = {};                    ///< its answer as it wrote it
  std::optional<DeflateParameters> deflate = {};  ///< permessage-deflate is agreed
  bool others = false;  ///< another extension is agreed, which may give any meaning to a frame
};

/// The server answered with a status other than 101.
struct Refused {
  unsigned status = 0;
};

struct OfferedExtensions {
  std::vector<DeflateOffer> deflate = {};  ///< in the client's order
  std::vector<std::string> others = {};    ///< names of extensions that are unknown here
};

/// What a request asked for, as far as the answer depends on it; nullopt: that is not known, and
/// what depends on it is not judged.
struct Asked {
  std::optional<std::string> key = {};
  std::optional<std::vector<std::string>> protocols = {};
  std::optional<OfferedExtensions> extensions = {};
};

/// Whatever else may be wrong with the request.
Asked asked_by(const http::Head& request);

/// A look at the answer to a request that was overheard (RFC 6455 4.1).
std::variant<Accepted, Refused, diag::Violation> check_response(const http::Head& head,
                                                                const Asked& asked);

/// A client's look at the answer (RFC 6455 4.1): `key`, `protocols` and `deflate` are what it sent.
std::variant<Accepted, Refused, diag::Violation> check_response(
    const http::Head& head, std::string_view key, const std::vector<std::string>& protocols,
    const std::optional<DeflateOffer>& deflate = std::nullopt);

/// What Sec-WebSocket-Extensions lists; nullopt: it breaks the grammar.
std::optional<std::vector<http::Extension>> extensions_of(const http::Head& head);

/// A request that may be answered with 101.
struct Upgrade {
  std::string accept;                            ///< the Sec-WebSocket-Accept to send
  std::vector<std::string> protocols;            ///< offered by the client, in its order
  std::vector<http::Extension> extensions = {};  ///< likewise
};

/// A server's look at the request (RFC 6455 4.2.1).
std::variant<Upgrade, diag::Violation> check_request(const http::Head& head);

/// The one Host of a request, or the authority of an absolute target (RFC 9112 3.2).
std::variant<http::HostPort, diag::Violation> request_host(const http::Head& head);

/// The answer to `upgrade`; an empty `protocol` sends no field (RFC 6455 4.2.2), and neither do
/// empty `extensions`.
std::string make_response(const Upgrade& upgrade, std::string_view protocol,
                          std::string_view extensions = {});

}  // namespace ws
