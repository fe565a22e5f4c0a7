#include "model_preset.h"

#include <algorithm>
#include <array>

namespace sse_tail {
namespace {

using P = Part;

constexpr When kIsError = {"/type", "error"};
constexpr std::array kErrorRows = {
    Row{.part = P::error, .at = "", .when = kIsError},
    Row{.part = P::error, .at = "/errorText", .when = kIsError},
    Row{.part = P::error, .at = "/message", .when = kIsError},
    Row{.part = P::error_code, .at = "/code", .when = kIsError},
    Row{.part = P::error, .at = "/error/message"},
    Row{.part = P::error, .at = "/error", .otherwise = true},
    Row{.part = P::error_code, .at = "/error/code"},
    Row{.part = P::error_code, .at = "/error/type", .otherwise = true},
    Row{.part = P::error_code, .at = "/error/status", .otherwise = true},
};

// OpenAI's chat completions and the older completions, and everybody who speaks them: vLLM,
// OpenRouter, DeepSeek, Mistral and others, who have reasoning under two names, or text in parts.
constexpr std::string_view kToolCall = "/choices/*/delta/tool_calls/*/index";
constexpr std::array kOpenaiUsage = {
    Row{.part = P::input_tokens, .at = "/usage/prompt_tokens"},
    Row{.part = P::output_tokens, .at = "/usage/completion_tokens"},
    Row{.part = P::reasoning_tokens, .at = "/usage/completion_tokens_details/reasoning_tokens"},
};
constexpr std::array kOpenaiRows = {
    Row{.at = "/choices/*/delta/content"},
    Row{.at = "/choices/*/delta/content/*/text"},
    Row{.at = "/choices/*/text"},
    Row{.part = P::reasoning, .at = "/choices/*/delta/reasoning_content"},
    Row{.part = P::reasoning, .at = "/choices/*/delta/reasoning", .otherwise = true},
    Row{.part = P::reasoning, .at = "/choices/*/delta/content/*/thinking/*/text"},
    Row{.part = P::refusal, .at = "/choices/*/delta/refusal"},
    Row{.part = P::tool_name,
        .at = "/choices/*/delta/tool_calls/*/function/name",
        .call = kToolCall},
    Row{.part = P::tool_arguments,
        .at = "/choices/*/delta/tool_calls/*/function/arguments",
        .call = kToolCall},
    Row{.part = P::tool_name, .at = "/choices/*/delta/function_call/name"},
    Row{.part = P::tool_arguments, .at = "/choices/*/delta/function_call/arguments"},
    Row{.part = P::finish, .at = "/choices/*/finish_reason"},
    kOpenaiUsage[0],
    kOpenaiUsage[1],
    kOpenaiUsage[2],
    Row{.part = P::error, .at = "/message", .when = {"/object", "error"}},
    Row{.part = P::error_code, .at = "/code", .when = {"/object", "error"}},
};
constexpr std::string_view kWholeToolCall = "/choices/*/message/tool_calls/*/id";
constexpr std::array kOpenaiWhole = {
    Row{.at = "/choices/*/message/content"},
    Row{.at = "/choices/*/message/content/*/text"},
    Row{.at = "/choices/*/text"},
    Row{.part = P::reasoning, .at = "/choices/*/message/reasoning_content"},
    Row{.part = P::reasoning, .at = "/choices/*/message/reasoning", .otherwise = true},
    Row{.part = P::refusal, .at = "/choices/*/message/refusal"},
    Row{.part = P::tool_name,
        .at = "/choices/*/message/tool_calls/*/function/name",
        .call = kWholeToolCall},
    Row{.part = P::tool_arguments,
        .at = "/choices/*/message/tool_calls/*/function/arguments",
        .call = kWholeToolCall},
    Row{.part = P::finish, .at = "/choices/*/finish_reason"},
    kOpenaiUsage[0],
    kOpenaiUsage[1],
    kOpenaiUsage[2],
};
constexpr std::array kOpenaiSigns = {
    When{"/object", "chat.completion*"},
    When{"/object", "text_completion*"},
    When{"/object", "error"},
    When{"/choices"},
};

// OpenAI's Responses.
constexpr std::array kResponsesRows = {
    Row{.at = "/delta", .when = {"/type", "response.output_text.delta"}},
    Row{.at = "/delta", .when = {"/type", "response.audio.transcript.delta"}},
    Row{.part = P::reasoning, .at = "/delta", .when = {"/type", "response.reasoning_text.delta"}},
    Row{.part = P::reasoning,
        .at = "/delta",
        .when = {"/type", "response.reasoning_summary_text.delta"}},
    Row{.part = P::refusal, .at = "/delta", .when = {"/type", "response.refusal.delta"}},
    Row{.part = P::tool_name,
        .at = "/item/name",
        .when = {"/type", "response.output_item.added"},
        .call = "/item/id"},
    Row{.part = P::tool_arguments,
        .at = "/delta",
        .when = {"/type", "response.function_call_arguments.delta"},
        .call = "/item_id"},
    Row{.part = P::tool_arguments,
        .at = "/delta",
        .when = {"/type", "response.mcp_call_arguments.delta"},
        .call = "/item_id"},
    Row{.part = P::tool_input,
        .at = "/delta",
        .when = {"/type", "response.custom_tool_call_input.delta"},
        .call = "/item_id"},
    Row{.part = P::tool_input,
        .at = "/delta",
        .when = {"/type", "response.code_interpreter_call_code.delta"},
        .call = "/item_id"},
    Row{.part = P::finish, .at = "/response/status", .when = {"/type", "response.completed"}},
    Row{.part = P::finish,
        .at = "/response/incomplete_details/reason",
        .when = {"/type", "response.incomplete"}},
    Row{.part = P::input_tokens, .at = "/response/usage/input_tokens"},
    Row{.part = P::output_tokens, .at = "/response/usage/output_tokens"},
    Row{.part = P::reasoning_tokens,
        .at = "/response/usage/output_tokens_details/reasoning_tokens"},
    Row{.part = P::error, .at = "", .when = {"/type", "response.failed"}},
    Row{.part = P::error, .at = "/response/error/message"},
    Row{.part = P::error_code, .at = "/response/error/code"},
    Row{.part = P::end, .at = "", .when = {"/type", "response.completed"}},
    Row{.part = P::end, .at = "", .when = {"/type", "response.incomplete"}},
};
constexpr std::array kResponsesWhole = {
    Row{.part = P::reasoning, .at = "/output/*/summary/*/text"},
    Row{.at = "/output/*/content/*/text"},
    Row{.part = P::refusal, .at = "/output/*/content/*/refusal"},
    Row{.part = P::tool_name, .at = "/output/*/name", .call = "/output/*/id"},
    Row{.part = P::tool_arguments, .at = "/output/*/arguments", .call = "/output/*/id"},
    Row{.part = P::finish, .at = "/incomplete_details/reason"},
    Row{.part = P::finish, .at = "/status", .otherwise = true},
    Row{.part = P::input_tokens, .at = "/usage/input_tokens"},
    Row{.part = P::output_tokens, .at = "/usage/output_tokens"},
    Row{.part = P::reasoning_tokens, .at = "/usage/output_tokens_details/reasoning_tokens"},
};
constexpr std::array kResponsesSigns = {
    When{"/type", "response.*"},
    When{"/object", "response"},
};

// Anthropic's Messages.
constexpr std::array kAnthropicRows = {
    Row{.at = "/content_block/text"},
    Row{.at = "/delta/text", .when = {"/delta/type", "text_delta"}},
    Row{.part = P::reasoning, .at = "/content_block/thinking"},
    Row{.part = P::reasoning, .at = "/delta/thinking", .when = {"/delta/type", "thinking_delta"}},
    Row{.part = P::tool_name, .at = "/content_block/name", .call = "/index"},
    Row{.part = P::tool_arguments,
        .at = "/delta/partial_json",
        .when = {"/delta/type", "input_json_delta"},
        .call = "/index"},
    Row{.part = P::finish, .at = "/delta/stop_reason"},
    Row{.part = P::input_tokens, .at = "/message/usage/input_tokens"},
    Row{.part = P::output_tokens, .at = "/message/usage/output_tokens"},
    Row{.part = P::input_tokens, .at = "/usage/input_tokens"},
    Row{.part = P::output_tokens, .at = "/usage/output_tokens"},
    Row{.part = P::end, .at = "", .when = {"/type", "message_stop"}},
};
constexpr std::array kAnthropicWhole = {
    Row{.part = P::reasoning, .at = "/content/*/thinking"},
    Row{.at = "/content/*/text"},
    Row{.part = P::tool_name, .at = "/content/*/name", .call = "/content/*/id"},
    Row{.part = P::tool_arguments, .at = "/content/*/input", .call = "/content/*/id"},
    Row{.part = P::finish, .at = "/stop_reason"},
    Row{.part = P::input_tokens, .at = "/usage/input_tokens"},
    Row{.part = P::output_tokens, .at = "/usage/output_tokens"},
};
constexpr std::array kAnthropicSigns = {
    When{"/type", "message_start"}, When{"/type", "content_block_*"},
    When{"/type", "message_delta"}, When{"/type", "message_stop"},
    When{"/stop_reason"},
};

// Ollama's /api/chat and /api/generate: lines of JSON, the last of which says so.
constexpr std::array kOllamaRows = {
    Row{.part = P::reasoning, .at = "/message/thinking"},
    Row{.part = P::reasoning, .at = "/thinking"},
    Row{.at = "/message/content"},
    Row{.at = "/response"},
    Row{.part = P::tool_name, .at = "/message/tool_calls/*/function/name"},
    Row{.part = P::tool_arguments, .at = "/message/tool_calls/*/function/arguments"},
    Row{.part = P::finish, .at = "/done_reason"},
    Row{.part = P::input_tokens, .at = "/prompt_eval_count"},
    Row{.part = P::output_tokens, .at = "/eval_count"},
    Row{.part = P::end, .at = "", .when = {"/done", "true"}},
};
constexpr std::array kOllamaSigns = {When{"/done"}};

// Google's generateContent with alt=sse. What follows the last event is the end of the body.
constexpr When kThought = {"/candidates/*/content/parts/*/thought", "true"};
constexpr When kNoThought = {"/candidates/*/content/parts/*/thought", "true", true};
constexpr std::array kGeminiRows = {
    Row{.at = "/candidates/*/content/parts/*/text", .when = kNoThought},
    Row{.part = P::reasoning, .at = "/candidates/*/content/parts/*/text", .when = kThought},
    Row{.part = P::tool_name, .at = "/candidates/*/content/parts/*/functionCall/name"},
    Row{.part = P::tool_arguments, .at = "/candidates/*/content/parts/*/functionCall/args"},
    Row{.part = P::finish, .at = "/candidates/*/finishReason"},
    Row{.part = P::finish, .at = "/promptFeedback/blockReason"},
    Row{.part = P::input_tokens, .at = "/usageMetadata/promptTokenCount"},
    Row{.part = P::answer_tokens, .at = "/usageMetadata/candidatesTokenCount"},
    Row{.part = P::reasoning_tokens, .at = "/usageMetadata/thoughtsTokenCount"},
};
constexpr std::array kGeminiSigns = {
    When{"/candidates"},
    When{"/usageMetadata"},
    When{"/promptFeedback"},
};

// Google's Interactions.
constexpr std::array kInteractionsRows = {
    Row{.at = "/delta/text", .when = {"/delta/type", "text"}},
    Row{.part = P::reasoning,
        .at = "/delta/content/text",
        .when = {"/delta/type", "thought_summary"}},
    Row{.part = P::finish,
        .at = "/interaction/status",
        .when = {"/event_type", "interaction.completed"}},
    Row{.part = P::input_tokens, .at = "/interaction/usage/total_input_tokens"},
    Row{.part = P::output_tokens, .at = "/interaction/usage/total_output_tokens"},
    Row{.part = P::input_tokens, .at = "/metadata/total_usage/total_input_tokens"},
    Row{.part = P::output_tokens, .at = "/metadata/total_usage/total_output_tokens"},
    Row{.part = P::error, .at = "", .when = {"/event_type", "error"}},
    Row{.part = P::end, .at = "", .when = {"/event_type", "interaction.completed"}},
};
constexpr std::array kInteractionsSigns = {
    When{"/event_type", "interaction.*"},
    When{"/event_type", "step.*"},
};

// Agent2Agent: 0.3, and 1.0 as JSON-RPC and as REST, which has no result around it.
constexpr std::array kA2aRows = {
    Row{.at = "/result/artifact/parts/*/text", .when = {"/result/kind", "artifact-update"}},
    Row{.at = "/result/status/message/parts/*/text", .when = {"/result/kind", "status-update"}},
    Row{.at = "/result/parts/*/text", .when = {"/result/kind", "message"}},
    Row{.at = "/result/artifactUpdate/artifact/parts/*/text"},
    Row{.at = "/result/statusUpdate/status/message/parts/*/text"},
    Row{.at = "/result/message/parts/*/text"},
    Row{.at = "/artifactUpdate/artifact/parts/*/text"},
    Row{.at = "/statusUpdate/status/message/parts/*/text"},
    Row{.at = "/message/parts/*/text"},
    Row{.part = P::finish, .at = "/result/status/state", .when = {"/result/final", "true"}},
    Row{.part = P::finish, .at = "/result/statusUpdate/status/state"},
    Row{.part = P::finish, .at = "/statusUpdate/status/state"},
    Row{.part = P::error, .at = "/result/status/state", .when = {"/result/status/state", "failed"}},
    Row{.part = P::error,
        .at = "/result/status/state",
        .when = {"/result/status/state", "rejected"}},
    Row{.part = P::error,
        .at = "/result/statusUpdate/status/state",
        .when = {"/result/statusUpdate/status/state", "TASK_STATE_F*"}},
    Row{.part = P::error,
        .at = "/result/statusUpdate/status/state",
        .when = {"/result/statusUpdate/status/state", "TASK_STATE_R*"}},
    Row{.part = P::error,
        .at = "/statusUpdate/status/state",
        .when = {"/statusUpdate/status/state", "TASK_STATE_F*"}},
    Row{.part = P::error,
        .at = "/statusUpdate/status/state",
        .when = {"/statusUpdate/status/state", "TASK_STATE_R*"}},
    Row{.part = P::end, .at = "", .when = {"/result/final", "true"}},
    Row{.part = P::end, .at = "", .when = {"/result/kind", "message"}},
    Row{.part = P::end, .at = "", .when = {"/result/statusUpdate/status/state", "TASK_STATE_C*"}},
    Row{.part = P::end, .at = "", .when = {"/statusUpdate/status/state", "TASK_STATE_C*"}},
    Row{.part = P::end, .at = "/result/message"},
    Row{.part = P::end, .at = "/message"},
};
constexpr std::array kA2aSigns = {
    When{"/result/kind"},    When{"/result/task"},         When{"/result/artifactUpdate"},
    When{"/result/message"}, When{"/result/statusUpdate"}, When{"/task"},
    When{"/artifactUpdate"}, When{"/statusUpdate"},
};

// The Model Context Protocol: the stream that answers one request.
constexpr std::array kMcpRows = {
    Row{.at = "/result/content/*/text"},
    Row{.part = P::progress, .at = "/params/message"},
    Row{.part = P::progress, .at = "/params/data", .when = {"/method", "notifications/message"}},
    Row{.part = P::error, .at = "/result/content/0/text", .when = {"/result/isError", "true"}},
    Row{.part = P::end, .at = "/result"},
};
constexpr std::array kMcpSigns = {When{"/jsonrpc"}};

// The Agent-User Interaction Protocol.
constexpr std::array kAgUiRows = {
    Row{.at = "/delta", .when = {"/type", "TEXT_MESSAGE_*"}},
    Row{.part = P::reasoning, .at = "/delta", .when = {"/type", "REASONING_MESSAGE_*"}},
    Row{.part = P::reasoning, .at = "/delta", .when = {"/type", "THINKING_TEXT_MESSAGE_*"}},
    Row{.part = P::tool_name, .at = "/toolCallName", .call = "/toolCallId"},
    Row{.part = P::tool_arguments,
        .at = "/delta",
        .when = {"/type", "TOOL_CALL_*"},
        .call = "/toolCallId"},
    Row{.part = P::error, .at = "", .when = {"/type", "RUN_ERROR"}},
    Row{.part = P::error, .at = "/message", .when = {"/type", "RUN_ERROR"}},
    Row{.part = P::error_code, .at = "/code", .when = {"/type", "RUN_ERROR"}},
    Row{.part = P::end, .at = "", .when = {"/type", "RUN_FINISHED"}},
};
constexpr std::array kAgUiSigns = {
    When{"/type", "RUN_*"},       When{"/type", "TEXT_MESSAGE_*"}, When{"/type", "STATE_*"},
    When{"/type", "REASONING_*"}, When{"/type", "TOOL_CALL_*"},    When{"/type", "MESSAGES_*"},
};

// The stream of Vercel's AI SDK to a user interface.
constexpr std::array kVercelRows = {
    Row{.at = "/delta", .when = {"/type", "text-delta"}},
    Row{.part = P::reasoning, .at = "/delta", .when = {"/type", "reasoning-delta"}},
    Row{.part = P::tool_name,
        .at = "/toolName",
        .when = {"/type", "tool-input-start"},
        .call = "/toolCallId"},
    Row{.part = P::tool_arguments,
        .at = "/inputTextDelta",
        .when = {"/type", "tool-input-delta"},
        .call = "/toolCallId"},
    Row{.part = P::finish, .at = "/finishReason", .when = {"/type", "finish"}},
};
constexpr std::array kVercelSigns = {
    When{"/type", "start"},       When{"/type", "start-step"},       When{"/type", "text-start"},
    When{"/type", "text-delta"},  When{"/type", "reasoning-start"},  When{"/type", "finish"},
    When{"/type", "finish-step"}, When{"/type", "tool-input-start"},
};

constexpr std::array kPresets = {
    Preset{.name = "openai",
           .what = "OpenAI's chat completions and whoever is compatible",
           .rows = kOpenaiRows,
           .whole = kOpenaiWhole,
           .signs = kOpenaiSigns,
           .end_data = "[DONE]",
           .end_name = "[DONE]",
           .choice = "/choices/*/index"},
    Preset{.name = "responses",
           .what = "OpenAI's Responses",
           .rows = kResponsesRows,
           .whole = kResponsesWhole,
           .signs = kResponsesSigns,
           .end_name = "response.completed"},
    Preset{.name = "anthropic",
           .what = "Anthropic's Messages",
           .rows = kAnthropicRows,
           .whole = kAnthropicWhole,
           .signs = kAnthropicSigns,
           .end_name = "message_stop"},
    Preset{.name = "ollama",
           .what = "Ollama's own, lines of JSON",
           .rows = kOllamaRows,
           .whole = kOllamaRows,
           .signs = kOllamaSigns,
           .end_name = "\"done\":true"},
    Preset{.name = "gemini",
           .what = "Google's generateContent",
           .rows = kGeminiRows,
           .whole = kGeminiRows,
           .signs = kGeminiSigns,
           .choice = "/candidates/*/index"},
    Preset{.name = "interactions",
           .what = "Google's Interactions",
           .rows = kInteractionsRows,
           .signs = kInteractionsSigns,
           .end_name = "interaction.completed"},
    Preset{.name = "a2a",
           .what = "Agent2Agent 0.3 and 1.0",
           .rows = kA2aRows,
           .whole = kA2aRows,
           .signs = kA2aSigns,
           .end_name = "the final state"},
    Preset{.name = "mcp",
           .what = "the Model Context Protocol",
           .rows = kMcpRows,
           .whole = kMcpRows,
           .signs = kMcpSigns,
           .end_name = "the result",
           .other_type = "endpoint"},
    Preset{.name = "ag-ui",
           .what = "the Agent-User Interaction Protocol",
           .rows = kAgUiRows,
           .signs = kAgUiSigns,
           .end_name = "RUN_FINISHED"},
    Preset{.name = "vercel",
           .what = "the UI streams of Vercel's AI SDK",
           .rows = kVercelRows,
           .signs = kVercelSigns,
           .end_data = "[DONE]",
           .end_name = "[DONE]"},
};

}  // namespace

std::span<const Preset> presets() {
  return kPresets;
}

const Preset* find_preset(std::string_view name) {
  const auto* const found = std::find_if(kPresets.begin(), kPresets.end(),
                                         [&](const Preset& preset) { return preset.name == name; });
  return found == kPresets.end() ? nullptr : found;
}

std::span<const Row> error_rows() {
  return kErrorRows;
}

}  // namespace sse_tail
