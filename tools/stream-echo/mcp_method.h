// What the requests of MCP are answered: the methods that this server knows, and its one tool,
// which says what it is told. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "rpc.h"

namespace stream_echo {

/// From here on ids without data are understood, and what a tool cannot take is its own business.
inline constexpr std::string_view kMcpResumable = "2025-11-25";

/// The versions of the protocol that this server speaks.
bool is_mcp_version(std::string_view version);

/// The most of the tool's `steps`, and of the words that it tells one by one.
inline constexpr std::uint64_t kMaxSteps = 100'000;

/// Of a progress token, in bytes of its JSON: it comes back with every step.
inline constexpr std::size_t kMaxProgressToken = 1024;

struct McpOutcome {
  std::string response = {};  ///< JSON-RPC, a result or an error; empty: echo_response() of `text`
  std::string why = {};       ///< for the log, safe to print
  std::string version = {};   ///< `initialize`: what a session is to begin with; else empty
  bool streams = false;       ///< as an event stream, unless something else is asked for
  std::string progress_token = {};  ///< as McpStream has these
  std::string text = {};
  bool tells_words = false;
  std::uint64_t steps = 0;
};

/// `request` is one; `version` is the session's, empty when there is none.
McpOutcome answer_method(const RpcMessage& request, std::string_view version);

/// The result of the tool, JSON-RPC: up to six times as long as `text`, and so not for keeping.
std::string echo_response(std::string_view id, std::string_view text);

}  // namespace stream_echo
