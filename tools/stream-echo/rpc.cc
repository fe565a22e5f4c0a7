#include "rpc.h"

#include <utility>

#include "base/json_writer.h"

namespace stream_echo {
namespace {

bool is_id(const rec::Json& json) {
  return json.is_string() || json.is_number_integer();
}

RpcError invalid(std::string_view message, std::string id = "null") {
  return {.code = RpcCode::invalid_request, .message = std::string(message), .id = std::move(id)};
}

}  // namespace

std::variant<RpcMessage, RpcError> read_rpc(const rec::Json& json) {
  if (!json.is_object()) return invalid("a message is an object");
  RpcMessage message;
  const auto id = json.find("id");
  const bool has_id = id != json.end();
  std::string id_text = has_id && is_id(*id) ? json_text(*id) : "null";
  const bool is_long = id_text.size() > kMaxRpcId;
  if (!is_long) message.id = std::move(id_text);
  if (rec::text_of(json, "jsonrpc") != "2.0") return invalid("jsonrpc is not \"2.0\"", message.id);
  const bool is_answer = json.contains("result") || json.contains("error");
  if (!json.contains("method") && is_answer) {
    message.kind = RpcMessage::Kind::response;
    return message;
  }
  if (has_id && !is_id(*id)) {
    return invalid("id is neither a string nor a whole number of at most 64 bits");
  }
  if (is_long) return invalid("id is longer than 1024 bytes");
  message.method = rec::text_of(json, "method");
  if (message.method.empty()) return invalid("method is missing", message.id);
  if (const auto params = json.find("params"); params != json.end()) {
    if (!params->is_object()) return invalid("params is not an object", message.id);
    message.params = *params;
  }
  if (!has_id) message.kind = RpcMessage::Kind::notification;
  return message;
}

std::string json_text(const rec::Json& json) {
  return json.dump(-1, ' ', true);
}

std::string rpc_result(std::string_view id, std::string_view result) {
  std::string text;
  JsonWriter(text)
      .begin()
      .field("jsonrpc", "2.0")
      .literal("id", id)
      .literal("result", result)
      .end_object();
  return text;
}

std::string rpc_error(const RpcError& error) {
  std::string text;
  JsonWriter(text)
      .begin()
      .field("jsonrpc", "2.0")
      .literal("id", error.id)
      .begin_object("error")
      .literal("code", std::to_string(static_cast<int>(error.code)))
      .field("message", error.message)
      .end_object()
      .end_object();
  return text;
}

}  // namespace stream_echo
