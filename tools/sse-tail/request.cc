#include "request.h"

#include <algorithm>

#include "base/text.h"

namespace sse_tail {
namespace {

constexpr std::string_view kStreamType = "text/event-stream";

// An answer that is one JSON value is no stream, but MCP wants to be free to give one (2025-11-25,
// "Sending Messages to the Server").
constexpr std::string_view kModelTypes =
    "text/event-stream, application/x-ndjson, application/json;q=0.5";

/// What is sent unless -H says otherwise.
std::vector<cli::HeaderChange> own_fields(const Args& args, std::string_view last_event_id) {
  std::vector<cli::HeaderChange> fields = {
      {.name = "Accept", .value = std::string(args.judges() ? kModelTypes : kStreamType)},
      {.name = "Cache-Control", .value = "no-cache"},
  };
  const auto add = [&](std::string_view name, std::string_view value) {
    if (!value.empty()) fields.push_back({std::string(name), std::string(value)});
  };
  add("User-Agent", args.request.user_agent);
  add("Cookie", args.request.cookie);
  add("Last-Event-ID", last_event_id);
  if (args.body) {
    add("Content-Type", args.json_body ? "application/json" : "application/x-www-form-urlencoded");
  }
  return fields;
}

/// As CURLOPT_HTTPHEADER has it.
std::string line_of(const cli::HeaderChange& field) {
  if (!field.value) return field.name + ":";
  return field.value->empty() ? field.name + ";" : field.name + ": " + *field.value;
}

}  // namespace

net::HttpRequest make_request(const Args& args, std::string_view last_event_id) {
  net::HttpRequest request{.url = args.url.text(),
                           .method = args.method,
                           .body = args.body,
                           .version = args.version,
                           .user = args.request.user.value_or(""),
                           .connection = {.security = args.tls,
                                          .resolve = args.connection.resolve,
                                          .unix_socket = args.connection.unix_socket,
                                          .connect_timeout = args.connection.connect_timeout}};
  const auto& changes = args.request.headers;
  for (const cli::HeaderChange& own : own_fields(args, last_event_id)) {
    const bool replaced = std::any_of(changes.begin(), changes.end(), [&](const auto& change) {
      return equals_ignoring_case(change.name, own.name);
    });
    if (!replaced) request.fields.push_back(line_of(own));
  }
  for (const cli::HeaderChange& change : changes) request.fields.push_back(line_of(change));
  return request;
}

}  // namespace sse_tail
