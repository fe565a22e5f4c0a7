// JSON in: one line of text becomes a value, without exceptions and under a limit on its depth.
// JSON out is base/json_writer's.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace rec {

using Json = nlohmann::json;

/// Values in one text. Each takes some 100 bytes of memory, however short it is, `{}` say: without
/// a limit a text of 64 MiB could cost gigabytes.
inline constexpr std::size_t kMaxJsonValues = 1'000'000;

/// nullopt when `line` is not one JSON value, is nested more than 512 deep (destroying that would
/// overrun the stack), or is_too_large().
std::optional<Json> parse_json(std::string_view line);

/// Whether `line` holds more than kMaxJsonValues values, roughly: commas and opening brackets
/// outside of strings are counted.
bool is_too_large(std::string_view line);

/// The text of a key; empty when `object` has no such key, or no text there.
std::string text_of(const Json& object, const char* key);

}  // namespace rec
