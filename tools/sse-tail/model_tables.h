// The rows and signs of the streams of language models. Only model_preset.cc, which has the table
// of all of them, needs these.
#pragma once

#include <array>
#include <string_view>

#include "model_preset.h"

namespace sse_tail {

// OpenAI's chat completions and the older completions, and everybody who speaks them: vLLM,
// OpenRouter, DeepSeek, Mistral and others, who have reasoning under two names, or text in parts.
inline constexpr std::string_view kToolCall = "/choices/*/delta/tool_calls/*/index";
inline constexpr std::string_view kToolCallId = "/choices/*/delta/tool_calls/*/id";
inline constexpr std::array kOpenaiUsage = {
    Row{.part = Part::input_tokens, .at = "/usage/prompt_tokens"},
    Row{.part = Part::output_tokens, .at = "/usage/completion_tokens"},
    Row{.part = Part::reasoning_tokens, .at = "/usage/completion_tokens_details/reasoning_tokens"},
};
inline constexpr When kIsErrorObject = {"/object", "error"};
inline constexpr When kFailedFinish = {"/choices/*/finish_reason", "error"};
inline constexpr std::array kOpenaiRows = {
    Row{.part = Part::reasoning, .at = "/choices/*/delta/reasoning_content"},
    Row{.part = Part::reasoning, .at = "/choices/*/delta/reasoning", .otherwise = true},
    Row{.part = Part::reasoning, .at = "/choices/*/delta/content/*/thinking/*/text"},
    Row{.at = "/choices/*/delta/content"},
    Row{.at = "/choices/*/delta/content/*/text"},
    Row{.at = "/choices/*/text"},
    Row{.part = Part::refusal, .at = "/choices/*/delta/refusal"},
    Row{.part = Part::tool_name,
        .at = "/choices/*/delta/tool_calls/*/function/name",
        .call = kToolCall,
        .id = kToolCallId},
    Row{.part = Part::tool_arguments,
        .at = "/choices/*/delta/tool_calls/*/function/arguments",
        .call = kToolCall,
        .id = kToolCallId},
    Row{.part = Part::tool_name, .at = "/choices/*/delta/function_call/name"},
    Row{.part = Part::tool_arguments, .at = "/choices/*/delta/function_call/arguments"},
    Row{.part = Part::finish, .at = "/choices/*/finish_reason"},
    kOpenaiUsage[0],
    kOpenaiUsage[1],
    kOpenaiUsage[2],
    Row{.part = Part::error, .at = "", .when = kIsErrorObject},
    Row{.part = Part::error, .at = "/message", .when = kIsErrorObject},
    Row{.part = Part::error_code, .at = "/code", .when = kIsErrorObject},
    Row{.part = Part::error, .at = "", .when = kFailedFinish},
};
inline constexpr std::array kOpenaiWhole = {
    Row{.part = Part::reasoning, .at = "/choices/*/message/reasoning_content"},
    Row{.part = Part::reasoning, .at = "/choices/*/message/reasoning", .otherwise = true},
    Row{.part = Part::reasoning, .at = "/choices/*/message/content/*/thinking/*/text"},
    Row{.at = "/choices/*/message/content"},
    Row{.at = "/choices/*/message/content/*/text"},
    Row{.at = "/choices/*/text"},
    Row{.part = Part::refusal, .at = "/choices/*/message/refusal"},
    Row{.part = Part::tool_name, .at = "/choices/*/message/tool_calls/*/function/name"},
    Row{.part = Part::tool_arguments, .at = "/choices/*/message/tool_calls/*/function/arguments"},
    Row{.part = Part::tool_name, .at = "/choices/*/message/function_call/name"},
    Row{.part = Part::tool_arguments, .at = "/choices/*/message/function_call/arguments"},
    Row{.part = Part::finish, .at = "/choices/*/finish_reason"},
    Row{.part = Part::error, .at = "", .when = kIsErrorObject},
    Row{.part = Part::error, .at = "/message", .when = kIsErrorObject},
    Row{.part = Part::error_code, .at = "/code", .when = kIsErrorObject},
    Row{.part = Part::error, .at = "", .when = kFailedFinish},
    Row{.part = Part::end, .at = "/choices/*/message"},
    Row{.part = Part::end, .at = "/choices/*/text"},
    kOpenaiUsage[0],
    kOpenaiUsage[1],
    kOpenaiUsage[2],
};
inline constexpr std::array kOpenaiSigns = {
    When{"/object", "chat.completion*|text_completion*|error"},
    When{"/choices"},
};

// OpenAI's Responses.
inline constexpr std::string_view kItem = "/output_index";
inline constexpr std::array kResponsesRows = {
    Row{.at = "/delta",
        .when = {"/type", "response.output_text.delta|response.audio.transcript.delta"}},
    Row{.part = Part::reasoning,
        .at = "/delta",
        .when = {"/type", "response.reasoning_text.delta|response.reasoning_summary_text.delta"}},
    Row{.part = Part::reasoning,
        .at = "/delta/text",
        .when = {"/type", "response.reasoning.delta"}},
    Row{.part = Part::refusal, .at = "/delta", .when = {"/type", "response.refusal.delta"}},
    Row{.part = Part::tool_name,
        .at = "/item/name",
        .when = {"/type", "response.output_item.added"},
        .call = kItem,
        .id = "/item/id"},
    Row{.part = Part::tool_arguments,
        .at = "/delta",
        .when = {"/type",
                 "response.function_call_arguments.delta|response.mcp_call_arguments.delta|"
                 "response.mcp_call.arguments_delta"},
        .call = kItem,
        .id = "/item_id"},
    Row{.part = Part::tool_input,
        .at = "/delta",
        .when = {"/type",
                 "response.custom_tool_call_input.delta|response.code_interpreter_call_code.delta|"
                 "response.code_interpreter_call.code.delta"},
        .call = kItem,
        .id = "/item_id"},
    Row{.part = Part::finish, .at = "/response/status", .when = {"/type", "response.completed"}},
    Row{.part = Part::finish,
        .at = "/response/incomplete_details/reason",
        .when = {"/type", "response.incomplete"}},
    Row{.part = Part::input_tokens, .at = "/response/usage/input_tokens"},
    Row{.part = Part::output_tokens, .at = "/response/usage/output_tokens"},
    Row{.part = Part::reasoning_tokens,
        .at = "/response/usage/output_tokens_details/reasoning_tokens"},
    Row{.part = Part::error, .at = "", .when = {"/type", "response.failed"}},
    Row{.part = Part::error, .at = "/response/error/message"},
    Row{.part = Part::error_code, .at = "/response/error/code"},
    Row{.part = Part::end, .at = "", .when = {"/type", "response.completed|response.incomplete"}},
};
inline constexpr std::string_view kContentType = "/output/*/content/*/type";
inline constexpr std::array kResponsesWhole = {
    Row{.part = Part::reasoning, .at = "/output/*/summary/*/text"},
    Row{.part = Part::reasoning,
        .at = "/output/*/content/*/text",
        .when = {kContentType, "reasoning_text"}},
    Row{.at = "/output/*/content/*/text", .when = {kContentType, "output_text"}},
    Row{.part = Part::refusal, .at = "/output/*/content/*/refusal"},
    Row{.part = Part::tool_name, .at = "/output/*/name"},
    Row{.part = Part::tool_arguments, .at = "/output/*/arguments"},
    Row{.part = Part::tool_input, .at = "/output/*/input"},
    Row{.part = Part::finish, .at = "/incomplete_details/reason"},
    Row{.part = Part::finish, .at = "/status", .otherwise = true},
    Row{.part = Part::input_tokens, .at = "/usage/input_tokens"},
    Row{.part = Part::output_tokens, .at = "/usage/output_tokens"},
    Row{.part = Part::reasoning_tokens, .at = "/usage/output_tokens_details/reasoning_tokens"},
    Row{.part = Part::error, .at = "", .when = {"/status", "failed|cancelled"}},
    Row{.part = Part::end, .at = "", .when = {"/status", "completed|incomplete"}},
};
inline constexpr std::array kResponsesSigns = {
    When{"/type", "response.*"},
    When{"/object", "response"},
};

// Anthropic's Messages.
inline constexpr std::array kAnthropicRows = {
    Row{.part = Part::reasoning, .at = "/content_block/thinking"},
    Row{.part = Part::reasoning,
        .at = "/delta/thinking",
        .when = {"/delta/type", "thinking_delta"}},
    Row{.at = "/content_block/text"},
    Row{.at = "/delta/text", .when = {"/delta/type", "text_delta"}},
    Row{.part = Part::tool_name,
        .at = "/content_block/name",
        .call = "/index",
        .id = "/content_block/id"},
    Row{.part = Part::tool_arguments,
        .at = "/delta/partial_json",
        .when = {"/delta/type", "input_json_delta"},
        .call = "/index"},
    Row{.part = Part::finish, .at = "/delta/stop_reason"},
    Row{.part = Part::input_tokens, .at = "/message/usage/input_tokens"},
    Row{.part = Part::output_tokens, .at = "/message/usage/output_tokens"},
    Row{.part = Part::input_tokens, .at = "/usage/input_tokens"},
    Row{.part = Part::output_tokens, .at = "/usage/output_tokens"},
    Row{.part = Part::end, .at = "", .when = {"/type", "message_stop"}},
};
inline constexpr std::array kAnthropicWhole = {
    Row{.part = Part::reasoning, .at = "/content/*/thinking"},
    Row{.at = "/content/*/text"},
    Row{.part = Part::tool_name, .at = "/content/*/name"},
    Row{.part = Part::tool_arguments, .at = "/content/*/input"},
    Row{.part = Part::finish, .at = "/stop_reason"},
    Row{.part = Part::input_tokens, .at = "/usage/input_tokens"},
    Row{.part = Part::output_tokens, .at = "/usage/output_tokens"},
    Row{.part = Part::end, .at = "/content"},
};
inline constexpr std::array kAnthropicSigns = {
    When{"/type", "message_start|content_block_*|message_delta|message_stop"},
    When{"/stop_reason"},
};

// Ollama's /api/chat and /api/generate: lines of JSON, the last of which says so.
inline constexpr std::array kOllamaRows = {
    Row{.part = Part::reasoning, .at = "/message/thinking"},
    Row{.part = Part::reasoning, .at = "/thinking"},
    Row{.at = "/message/content"},
    Row{.at = "/response"},
    Row{.part = Part::tool_name, .at = "/message/tool_calls/*/function/name"},
    Row{.part = Part::tool_arguments, .at = "/message/tool_calls/*/function/arguments"},
    Row{.part = Part::finish, .at = "/done_reason"},
    Row{.part = Part::input_tokens, .at = "/prompt_eval_count"},
    Row{.part = Part::output_tokens, .at = "/eval_count"},
    Row{.part = Part::end, .at = "", .when = {"/done", "true"}},
};
inline constexpr std::array kOllamaSigns = {When{"/done"}};

// Google's generateContent with alt=sse. What follows the last event is the end of the body; the
// last but for numbers has the finish reason.
inline constexpr When kThought = {"/candidates/*/content/parts/*/thought", "true"};
inline constexpr When kNoThought = {"/candidates/*/content/parts/*/thought", "true", true};
inline constexpr std::array kGeminiRows = {
    Row{.at = "/candidates/*/content/parts/*/text", .when = kNoThought},
    Row{.part = Part::reasoning, .at = "/candidates/*/content/parts/*/text", .when = kThought},
    Row{.part = Part::tool_name, .at = "/candidates/*/content/parts/*/functionCall/name"},
    Row{.part = Part::tool_arguments, .at = "/candidates/*/content/parts/*/functionCall/args"},
    Row{.part = Part::finish, .at = "/candidates/*/finishReason"},
    Row{.part = Part::finish, .at = "/promptFeedback/blockReason"},
    Row{.part = Part::may_end, .at = "/candidates/*/finishReason"},
    Row{.part = Part::may_end, .at = "/promptFeedback/blockReason"},
    Row{.part = Part::input_tokens, .at = "/usageMetadata/promptTokenCount"},
    Row{.part = Part::answer_tokens, .at = "/usageMetadata/candidatesTokenCount"},
    Row{.part = Part::reasoning_tokens, .at = "/usageMetadata/thoughtsTokenCount"},
};
inline constexpr std::array kGeminiSigns = {
    When{"/candidates"},
    When{"/usageMetadata"},
    When{"/promptFeedback"},
};

// Google's Interactions.
inline constexpr std::array kInteractionsRows = {
    Row{.at = "/delta/text", .when = {"/delta/type", "text"}},
    Row{.part = Part::reasoning,
        .at = "/delta/content/text",
        .when = {"/delta/type", "thought_summary"}},
    Row{.part = Part::finish,
        .at = "/interaction/status",
        .when = {"/event_type", "interaction.completed"}},
    Row{.part = Part::input_tokens, .at = "/interaction/usage/total_input_tokens"},
    Row{.part = Part::output_tokens, .at = "/interaction/usage/total_output_tokens"},
    Row{.part = Part::input_tokens, .at = "/metadata/total_usage/total_input_tokens"},
    Row{.part = Part::output_tokens, .at = "/metadata/total_usage/total_output_tokens"},
    Row{.part = Part::error, .at = "", .when = {"/event_type", "error"}},
    Row{.part = Part::end, .at = "", .when = {"/event_type", "interaction.completed"}},
};
inline constexpr std::array kInteractionsSigns = {When{"/event_type", "interaction.*|step.*"}};

}  // namespace sse_tail
