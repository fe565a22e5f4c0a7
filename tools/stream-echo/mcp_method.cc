#include "mcp_method.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "answer.h"
#include "base/json_writer.h"
#include "base/text.h"
#include "cli/help.h"
#include "words.h"

namespace stream_echo {
namespace {

using rec::Json;

constexpr std::array<std::string_view, 3> kVersions = {"2025-03-26", "2025-06-18", kMcpResumable};

// Beyond that a client hides it, or does.
constexpr std::size_t kMaxShownName = 64;

McpOutcome result(const RpcMessage& request, std::string_view json) {
  return {.response = rpc_result(request.id, json), .why = request.method};
}

McpOutcome error(const RpcMessage& request, RpcCode code, const std::string& message) {
  return {.response = rpc_error({.code = code, .message = message, .id = request.id}),
          .why = fmt::format("error {}: {}", static_cast<int>(code), message)};
}

/// As a message shows what a client sent.
std::string shown(std::string_view name) {
  return quoted(name.substr(0, kMaxShownName));
}

McpOutcome initialize(const RpcMessage& request, std::string_view) {
  const std::string wanted = rec::text_of(request.params, "protocolVersion");
  if (wanted.empty()) {
    return error(request, RpcCode::invalid_params, "protocolVersion is missing");
  }
  // Lifecycle, version negotiation: another one, the latest, is an offer.
  const std::string version(is_mcp_version(wanted) ? wanted : kVersions.back());
  std::string json;
  JsonWriter(json)
      .begin()
      .field("protocolVersion", version)
      .begin_object("capabilities")
      .begin_object("tools")
      .end_object()
      .end_object()
      .begin_object("serverInfo")
      .field("name", "stream-echo")
      .field("version", cli::version_number())
      .end_object()
      .end_object();
  McpOutcome outcome = result(request, json);
  outcome.version = version;
  return outcome;
}

McpOutcome ping(const RpcMessage& request, std::string_view) {
  return result(request, "{}");
}

McpOutcome list_tools(const RpcMessage& request, std::string_view) {
  std::string json;
  JsonWriter out(json);
  out.begin().begin_list("tools").begin();
  out.field("name", "echo").field("description", "Says what it is told, word by word");
  out.begin_object("inputSchema").field("type", "object").begin_object("properties");
  out.begin_object("text").field("type", "string").field("description", "What to say").end_object();
  out.begin_object("steps").field("type", "integer");
  out.field("description", "How many steps of progress to tell; without it each word is one");
  out.field("minimum", std::uint64_t{0}).field("maximum", kMaxSteps).end_object();
  out.end_object().begin_list("required").element("text").end_list().end_object();
  out.end_object().end_list().end_object();
  return result(request, json);
}

/// The result of a tool: text, and whether that tells of a failure.
std::string tool_result(std::string_view text, bool failed) {
  std::string json;
  JsonWriter out(json);
  out.begin().begin_list("content");
  out.begin().field("type", "text").field("text", text).end_object().end_list();
  if (failed) out.flag("isError", true);
  out.end_object();
  return json;
}

/// To JSON Schema 1.0 is an integer, too (Validation, 6.1.1).
std::optional<std::uint64_t> steps_of(const Json& json) {
  if (!json.is_number()) return std::nullopt;
  const auto number = json.get<double>();
  const bool fits = number >= 0 && number <= double(kMaxSteps) && std::trunc(number) == number;
  return fits ? std::optional(static_cast<std::uint64_t>(number)) : std::nullopt;
}

/// What is wrong with the arguments of `echo`; nullopt: nothing.
std::optional<std::string> problem_of(const Json& arguments) {
  if (!arguments.is_object()) return "arguments is not an object";
  const auto text = arguments.find("text");
  if (text == arguments.end() || !text->is_string()) return "text is not a string";
  const auto steps = arguments.find("steps");
  if (steps == arguments.end()) {
    if (count_words(text->get_ref<const std::string&>()) <= kMaxSteps) return std::nullopt;
    return fmt::format("text has more than {} words; with steps it may", kMaxSteps);
  }
  if (steps_of(*steps)) return std::nullopt;
  return fmt::format("steps is not a whole number up to {}", kMaxSteps);
}

/// JSON; empty when the client wants no progress.
std::string progress_token(const Json& params) {
  const auto meta = params.find("_meta");
  if (meta == params.end() || !meta->is_object()) return {};
  const auto token = meta->find("progressToken");
  const bool is_token = token != meta->end() && (token->is_string() || token->is_number_integer());
  return is_token ? json_text(*token) : std::string();
}

McpOutcome call_tool(const RpcMessage& request, std::string_view version) {
  const std::string name = rec::text_of(request.params, "name");
  if (name.empty()) return error(request, RpcCode::invalid_params, "name is missing");
  if (name != "echo") {  // Tools, error handling: an error of the protocol
    return error(request, RpcCode::invalid_params, fmt::format("unknown tool {}", shown(name)));
  }
  const auto found = request.params.find("arguments");
  const Json arguments = found != request.params.end() ? *found : Json::object();
  if (const auto problem = problem_of(arguments)) {
    // Since that version what a tool cannot take is for the model to read.
    if (version < kMcpResumable) return error(request, RpcCode::invalid_params, *problem);
    return result(request, tool_result(*problem, true));
  }
  McpOutcome outcome{.streams = true,
                     .progress_token = progress_token(request.params),
                     .text = rec::text_of(arguments, "text")};
  if (outcome.progress_token.size() > kMaxProgressToken) {
    return error(request, RpcCode::invalid_params,
                 fmt::format("progressToken is longer than {} bytes", kMaxProgressToken));
  }
  outcome.why = fmt::format("echo of {}", count_text(outcome.text.size(), "byte"));
  const auto steps = arguments.find("steps");
  outcome.tells_words = steps == arguments.end();
  outcome.steps = outcome.tells_words ? count_words(outcome.text) : *steps_of(*steps);
  return outcome;
}

struct Row {
  std::string_view method = {};
  McpOutcome (*answer)(const RpcMessage& request, std::string_view version) = nullptr;
};
constexpr std::array kRows = {
    Row{"initialize", initialize},
    Row{"ping", ping},
    Row{"tools/list", list_tools},
    Row{"tools/call", call_tool},
};

}  // namespace

bool is_mcp_version(std::string_view version) {
  return std::ranges::find(kVersions, version) != kVersions.end();
}

std::string echo_response(std::string_view id, std::string_view text) {
  return rpc_result(id, tool_result(text, false));
}

McpOutcome answer_method(const RpcMessage& request, std::string_view version) {
  const auto* const row = std::ranges::find(kRows, request.method, &Row::method);
  if (row != kRows.end()) return row->answer(request, version);
  return error(request, RpcCode::unknown_method,
               fmt::format("unknown method {}", shown(request.method)));
}

}  // namespace stream_echo
