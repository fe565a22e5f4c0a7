// JSON in: one line of text becomes a value, without exceptions and under a limit on its depth.
// JSON out is base/json_writer's.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace rec {

using Json = nlohmann::json;

/// nullopt when `line` is not one JSON value, or is nested more than 512 deep: destroying that
/// would overrun the stack.
std::optional<Json> parse_json(std::string_view line);

/// The text of a key; empty when `object` has no such key, or no text there.
std::string text_of(const Json& object, const char* key);

}  // namespace rec
