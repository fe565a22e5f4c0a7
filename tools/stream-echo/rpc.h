// JSON-RPC 2.0 as the Model Context Protocol uses it: one message out of a value, and the texts of
// results and errors. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "rec/json.h"

namespace stream_echo {

/// JSON-RPC 2.0, 5.1; -32000 and below are a server's own.
enum class RpcCode : int {
  parse_error = -32700,
  invalid_request = -32600,
  unknown_method = -32601,
  invalid_params = -32602,
  server_error = -32000,
  no_session = -32001,
};

/// Of an id, in bytes of its JSON: it comes back with every answer, and is kept with it.
inline constexpr std::size_t kMaxRpcId = 1024;

struct RpcMessage {
  enum class Kind : std::uint8_t { request, notification, response };
  Kind kind = Kind::request;
  std::string id = "null";     ///< JSON: a string or a whole number, of a request or a response
  std::string method = {};     ///< but of a response
  rec::Json params = nullptr;  ///< an object, or null when there are none
};

/// An error, and what it answers.
struct RpcError {
  RpcCode code = RpcCode::server_error;
  std::string message = {};
  std::string id = "null";  ///< JSON; null when no request could be made out
};

/// What `json` is; the error says what keeps it from being a message (JSON-RPC 2.0, 4 and 5; ids
/// that are null or fractions are none to MCP).
std::variant<RpcMessage, RpcError> read_rpc(const rec::Json& json);

/// `json` as text: ASCII, in one line.
std::string json_text(const rec::Json& json);

/// `result` is the JSON of it, `id` that of the request.
std::string rpc_result(std::string_view id, std::string_view result);
std::string rpc_error(const RpcError& error);

}  // namespace stream_echo
