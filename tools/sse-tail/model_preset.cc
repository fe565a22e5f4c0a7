#include "model_preset.h"

#include <algorithm>
#include <array>

#include "agent_tables.h"
#include "model_tables.h"

namespace sse_tail {
namespace {

constexpr When kIsError = {"/type", "error"};
constexpr std::array kErrorRows = {
    Row{.part = Part::error, .at = "", .when = kIsError},
    Row{.part = Part::error, .at = "/errorText", .when = kIsError},
    Row{.part = Part::error, .at = "/message", .when = kIsError},
    Row{.part = Part::error_code, .at = "/code", .when = kIsError},
    Row{.part = Part::error, .at = "/error/message"},
    Row{.part = Part::error, .at = "/error", .otherwise = true},
    Row{.part = Part::error_code, .at = "/error/code"},
    Row{.part = Part::error_code, .at = "/error/type", .otherwise = true},
    Row{.part = Part::error_code, .at = "/error/status", .otherwise = true},
};
constexpr std::array kErrorEventRows = {
    Row{.part = Part::error, .at = ""},
    Row{.part = Part::error, .at = "/message"},
    Row{.part = Part::error, .at = "/detail", .otherwise = true},
    Row{.part = Part::error_code, .at = "/code"},
    Row{.part = Part::error_code, .at = "/status", .otherwise = true},
};

constexpr std::array kPresets = {
    Preset{.name = "openai",
           .rows = kOpenaiRows,
           .whole = kOpenaiWhole,
           .signs = kOpenaiSigns,
           .end_data = "[DONE]",
           .end_name = "[DONE]",
           .choice = "/choices/*/index"},
    Preset{.name = "responses",
           .rows = kResponsesRows,
           .whole = kResponsesWhole,
           .signs = kResponsesSigns,
           .end_name = "response.completed"},
    Preset{.name = "anthropic",
           .rows = kAnthropicRows,
           .whole = kAnthropicWhole,
           .signs = kAnthropicSigns,
           .end_name = "message_stop"},
    Preset{.name = "ollama",
           .rows = kOllamaRows,
           .whole = kOllamaRows,
           .signs = kOllamaSigns,
           .end_name = "\"done\":true"},
    Preset{.name = "gemini",
           .rows = kGeminiRows,
           .whole = kGeminiRows,
           .signs = kGeminiSigns,
           .choice = "/candidates/*/index"},
    Preset{.name = "interactions",
           .rows = kInteractionsRows,
           .signs = kInteractionsSigns,
           .end_name = "interaction.completed"},
    Preset{.name = "a2a",
           .rows = kA2aRows,
           .whole = kA2aRows,
           .signs = kA2aSigns,
           .end_name = "the final state"},
    Preset{.name = "mcp",
           .rows = kMcpRows,
           .whole = kMcpRows,
           .signs = kMcpSigns,
           .end_name = "the result",
           .other_type = "endpoint"},
    Preset{.name = "ag-ui", .rows = kAgUiRows, .signs = kAgUiSigns, .end_name = "RUN_FINISHED"},
    Preset{.name = "vercel",
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

std::span<const Row> error_event_rows() {
  return kErrorEventRows;
}

}  // namespace sse_tail
