// What the requests of MCP are answered: the methods that this server knows, and its one tool,
// which says what it is told. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "rpc.h"

namespace stream_echo {

/// From here on ids without data are understood, and what a tool cannot take is its own business.
inline constexpr std::string_view kMcpResumable = "2025-11-25";

/// The versions of the protocol that this server speaks.
bool is_mcp_version(std::string_view version);

/// The most of the tool's `steps`.
inline constexpr std::uint64_t kMaxSteps = 100'000;

struct McpOutcome {
  std::string response = {};        ///< JSON-RPC, a result or an error
  std::string why = {};             ///< for the log, safe to print
  std::string version = {};         ///< `initialize`: what a session is to begin with; else empty
  bool streams = false;             ///< as an event stream, unless something else is asked for
  std::string progress_token = {};  ///< as McpStream has these
  std::string text = {};
  std::uint64_t steps = 0;
};

/// `request` is one; `version` is the session's, empty when there is none.
McpOutcome answer_method(const RpcMessage& request, std::string_view version);

}  // namespace stream_echo
