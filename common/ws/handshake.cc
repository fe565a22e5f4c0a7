#include "ws/handshake.h"

#include <algorithm>

#include "base/base64.h"
#include "base/sha1.h"
#include "base/text.h"
#include "http/body.h"

namespace ws {
namespace {

using diag::Rule;
using diag::Violation;
using http::Field;

constexpr std::string_view kGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";  // RFC 6455 1.3
constexpr std::string_view kVersion = "13";

/// A violation shown by `field`, or by the end of the head when the field is missing.
Violation broken(const http::Head& head, Rule rule, const Field* field = nullptr) {
  const std::size_t at = field != nullptr
                             ? static_cast<std::size_t>(field->value.data() - head.text.data())
                             : head.text.size();
  return {rule, head.offset + at, 0};
}

bool contains(const std::vector<std::string>& list, std::string_view name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

/// The field `name` if it is there exactly once.
const Field* only_field(const http::Head& head, std::string_view name) {
  return http::count_fields(head.fields, name) == 1 ? http::find_field(head.fields, name) : nullptr;
}

bool is_known_method(std::string_view method) {
  constexpr std::string_view kMethods[] = {"GET",     "HEAD",    "POST",  "PUT",  "DELETE",
                                           "CONNECT", "OPTIONS", "TRACE", "PATCH"};
  return std::find(std::begin(kMethods), std::end(kMethods), method) != std::end(kMethods);
}

std::optional<Violation> check_method(const http::Head& head) {
  if (head.method == "GET") return std::nullopt;
  const Rule rule = is_known_method(head.method) ? Rule::ws_method : Rule::http_method;
  return Violation{rule, head.offset, 0};
}

/// RFC 6455 4.1: a body would be read as frames, which is request smuggling.
std::optional<Violation> check_no_body(const http::Head& head) {
  const auto length = http::body_length(head, http::HeadKind::request);
  if (const auto* violation = std::get_if<Violation>(&length)) return *violation;
  if (std::get<http::BodyLength>(length).kind == http::BodyKind::none) return std::nullopt;
  return broken(head, Rule::ws_request_body);
}

std::optional<Violation> check_version(const http::Head& head) {
  const Field* const version = http::find_field(head.fields, "Sec-WebSocket-Version");
  if (version == nullptr) return broken(head, Rule::ws_version);
  const bool single = http::count_fields(head.fields, "Sec-WebSocket-Version") == 1 &&
                      parse_integer(version->value);
  if (!single) return broken(head, Rule::ws_version_single, version);
  if (version->value != kVersion) return broken(head, Rule::ws_version, version);
  return std::nullopt;
}

std::optional<Violation> check_key(const http::Head& head) {
  const Field* const key = only_field(head, "Sec-WebSocket-Key");
  if (key == nullptr) {
    return broken(head, Rule::ws_key, http::find_field(head.fields, "Sec-WebSocket-Key"));
  }
  const auto bytes = from_base64(key->value);
  if (!bytes || bytes->size() != kKeySize) return broken(head, Rule::ws_key, key);
  return std::nullopt;
}

/// RFC 6455 4.1 (10): unique tokens. Fills `protocols`.
std::optional<Violation> check_protocols(const http::Head& head,
                                         std::vector<std::string>& protocols) {
  for (const std::string_view protocol :
       http::list_elements(head.fields, "Sec-WebSocket-Protocol")) {
    if (contains(protocols, protocol) || !http::is_token(protocol)) {
      return broken(head, Rule::ws_protocol_list,
                    http::find_field(head.fields, "Sec-WebSocket-Protocol"));
    }
    protocols.emplace_back(protocol);
  }
  return std::nullopt;
}

/// RFC 7692 7.1: what is agreed by `answer`, to whichever of the offers it fits.
std::optional<DeflateParameters> accept_any(const std::vector<DeflateOffer>& offers,
                                            const http::Extension& answer) {
  for (const DeflateOffer& offer : offers) {
    if (auto agreed = accept_deflate(offer, answer)) return agreed;
  }
  return std::nullopt;
}

/// RFC 6455 4.1 (5), RFC 7692 7.1: only what was offered, once. Fills `accepted`.
std::optional<Violation> check_extensions(const http::Head& head,
                                          const std::optional<OfferedExtensions>& offers,
                                          Accepted& accepted) {
  // Not known what was: anything that could have been.
  const std::vector<DeflateOffer> any = {kUsualOffer};
  const Field* const field = http::find_field(head.fields, "Sec-WebSocket-Extensions");
  const auto answers = extensions_of(head);
  if (!answers) return broken(head, Rule::ws_extension_list, field);
  std::vector<std::string> seen;
  for (const http::Extension& answer : *answers) {
    const bool deflate = answer.name == kDeflateName;
    const bool offered =
        !offers || (deflate ? !offers->deflate.empty() : contains(offers->others, answer.name));
    if (!offered || contains(seen, answer.name)) {
      return broken(head, Rule::ws_extension_answer, field);
    }
    seen.push_back(answer.name);
    if (!deflate) {
      accepted.others = true;
      continue;
    }
    accepted.deflate = accept_any(offers ? offers->deflate : any, answer);
    if (!accepted.deflate) return broken(head, Rule::ws_deflate_answer, field);
  }
  for (const auto element : http::list_elements(head.fields, "Sec-WebSocket-Extensions")) {
    if (element.empty()) continue;
    if (!accepted.extensions.empty()) accepted.extensions += ", ";
    accepted.extensions += element;
  }
  return std::nullopt;
}

}  // namespace

std::string accept_for(std::string_view key) {
  return to_base64(sha1(as_bytes(std::string(key) + std::string(kGuid))));
}

std::optional<std::vector<http::Extension>> extensions_of(const http::Head& head) {
  return http::parse_extensions(http::list_elements(head.fields, "Sec-WebSocket-Extensions"));
}

Asked asked_by(const http::Head& head) {
  Asked asked;
  const auto protocols = http::list_elements(head.fields, "Sec-WebSocket-Protocol");
  asked.protocols.emplace(protocols.begin(), protocols.end());
  if (http::count_fields(head.fields, "Sec-WebSocket-Key") == 1) {
    asked.key = http::find_field(head.fields, "Sec-WebSocket-Key")->value;
  }
  const auto extensions = extensions_of(head);
  if (!extensions) return asked;
  asked.extensions.emplace();
  for (const http::Extension& extension : *extensions) {
    if (extension.name != kDeflateName) {
      asked.extensions->others.push_back(extension.name);
    } else if (const auto offer = read_deflate_offer(extension)) {
      asked.extensions->deflate.push_back(*offer);
    }
  }
  return asked;
}

std::string make_head(std::string_view start_line, const std::vector<FieldLine>& fields) {
  std::string head(start_line);
  head += "\r\n";
  for (const FieldLine& field : fields) {
    head += field.name;
    head += field.value.empty() ? ":" : ": ";
    head += field.value;
    head += "\r\n";
  }
  head += "\r\n";
  return head;
}

std::vector<FieldLine> request_fields(std::string_view host, std::string_view key,
                                      const std::vector<std::string>& protocols) {
  std::vector<FieldLine> fields = {{"Host", std::string(host)},
                                   {"Upgrade", "websocket"},
                                   {"Connection", "Upgrade"},
                                   {"Sec-WebSocket-Key", std::string(key)},
                                   {"Sec-WebSocket-Version", std::string(kVersion)}};
  if (!protocols.empty()) {
    std::string list;
    for (const std::string& protocol : protocols) {
      if (!list.empty()) list += ", ";
      list += protocol;
    }
    fields.push_back({"Sec-WebSocket-Protocol", list});
  }
  return fields;
}

std::variant<Accepted, Refused, Violation> check_response(
    const http::Head& head, std::string_view key, const std::vector<std::string>& protocols,
    const std::optional<DeflateOffer>& deflate) {
  Asked asked{.key = std::string(key), .protocols = protocols};
  asked.extensions.emplace();
  if (deflate) asked.extensions->deflate.push_back(*deflate);
  return check_response(head, asked);
}

std::variant<Accepted, Refused, Violation> check_response(const http::Head& head,
                                                          const Asked& asked) {
  if (head.status != 101) return Refused{head.status};
  if (head.minor_version < 1) return Violation{Rule::ws_http_version, head.offset, 0};

  const Field* const upgrade = only_field(head, "Upgrade");
  if (upgrade == nullptr || !equals_ignoring_case(upgrade->value, "websocket")) {
    return broken(head, Rule::ws_upgrade, upgrade);
  }
  if (!http::list_has_token(head.fields, "Connection", "Upgrade")) {
    return broken(head, Rule::ws_connection, http::find_field(head.fields, "Connection"));
  }
  const Field* const accept = only_field(head, "Sec-WebSocket-Accept");
  const bool right = accept != nullptr && (!asked.key || accept->value == accept_for(*asked.key));
  if (!right) {
    return broken(head, Rule::ws_accept, http::find_field(head.fields, "Sec-WebSocket-Accept"));
  }

  Accepted accepted;
  if (const auto violation = check_extensions(head, asked.extensions, accepted)) return *violation;
  const Field* const protocol = http::find_field(head.fields, "Sec-WebSocket-Protocol");
  if (protocol == nullptr) return accepted;
  const bool single = only_field(head, "Sec-WebSocket-Protocol") != nullptr;
  const bool offered =
      !asked.protocols || contains(*asked.protocols, std::string_view(protocol->value));
  if (!single || !offered) return broken(head, Rule::ws_protocol_answer, protocol);
  accepted.protocol = protocol->value;
  return accepted;
}

std::variant<Upgrade, Violation> check_request(const http::Head& head) {
  if (const auto violation = check_method(head)) return *violation;
  if (head.minor_version < 1) return Violation{Rule::ws_http_version, head.offset, 0};
  if (const auto violation = check_no_body(head)) return *violation;
  if (!http::list_has_token(head.fields, "Upgrade", "websocket")) {
    return broken(head, Rule::ws_upgrade, http::find_field(head.fields, "Upgrade"));
  }
  if (!http::list_has_token(head.fields, "Connection", "Upgrade")) {
    return broken(head, Rule::ws_connection, http::find_field(head.fields, "Connection"));
  }
  if (const auto violation = check_key(head)) return *violation;
  if (const auto violation = check_version(head)) return *violation;
  Upgrade upgrade;
  if (const auto violation = check_protocols(head, upgrade.protocols)) return *violation;
  auto extensions = extensions_of(head);
  if (!extensions) {
    return broken(head, Rule::ws_extension_list,
                  http::find_field(head.fields, "Sec-WebSocket-Extensions"));
  }
  upgrade.extensions = std::move(*extensions);
  upgrade.accept = accept_for(http::find_field(head.fields, "Sec-WebSocket-Key")->value);
  return upgrade;
}

std::variant<http::HostPort, Violation> request_host(const http::Head& head) {
  const Field* const host = only_field(head, "Host");
  const auto authority = host != nullptr ? http::parse_authority(host->value) : std::nullopt;
  if (!authority) return broken(head, Rule::http_host, http::find_field(head.fields, "Host"));

  const std::size_t scheme_end = head.target.find("://");
  if (head.target.front() == '/' || scheme_end == head.target.npos) return *authority;
  const std::string_view rest = head.target.substr(scheme_end + 3);
  const auto target_authority = http::parse_authority(rest.substr(0, rest.find_first_of("/?")));
  if (!target_authority) return Violation{Rule::http_target, head.offset, 0};
  return *target_authority;
}

std::string make_response(const Upgrade& upgrade, std::string_view protocol,
                          std::string_view extensions) {
  std::vector<FieldLine> fields = {{"Upgrade", "websocket"},
                                   {"Connection", "Upgrade"},
                                   {"Sec-WebSocket-Accept", upgrade.accept}};
  if (!protocol.empty()) fields.push_back({"Sec-WebSocket-Protocol", std::string(protocol)});
  if (!extensions.empty()) {
    fields.push_back({"Sec-WebSocket-Extensions", std::string(extensions)});
  }
  return make_head("HTTP/1.1 101 Switching Protocols", fields);
}

}  // namespace ws
