// A JSON file of tests/vectors. What is wrong with one ends the program with the reason: nothing
// can be tested with it.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace test {

[[noreturn]] void broken_vector(const std::string& what);

nlohmann::json load_vectors(std::string_view file);

std::vector<std::uint8_t> bytes_of_hex(const nlohmann::json& text);

/// A head that is given as lines without their CR LF; [TEXT, COUNT, ...] repeats each text.
std::vector<std::uint8_t> head_bytes(const nlohmann::json& lines);

std::optional<std::string> text_at(const nlohmann::json& object, const char* key);
std::optional<std::uint64_t> number_at(const nlohmann::json& object, const char* key);

/// What `input` says as text, or `input_b64` in base64.
std::vector<std::uint8_t> input_of(const nlohmann::json& object);

}  // namespace test
