#include "mcp.h"

#include <string>
#include <utility>

#include <fmt/format.h>

#include "base/check.h"
#include "base/json_writer.h"
#include "base/text.h"
#include "mcp_method.h"
#include "policy.h"
#include "rpc.h"

namespace stream_echo {
namespace {

constexpr std::string_view kJson = "application/json";
constexpr std::string_view kEvents = "text/event-stream";
constexpr std::string_view kSessionField = "Mcp-Session-Id";

// Of a client that is sent away, unless `retry=` says otherwise: that is all it waits for.
constexpr std::uint64_t kRetryMs = 1000;

constexpr std::uint64_t kMaxCloseAfter = 1'000'000;

// Messages: of tiny ones, each with an error for its answer, a request has room for very many.
constexpr std::size_t kMaxBatch = 100;

using Reply = std::variant<LateAnswer, McpReading>;
using Form = std::optional<std::string_view>;  // kJson or kEvents; nullopt: as it suits

LateAnswer with_json(unsigned status, std::string json, std::string why) {
  Answer answer{.status = status, .text = std::move(json), .content_type = std::string(kJson)};
  return {.answer = {.answer = std::move(answer), .why = std::move(why)}};
}

LateAnswer fail(unsigned status, RpcError error) {
  std::string json = rpc_error(error);
  return with_json(status, std::move(json), std::move(error.message));
}

LateAnswer fail(unsigned status, RpcCode code, std::string message) {
  return fail(status, RpcError{.code = code, .message = std::move(message)});
}

LateAnswer without_body(unsigned status, std::string_view why) {
  return {.answer = {.answer = {.status = status}, .why = std::string(why)}};
}

/// A media type without its parameters.
std::string_view essence(std::string_view media_type) {
  return trim_spaces(media_type.substr(0, media_type.find(';')));
}

/// A client has to say that it knows both (Transports, "Sending Messages").
bool accepts(const http::Head& head, std::string_view type) {
  return http::accepts_by_name(head.fields, type);
}

std::string_view field_of(const http::Head& head, std::string_view name) {
  const http::Field* const field = http::find_field(head.fields, name);
  return field != nullptr ? field->value : std::string_view{};
}

/// The session that a request belongs to (Transports, "Session Management", and "Protocol Version
/// Header", which older clients leave out).
std::variant<std::shared_ptr<McpSession>, LateAnswer> find_session(const http::Head& head,
                                                                   McpSessions& sessions) {
  const std::string_view id = field_of(head, kSessionField);
  if (id.empty()) {
    return fail(400, RpcCode::server_error, "Mcp-Session-Id is missing; initialize gives one");
  }
  auto session = sessions.find(id);
  if (session == nullptr) return fail(404, RpcCode::no_session, "there is no such session");
  const std::string_view version = field_of(head, "MCP-Protocol-Version");
  if (!version.empty() && version != session->version()) {
    return fail(400, RpcCode::server_error,
                fmt::format("MCP-Protocol-Version is {}, but {} was agreed on", quoted(version),
                            session->version()));
  }
  return session;
}

struct Wishes {
  Form form = {};
  std::optional<std::uint64_t> close_after = {};
};

/// The error names the parameter.
Result<Wishes> read_wishes(std::string_view query) {
  Wishes wishes;
  for (const QueryItem& item : query_items(query)) {
    if (item.name == "answer") {
      if (item.value != "json" && item.value != "sse") return Error{"answer: json or sse", {}};
      wishes.form = item.value == "json" ? kJson : kEvents;
    } else if (item.name == "close-after") {
      wishes.close_after = parse_integer(item.value, kMaxCloseAfter);
      if (wishes.close_after.value_or(0) == 0) {
        return Error{fmt::format("close-after: a whole number from 1 to {}", kMaxCloseAfter), {}};
      }
    }
  }
  return wishes;
}

McpReading reading_of(const McpRequest& request, const Wishes& wishes,
                      std::shared_ptr<McpSession> session, std::shared_ptr<McpStream> stream) {
  return {.session = std::move(session),
          .stream = std::move(stream),
          .close_after = wishes.close_after,
          .retry_ms = request.sse.retry_ms.value_or(kRetryMs)};
}

/// So that a page may read the id of its session, too (the Fetch standard, 3.3.3).
std::vector<ws::FieldLine> session_fields(const McpSession& session) {
  return {{std::string(kSessionField), session.id()},
          {"Access-Control-Expose-Headers", std::string(kSessionField)}};
}

/// The pace of a call: `duration=` is for all of its steps.
Duration interval_of(const SseRequest& sse, std::uint64_t steps) {
  if (!sse.duration || steps == 0) return sse.interval;
  return *sse.duration / static_cast<Duration::rep>(steps);
}

/// The stream of an answer, which begins now.
std::shared_ptr<McpStream> stream_of(const McpRequest& request, const RpcMessage& message,
                                     McpOutcome outcome) {
  auto stream = std::make_shared<McpStream>();
  stream->id = message.id;
  stream->response = std::move(outcome.response);
  stream->progress_token = std::move(outcome.progress_token);
  stream->text = std::move(outcome.text);
  stream->tells_words = outcome.tells_words;
  stream->steps = outcome.steps;
  stream->started = request.now;
  if (outcome.streams) {
    stream->first_after = request.sse.first_after;
    stream->interval = interval_of(request.sse, outcome.steps);
  }
  return stream;
}

/// A call that is answered with its result alone, which takes as long.
Reply answer_whole(const McpRequest& request, const RpcMessage& message, McpOutcome outcome,
                   std::shared_ptr<McpSession> session) {
  const std::string why = outcome.why;
  auto stream = stream_of(request, message, std::move(outcome));
  const Duration after = stream->due(stream->progress_count() + 1) - request.now;
  if (after > kMaxDelay) {
    return fail(400, RpcError{.code = RpcCode::invalid_params,
                              .message = "answer=json waits at most 60 seconds",
                              .id = message.id});
  }
  const auto make = [stream, why] { return with_json(200, stream->whole_response(), why).answer; };
  return McpReading{.session = std::move(session),
                    .stream = std::move(stream),
                    .whole = LateAnswer{.after = after, .make = make}};
}

Reply answer_request(const McpRequest& request, const RpcMessage& message, const Wishes& wishes,
                     std::shared_ptr<McpSession> session, McpSessions& sessions) {
  McpOutcome outcome = answer_method(message, session ? session->version() : "");
  std::vector<ws::FieldLine> fields;
  if (!outcome.version.empty()) {
    session = sessions.begin(outcome.version);
    fields = session_fields(*session);
  }
  const bool streams = wishes.form ? *wishes.form == kEvents : outcome.streams;
  if (!streams && outcome.streams) {
    return answer_whole(request, message, std::move(outcome), std::move(session));
  }
  if (!streams || !session) {
    LateAnswer answer = with_json(200, std::move(outcome.response), std::move(outcome.why));
    answer.answer.answer.fields = std::move(fields);
    return answer;
  }
  auto stream = stream_of(request, message, std::move(outcome));
  session->add(stream);
  const bool primed = session->version() >= kMcpResumable;
  McpReading reading = reading_of(request, wishes, std::move(session), std::move(stream));
  reading.next = primed ? 0 : 1;
  reading.fields = std::move(fields);
  return reading;
}

/// Notifications are for the client's own good, and responses answer nothing that was asked.
void take_notice(const RpcMessage& message, McpSession& session) {
  if (message.method != "notifications/cancelled") return;
  const auto id = message.params.find("requestId");
  if (id != message.params.end()) session.cancel(json_text(*id));
}

/// What answers one message of a batch, JSON-RPC; nullopt: nothing does.
std::optional<std::string> answer_item(const rec::Json& item, McpSession& session) {
  const auto read = read_rpc(item);
  if (const auto* const error = std::get_if<RpcError>(&read)) return rpc_error(*error);
  const auto& message = std::get<RpcMessage>(read);
  if (message.kind != RpcMessage::Kind::request) {
    take_notice(message, session);
    return std::nullopt;
  }
  if (message.method == "initialize") {
    return rpc_error(
        {.code = RpcCode::invalid_request, .message = "initialize stands alone", .id = message.id});
  }
  McpOutcome outcome = answer_method(message, session.version());
  if (outcome.streams) return echo_response(message.id, outcome.text);
  return std::move(outcome.response);
}

/// Only the first version has those (Transports, "Sending Messages"). All at once, as JSON.
LateAnswer answer_batch(const rec::Json& batch, McpSession& session) {
  const auto refused = [](std::string why) {
    return fail(400, RpcCode::invalid_request, std::move(why));
  };
  if (batch.empty()) return refused("the batch is empty");
  if (session.version() != "2025-03-26") {
    return refused(fmt::format("{} has no batches", session.version()));
  }
  if (batch.size() > kMaxBatch) {
    return refused(fmt::format("the batch has more than {} messages", kMaxBatch));
  }
  std::string json;
  JsonWriter out(json);
  out.begin_list();
  std::size_t count = 0;
  for (const rec::Json& item : batch) {
    const auto answer = answer_item(item, session);
    if (!answer) continue;
    out.literal_element(*answer);
    ++count;
  }
  if (count == 0) return without_body(202, "notifications");
  out.end_list();
  return with_json(200, std::move(json), fmt::format("a batch of {}", count));
}

Reply post(const McpRequest& request, const Wishes& wishes, McpSessions& sessions) {
  if (!accepts(request.head, kJson) || !accepts(request.head, kEvents)) {
    return fail(406, RpcCode::server_error,
                fmt::format("Accept has to name {}, {}", kJson, kEvents));
  }
  if (!equals_ignoring_case(essence(field_of(request.head, "Content-Type")), kJson)) {
    return fail(415, RpcCode::server_error, fmt::format("Content-Type is not {}", kJson));
  }
  const auto json = rec::parse_json(request.body);
  if (!json) return fail(400, RpcCode::parse_error, "the request carries no JSON");
  std::optional<RpcMessage> message;
  if (!json->is_array()) {
    auto read = read_rpc(*json);
    if (auto* const error = std::get_if<RpcError>(&read)) return fail(400, std::move(*error));
    message = std::get<RpcMessage>(std::move(read));
    const bool is_request = message->kind == RpcMessage::Kind::request;
    if (is_request && message->method == "initialize") {
      return answer_request(request, *message, wishes, nullptr, sessions);
    }
  }
  auto found = find_session(request.head, sessions);
  if (auto* const failure = std::get_if<LateAnswer>(&found)) return std::move(*failure);
  auto& session = std::get<std::shared_ptr<McpSession>>(found);
  if (!message) return answer_batch(*json, *session);
  if (message->kind == RpcMessage::Kind::request) {
    return answer_request(request, *message, wishes, std::move(session), sessions);
  }
  take_notice(*message, *session);
  return without_body(
      202, message->kind == RpcMessage::Kind::response ? "a response" : "a notification");
}

/// Opens a stream for what the server has to say by itself, which is nothing, or goes on with one
/// that a client has lost (Transports, "Resumability and Redelivery").
Reply get(const McpRequest& request, const Wishes& wishes, McpSessions& sessions) {
  if (!accepts(request.head, kEvents)) {
    return fail(406, RpcCode::server_error, fmt::format("Accept has to name {}", kEvents));
  }
  auto found = find_session(request.head, sessions);
  if (auto* const failure = std::get_if<LateAnswer>(&found)) return std::move(*failure);
  auto& session = std::get<std::shared_ptr<McpSession>>(found);
  const std::string_view last = request.sse.last_event_id;
  const auto id = last.empty() ? McpEventId{} : parse_event_id(last);
  auto stream = id ? session->find(id->stream) : nullptr;
  if (stream == nullptr || id->event > stream->last()) {
    return fail(400, RpcCode::server_error,
                fmt::format("{} is no event of this session, or is not kept", quoted(last)));
  }
  const bool had_all = !stream->is_silent() && id->event == stream->last();
  if (had_all || stream->over) return without_body(204, "the client has had everything");
  const bool primed = last.empty() && session->version() >= kMcpResumable;
  McpReading reading = reading_of(request, wishes, std::move(session), std::move(stream));
  reading.next = primed ? 0 : id->event + 1;
  return reading;
}

LateAnswer remove(const McpRequest& request, McpSessions& sessions) {
  auto found = find_session(request.head, sessions);
  if (auto* const failure = std::get_if<LateAnswer>(&found)) return std::move(*failure);
  sessions.end(std::get<std::shared_ptr<McpSession>>(found)->id());
  return without_body(204, "the session is over");
}

}  // namespace

bool is_mcp_request(const http::Head& head) {
  return path_of(head.target) == kMcpPath &&
         !http::list_has_token(head.fields, "Upgrade", "websocket");
}

Answer in_mcp_form(const Refusal& refusal) {
  Answer answer = refusal.answer;
  if (answer.status < 400 || answer.content_type == kJson) return answer;
  answer.text = rpc_error({.code = RpcCode::server_error, .message = refusal.why});
  answer.content_type = kJson;
  return answer;
}

Reply answer_mcp(const McpRequest& request, McpSessions& sessions) {
  const auto wishes = read_wishes(query_of(request.head.target));
  if (!wishes) return LateAnswer{.answer = refuse_with(400, wishes.error().message)};
  if (request.head.method == "DELETE") return remove(request, sessions);
  if (request.head.method == "GET") return get(request, *wishes, sessions);
  return post(request, *wishes, sessions);
}

}  // namespace stream_echo
