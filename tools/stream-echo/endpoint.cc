#include "endpoint.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "inspect.h"
#include "mcp.h"

namespace stream_echo {
namespace {

using Kind = Endpoint::Kind;

struct Row {
  Kind kind = Kind::page;
  std::string_view path = {};  ///< with a slash at the end: a name follows
  std::span<const std::string_view> methods = {};
  ModelApi model = ModelApi::chat;
  bool any_method = false;  ///< others than those as well
};

constexpr std::array<std::string_view, 2> kReading = {"GET", "HEAD"};
constexpr std::array<std::string_view, 3> kAsking = {"GET", "HEAD", "POST"};
constexpr std::array<std::string_view, 1> kSending = {"POST"};
constexpr std::array<std::string_view, 6> kAny = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"};
constexpr std::array<std::string_view, 3> kMcpMethods = {"GET", "POST", "DELETE"};
constexpr std::array kRows = {
    Row{Kind::messages, "/sse", kAsking},  // POST as well: so ask those who talk to a model
    Row{Kind::channel, "/events/", kReading},
    Row{Kind::publish, "/publish/", kSending},
    Row{Kind::model, "/v1/chat/completions", kSending, ModelApi::chat},
    Row{Kind::model, "/v1/responses", kSending, ModelApi::responses},
    Row{Kind::model, "/v1/messages", kSending, ModelApi::messages},
    Row{Kind::model, "/api/chat", kSending, ModelApi::ollama_chat},
    Row{Kind::model, "/api/generate", kSending, ModelApi::ollama_generate},
    Row{Kind::mcp, kMcpPath, kMcpMethods},
};

// Between words, unless the client says otherwise: quick, and still to be seen.
constexpr Duration kWordInterval = std::chrono::milliseconds(20);

constexpr Row kInspected = {
    .kind = Kind::inspect, .methods = kAny, .any_method = true};  // inspect.h has its own rows

/// A browser, as opposed to a program that takes anything.
bool wants_html(const http::Head& head) {
  return http::accepts_by_name(head.fields, "text/html");
}

const Row* find_row(std::string_view path) {
  const auto fits = [&](const Row& row) { return path_fits(row.path, path); };
  const auto* const row = std::ranges::find_if(kRows, fits);
  if (row == kRows.end()) return is_inspected(path) ? &kInspected : nullptr;
  return row;
}

std::string list_of(std::span<const std::string_view> methods) {
  return fmt::format("{}, OPTIONS", fmt::join(methods, ", "));
}

/// What a page of another origin asks before it sends what no form could (the Fetch standard,
/// 3.3.4). `asked` is for which method, if it says so.
Refusal preflight_answer(const Row& row, const http::Field* asked) {
  Refusal answer{.answer = {.status = 204}, .why = "OPTIONS"};
  const std::string methods = list_of(row.methods);
  const bool is_other = row.any_method && asked != nullptr && http::is_token(asked->value);
  answer.answer.fields = {
      {"Allow", methods},
      {"Access-Control-Allow-Methods", is_other ? std::string(asked->value) : methods},
      {"Access-Control-Allow-Headers", "*, Authorization"}};
  return answer;
}

/// RFC 9112 6.3 (4.3): nobody can tell where such a request ends.
Refusal refuse_coding() {
  return refuse_with(501, "RFC 9112 6.1: the only transfer coding here is chunked");
}

std::variant<Endpoint, Refusal> read_request(const http::Head& head, const Row& row) {
  if (row.kind == Kind::inspect)
    return Endpoint{.kind = row.kind};  // its query is the client's own
  const http::Field* const last = http::find_field(head.fields, "Last-Event-ID");
  SseRequest defaults;
  if (row.kind == Kind::model || row.kind == Kind::mcp) defaults.interval = kWordInterval;
  auto sse = parse_sse_request(query_of(head.target), last != nullptr ? last->value : "",
                               std::move(defaults));
  if (!sse) return refuse_with(400, sse.error().message, sse.error().hint);
  Endpoint endpoint{.kind = row.kind, .model = row.model, .sse = std::move(*sse)};
  if (!row.path.ends_with('/')) return endpoint;
  const std::string_view name = path_of(head.target).substr(row.path.size());
  if (!is_channel_name(name)) {
    return refuse_with(400, fmt::format("{} is no name of a channel", quoted(name)),
                       fmt::format("1 to {} letters, digits and -._~", kMaxChannelName));
  }
  endpoint.channel = name;
  if (row.kind == Kind::publish && endpoint.sse.names_id) {
    return refuse_with(400, "id: what is published gets its id here", "the answer tells it");
  }
  return endpoint;
}

}  // namespace

std::optional<std::variant<Endpoint, Refusal>> find_endpoint(const http::Head& head,
                                                             const http::HostPort& host,
                                                             const Policy& policy,
                                                             const http::BodyLength& body) {
  if (http::list_has_token(head.fields, "Upgrade", "websocket")) return std::nullopt;
  const std::string_view path = path_of(head.target);
  if (path == "/" && (head.method == "GET" || head.method == "HEAD") && wants_html(head)) {
    return Endpoint{.allow_origin = origin_to_name(policy, head.fields, host),
                    .head_only = head.method == "HEAD"};
  }
  const Row* const row = find_row(path);
  if (row == nullptr) return std::nullopt;
  const http::Field* const asked = http::find_field(head.fields, "Access-Control-Request-Method");
  if (head.method == "OPTIONS" && (asked != nullptr || !row->any_method)) {
    return preflight_answer(*row, asked);
  }
  const bool takes_method =
      row->any_method || std::ranges::find(row->methods, head.method) != row->methods.end();
  if (!takes_method) {
    Refusal refusal = refuse_with(
        405, fmt::format("RFC 9110 15.5.6: this path takes {}", fmt::join(row->methods, ", ")),
        row->kind == Kind::channel ? "/publish/NAME takes what is to be published" : "");
    refusal.answer.fields.push_back({"Allow", list_of(row->methods)});
    return refusal;
  }
  if (auto refusal = refuse_origin(head, host, policy, "RFC 6454 3.4")) return *refusal;
  if (body.kind == http::BodyKind::until_end) return refuse_coding();
  if (body.kind == http::BodyKind::sized && body.size > kMaxBody) return refuse_body();
  auto request = read_request(head, *row);
  if (auto* const endpoint = std::get_if<Endpoint>(&request)) {
    endpoint->url = url_of(head, policy.secure ? "https" : "http");
    endpoint->allow_origin = origin_to_name(policy, head.fields, host);
    endpoint->body = body;
    endpoint->knows_chunks = head.minor_version > 0;
    endpoint->awaits_continue = endpoint->knows_chunks && body.kind != http::BodyKind::none &&
                                http::list_has_token(head.fields, "Expect", "100-continue");
    endpoint->head_only = head.method == "HEAD";
  }
  return request;
}

std::optional<ModelApi> model_at(std::string_view path) {
  const Row* const row = find_row(path);
  return row != nullptr && row->kind == Kind::model ? std::optional(row->model) : std::nullopt;
}

std::optional<Refusal> refuse_origin(const http::Head& head, const http::HostPort& host,
                                     const Policy& policy, std::string_view section) {
  if (request_origin_allowed(policy, head.fields, host)) return std::nullopt;
  const http::Field* const origin = http::find_field(head.fields, "Origin");
  return refuse_with(
      403, fmt::format("{}: the origin {} is not allowed", section, quoted(origin->value)),
      "--allow-origin URL allows it");
}

Refusal refuse_body() {
  return refuse_with(
      413, fmt::format("RFC 9110 15.5.14: the request carries more than {} bytes", kMaxBody));
}

bool is_channel_name(std::string_view name) {
  static constexpr std::string_view kMarks = "-._~";
  // RFC 3986 5.2.4: clients take these for something else.
  if (name == "." || name == "..") return false;
  return !name.empty() && name.size() <= kMaxChannelName && std::ranges::all_of(name, [](char c) {
    return is_ascii_alpha(c) || is_ascii_digit(c) || kMarks.find(c) != kMarks.npos;
  });
}

}  // namespace stream_echo
