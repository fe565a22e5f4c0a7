// The rows and signs of the streams of agents. Only model_preset.cc, which has the table of all of
// them, needs these.
#pragma once

#include <array>
#include <string_view>

#include "model_preset.h"

namespace sse_tail {

// Agent2Agent: 0.3, and 1.0 as JSON-RPC and as REST, which has no result around it. A task may be
// sent as a whole, with all its text so far, and its state stands in several places.
inline constexpr std::string_view kFailedTask =
    "failed|rejected|TASK_STATE_FAILED|TASK_STATE_REJECTED";
inline constexpr std::string_view kFinishedTask =
    "completed|canceled|TASK_STATE_COMPLETED|TASK_STATE_CANCELED|TASK_STATE_CANCELLED";
inline constexpr std::string_view kWaitingTask =
    "input-required|auth-required|TASK_STATE_INPUT_REQUIRED|TASK_STATE_AUTH_REQUIRED";
inline constexpr std::string_view kWorkingTask =
    "submitted|working|unknown|TASK_STATE_SUBMITTED|TASK_STATE_WORKING|TASK_STATE_UNSPECIFIED";

/// For a state at `state` and the message that may go with it at `message`.
constexpr std::array<Row, 9> state_rows(std::string_view state, std::string_view message) {
  return {
      Row{.at = message, .when = {state, kFailedTask, true}},
      Row{.part = Part::finish, .at = state, .when = {state, kFinishedTask}},
      Row{.part = Part::finish, .at = state, .when = {state, kWaitingTask}},
      Row{.part = Part::error, .at = message, .when = {state, kFailedTask}},
      Row{.part = Part::error, .at = state, .when = {state, kFailedTask}, .otherwise = true},
      Row{.part = Part::error_code, .at = state, .when = {state, kFailedTask}},
      Row{.part = Part::may_end, .at = state, .when = {state, kWaitingTask}},
      Row{.part = Part::goes_on, .at = state, .when = {state, kWorkingTask}},
      Row{.part = Part::end, .at = state, .when = {state, kFinishedTask}},
  };
}

template <std::size_t... kSizes>
constexpr auto together(const std::array<Row, kSizes>&... tables) {
  std::array<Row, (kSizes + ...)> all{};
  std::size_t at = 0;
  const auto add = [&](const auto& rows) {
    for (const Row& row : rows) all[at++] = row;
  };
  (add(tables), ...);
  return all;
}

inline constexpr std::array kA2aContent = {
    Row{.at = "/result/artifact/parts/*/text"},
    Row{.at = "/result/artifacts/*/parts/*/text", .first = true},
    Row{.at = "/result/parts/*/text", .when = {"/result/kind", "message"}},
    Row{.at = "/result/artifactUpdate/artifact/parts/*/text"},
    Row{.at = "/result/task/artifacts/*/parts/*/text", .first = true},
    Row{.at = "/result/message/parts/*/text"},
    Row{.at = "/artifactUpdate/artifact/parts/*/text"},
    Row{.at = "/task/artifacts/*/parts/*/text", .first = true},
    Row{.at = "/message/parts/*/text"},
    Row{.part = Part::end, .at = "", .when = {"/result/final", "true"}},
    Row{.part = Part::end, .at = "", .when = {"/result/kind", "message"}},
    Row{.part = Part::end, .at = "/result/message/parts"},
    Row{.part = Part::end, .at = "/message/parts"},
};
inline constexpr auto kA2aRows =
    together(kA2aContent, state_rows("/result/status/state", "/result/status/message/parts/*/text"),
             state_rows("/result/statusUpdate/status/state",
                        "/result/statusUpdate/status/message/parts/*/text"),
             state_rows("/result/task/status/state", "/result/task/status/message/parts/*/text"),
             state_rows("/statusUpdate/status/state", "/statusUpdate/status/message/parts/*/text"),
             state_rows("/task/status/state", "/task/status/message/parts/*/text"));
inline constexpr std::array kA2aSigns = {
    When{"/result/kind", "task|message|status-update|artifact-update"},
    When{"/result/task/status/state"},
    When{"/result/artifactUpdate"},
    When{"/result/message/parts"},
    When{"/result/statusUpdate"},
    When{"/task/status/state"},
    When{"/artifactUpdate"},
    When{"/statusUpdate"},
    When{"/message/parts"},
};

// The Model Context Protocol: the stream that answers one request.
inline constexpr std::array kMcpRows = {
    Row{.at = "/result/content/*/text"},
    Row{.part = Part::progress, .at = "/params/message"},
    Row{.part = Part::progress, .at = "/params/data", .when = {"/method", "notifications/message"}},
    Row{.part = Part::error, .at = "/result/content/0/text", .when = {"/result/isError", "true"}},
    Row{.part = Part::end, .at = "/result"},
};
inline constexpr std::array kMcpSigns = {When{"/jsonrpc"}};

// The Agent-User Interaction Protocol.
inline constexpr std::array kAgUiRows = {
    Row{.at = "/delta", .when = {"/type", "TEXT_MESSAGE_*"}},
    Row{.part = Part::reasoning,
        .at = "/delta",
        .when = {"/type", "REASONING_MESSAGE_*|THINKING_TEXT_MESSAGE_*"}},
    Row{.part = Part::tool_name, .at = "/toolCallName", .call = "/toolCallId"},
    Row{.part = Part::tool_arguments,
        .at = "/delta",
        .when = {"/type", "TOOL_CALL_*"},
        .call = "/toolCallId"},
    Row{.part = Part::error, .at = "", .when = {"/type", "RUN_ERROR"}},
    Row{.part = Part::error, .at = "/message", .when = {"/type", "RUN_ERROR"}},
    Row{.part = Part::error_code, .at = "/code", .when = {"/type", "RUN_ERROR"}},
    Row{.part = Part::end, .at = "", .when = {"/type", "RUN_FINISHED"}},
};
inline constexpr std::array kAgUiSigns = {
    When{"/type", "RUN_*|TEXT_MESSAGE_*|STATE_*|REASONING_*|TOOL_CALL_*|MESSAGES_*"}};

// The stream of Vercel's AI SDK to a user interface.
inline constexpr std::array kVercelRows = {
    Row{.at = "/delta", .when = {"/type", "text-delta"}},
    Row{.part = Part::reasoning, .at = "/delta", .when = {"/type", "reasoning-delta"}},
    Row{.part = Part::tool_name,
        .at = "/toolName",
        .when = {"/type", "tool-input-start|tool-input-available"},
        .call = "/toolCallId"},
    Row{.part = Part::tool_arguments,
        .at = "/inputTextDelta",
        .when = {"/type", "tool-input-delta"},
        .call = "/toolCallId"},
    Row{.part = Part::tool_arguments,
        .at = "/input",
        .when = {"/type", "tool-input-available"},
        .call = "/toolCallId",
        .first = true},
    Row{.part = Part::finish, .at = "/finishReason", .when = {"/type", "finish"}},
    Row{.part = Part::error, .at = "", .when = {"/finishReason", "error"}},
    Row{.part = Part::error, .at = "", .when = {"/type", "abort"}},
    Row{.part = Part::error, .at = "/reason", .when = {"/type", "abort"}},
    Row{.part = Part::error_code, .at = "/type", .when = {"/type", "abort"}},
};
inline constexpr std::array kVercelSigns = {
    When{"/type",
         "start|start-step|text-start|text-delta|reasoning-start|tool-input-start|"
         "tool-input-available|finish|finish-step|abort"}};

}  // namespace sse_tail
