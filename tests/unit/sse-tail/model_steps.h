// What the tests of the model reader share: events in, and their pieces as one line of text.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

#include "sse-tail/model_reader.h"

namespace sse_tail {

inline constexpr std::string_view kLetters = "TRFPNAI";  // of Part, as far as they are pieces

inline ModelReader reader_of(std::string_view preset) {
  return ModelReader({.judged = true, .preset = find_preset(preset)});
}

inline std::string shown(std::span<const Delta> deltas) {
  std::string text;
  for (const Delta& delta : deltas) {
    text += kLetters[static_cast<std::size_t>(delta.part)];
    if (delta.choice > 0) text += std::to_string(delta.choice);
    if (delta.part >= Part::tool_name) text += std::to_string(delta.call);
    text += delta.breaks ? '!' : '=';
    text += std::string(delta.text) + ';';
  }
  return text;
}

inline std::string take(ModelReader& reader, std::initializer_list<std::string_view> events) {
  std::string text;
  for (const std::string_view event : events) text += shown(reader.take("message", event));
  return text;
}

inline std::string content(std::string_view text, int index = 0) {
  return R"({"choices":[{"index":)" + std::to_string(index) + R"(,"delta":{"content":")" +
         std::string(text) + R"("}}]})";
}

inline std::string arguments(std::string_view text) {
  return R"({"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":")" +
         std::string(text) + R"("}}]}}]})";
}

}  // namespace sse_tail
