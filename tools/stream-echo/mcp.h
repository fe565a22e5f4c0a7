// The Model Context Protocol over HTTP ("Streamable HTTP" of its versions 2025-03-26, 2025-06-18
// and 2025-11-25) as a server of one tool, which echoes: what a request to /mcp is answered, as
// JSON or as an event stream that can be resumed. It decides; the session sends.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "answer.h"
#include "http/head.h"
#include "mcp_sessions.h"
#include "mcp_stream.h"
#include "paced_stream.h"
#include "sse_request.h"

namespace stream_echo {

inline constexpr std::string_view kMcpPath = "/mcp";

struct McpRequest {
  const http::Head& head;
  std::string_view body = {};
  const SseRequest& sse;  ///< the pace, `retry=` and Last-Event-ID
  Time now = {};
};

/// One connection's reading of a stream.
struct McpReading {
  std::shared_ptr<McpSession> session;
  std::shared_ptr<McpStream> stream;
  std::uint64_t next = 0;                         ///< the first event that it gets
  std::optional<std::uint64_t> close_after = {};  ///< so many messages it is to come back
  std::uint64_t retry_ms = 0;                     ///< when that is
  std::vector<ws::FieldLine> fields = {};         ///< of the answer's head
  std::optional<LateAnswer> whole = {};           ///< instead of the events, in one go
};

/// `answer=json|sse` and `close-after=N` in the query are read here. Errors are those of JSON-RPC,
/// with the status that the transport asks for.
std::variant<LateAnswer, McpReading> answer_mcp(const McpRequest& request, McpSessions& sessions);

/// Whether it is for answer_mcp(), or would be if it were a better one; a WebSocket's is not.
bool is_mcp_request(const http::Head& head);

/// What answers such a request before answer_mcp() does, or instead of it, as JSON-RPC if it tells
/// of an error.
Answer in_mcp_form(const Refusal& refusal);

/// The events of `reading`, from `now` on. It ends early when the stream is over, or another
/// connection has taken it over. For the thread of `loop`, which outlives it.
std::unique_ptr<PacedStream> read_mcp(McpReading reading, net::Loop& loop);

}  // namespace stream_echo
