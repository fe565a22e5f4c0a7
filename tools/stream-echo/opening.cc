#include "opening.h"

#include <optional>

#include <fmt/format.h>

#include "http/body.h"
#include "ws/handshake.h"

namespace stream_echo {
namespace {

using diag::Violation;

/// `/` without an Upgrade field is a page for people.
Refusal front_page(const http::Head& head) {
  if (head.method == "GET" || head.method == "HEAD") {
    return {.answer = {.status = 200,
                       .text = "stream-echo: connect a WebSocket to /ws, an EventSource to /sse"},
            .why = "OK"};
  }
  Refusal refusal = refuse_with(405, "RFC 9110 15.5.6: this path takes GET and HEAD");
  refusal.answer.fields.push_back({"Allow", "GET, HEAD"});
  return refusal;
}

std::variant<Agreement, Endpoint, Refusal> open(const http::Head& head, const http::HostPort& host,
                                                const Policy& policy, const ws::Upgrade& upgrade) {
  if (auto refusal = refuse_origin(head, host, policy, "RFC 6455 10.2")) return *refusal;
  const std::string protocol = choose_protocol(policy, upgrade.protocols);
  Agreement agreement;
  agreement.protocol = protocol;
  agreement.url = url_of(head, policy.secure ? "wss" : "ws");
  if (policy.deflate) {
    if (auto answer = ws::answer_deflate(upgrade.extensions)) {
      agreement.extensions = std::move(answer->text);
      agreement.deflate = answer->agreed;
    }
  }
  agreement.response = ws::make_response(upgrade, protocol, agreement.extensions);
  return agreement;
}

std::variant<Agreement, Endpoint, Refusal> respond_to(const http::Head& head,
                                                      const http::HostPort& host,
                                                      const Policy& policy) {
  if (!host_allowed(policy, host.host)) {
    return refuse_with(421,
                       fmt::format("RFC 9110 15.5.20: this is not the host {}", quoted(host.host)),
                       "--allow-host NAME allows it");
  }
  const auto length = http::body_length(head, http::HeadKind::request);
  if (const auto* broken = std::get_if<Violation>(&length)) return refuse(*broken);

  if (auto found = find_endpoint(head, host, policy, std::get<http::BodyLength>(length))) {
    if (auto* refusal = std::get_if<Refusal>(&*found)) return std::move(*refusal);
    return std::get<Endpoint>(std::move(*found));
  }

  const auto handshake = ws::check_request(head);
  const auto* const broken = std::get_if<Violation>(&handshake);
  if (broken != nullptr && broken->rule == diag::Rule::http_method) return refuse(*broken);

  const std::string_view path = path_of(head.target);
  if (path != "/" && path != "/ws" && path != kRawPath && !policy.any_path) {
    return refuse_with(
        404, fmt::format("RFC 9110 15.5.5: there is nothing at {}", quoted(path)),
        "the WebSocket is at /ws (--any-path: everywhere), event streams at /sse and "
        "/events/NAME, your request itself at /anything, an MCP server at /mcp");
  }
  const bool wants_upgrade = http::find_field(head.fields, "Upgrade") != nullptr;
  if (path == "/" && !wants_upgrade) return front_page(head);
  if (broken != nullptr) return refuse(*broken);
  return open(head, host, policy, std::get<ws::Upgrade>(handshake));
}

}  // namespace

std::variant<Agreement, Endpoint, Refusal> respond(const http::Head& head, const Policy& policy) {
  const auto host = ws::request_host(head);
  if (const auto* broken = std::get_if<Violation>(&host)) return refuse(*broken);
  const auto& asked = std::get<http::HostPort>(host);
  auto response = respond_to(head, asked, policy);
  if (auto* refusal = std::get_if<Refusal>(&response)) {
    refusal->answer.with_body = head.method != "HEAD";
    refusal->answer.allow_origin = origin_to_name(policy, head.fields, asked);
  }
  return response;
}

}  // namespace stream_echo
