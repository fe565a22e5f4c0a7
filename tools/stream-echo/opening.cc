#include "opening.h"

#include <optional>

#include <fmt/format.h>

#include "cli/escape.h"
#include "diag/report.h"
#include "http/body.h"
#include "ws/handshake.h"

namespace stream_echo {
namespace {

using diag::Violation;

Refusal refuse_with(unsigned status, std::string why, std::string_view hint = {}) {
  Answer answer{.status = status, .text = why};
  if (!hint.empty()) answer.text += fmt::format("\nhint: {}", hint);
  return {.answer = std::move(answer), .why = std::move(why)};
}

std::string quoted(std::string_view text) {
  return fmt::format("\"{}\"", cli::escape(text, cli::Escape::line));
}

/// `/` without an Upgrade field is a page for people.
Refusal front_page(const http::Head& head) {
  if (head.method == "GET" || head.method == "HEAD") {
    return {.answer = {.status = 200, .text = "stream-echo: connect a WebSocket to /ws"},
            .why = "OK"};
  }
  Refusal refusal = refuse_with(405, "RFC 9110 15.5.6: this path takes GET and HEAD");
  refusal.answer.fields.push_back({"Allow", "GET, HEAD"});
  return refusal;
}

std::string url_of(const http::Head& head, bool secure) {
  const std::string_view scheme = secure ? "wss" : "ws";
  const std::size_t scheme_end = head.target.find("://");
  const bool is_absolute = !head.target.starts_with('/') && scheme_end != head.target.npos;
  if (is_absolute) return fmt::format("{}{}", scheme, head.target.substr(scheme_end));
  return fmt::format("{}://{}{}", scheme, http::find_field(head.fields, "Host")->value,
                     head.target);
}

std::variant<Agreement, Refusal> open(const http::Head& head, const http::HostPort& host,
                                      const Policy& policy, const ws::Upgrade& upgrade) {
  if (!request_origin_allowed(policy, head.fields, host)) {
    const http::Field* const origin = http::find_field(head.fields, "Origin");
    return refuse_with(
        403, fmt::format("RFC 6455 10.2: the origin {} is not allowed", quoted(origin->value)),
        "--allow-origin URL allows it");
  }
  const std::string protocol = choose_protocol(policy, upgrade.protocols);
  Agreement agreement;
  agreement.protocol = protocol;
  agreement.url = url_of(head, policy.secure);
  if (policy.deflate) {
    if (auto answer = ws::answer_deflate(upgrade.extensions)) {
      agreement.extensions = std::move(answer->text);
      agreement.deflate = answer->agreed;
    }
  }
  agreement.response = ws::make_response(upgrade, protocol, agreement.extensions);
  return agreement;
}

std::variant<Agreement, Refusal> respond_to(const http::Head& head, const http::HostPort& host,
                                            const Policy& policy) {
  if (!host_allowed(policy, host.host)) {
    return refuse_with(421,
                       fmt::format("RFC 9110 15.5.20: this is not the host {}", quoted(host.host)),
                       "--allow-host NAME allows it");
  }
  const auto length = http::body_length(head, http::HeadKind::request);
  if (const auto* broken = std::get_if<Violation>(&length)) return refuse(*broken);

  const auto handshake = ws::check_request(head);
  const auto* const broken = std::get_if<Violation>(&handshake);
  if (broken != nullptr && broken->rule == diag::Rule::http_method) return refuse(*broken);

  const std::string_view path = path_of(head.target);
  if (path != "/" && path != "/ws" && path != kRawPath && !policy.any_path) {
    return refuse_with(404, fmt::format("RFC 9110 15.5.5: there is nothing at {}", quoted(path)),
                       "the WebSocket is at /ws; --any-path puts it everywhere");
  }
  const bool wants_upgrade = http::find_field(head.fields, "Upgrade") != nullptr;
  if (path == "/" && !wants_upgrade) return front_page(head);
  if (broken != nullptr) return refuse(*broken);
  return open(head, host, policy, std::get<ws::Upgrade>(handshake));
}

/// The Fetch standard, 3.3.3: a page may read the answer when it names the page's origin.
void finish_answer(Answer& answer, const http::Head& head, const http::HostPort& host,
                   const Policy& policy) {
  answer.with_body = head.method != "HEAD";
  const http::Field* const origin = http::find_field(head.fields, "Origin");
  if (origin == nullptr) return;
  const bool allowed = request_origin_allowed(policy, head.fields, host);
  answer.allow_origin = allowed ? std::string(origin->value) : std::string();
}

}  // namespace

Refusal refuse(const Violation& violation) {
  return {.answer = answer_to(violation), .why = diag::describe(violation), .violation = violation};
}

std::variant<Agreement, Refusal> respond(const http::Head& head, const Policy& policy) {
  const auto host = ws::request_host(head);
  if (const auto* broken = std::get_if<Violation>(&host)) return refuse(*broken);
  const auto& asked = std::get<http::HostPort>(host);
  auto response = respond_to(head, asked, policy);
  if (auto* refusal = std::get_if<Refusal>(&response)) {
    finish_answer(refusal->answer, head, asked, policy);
  }
  return response;
}

}  // namespace stream_echo
