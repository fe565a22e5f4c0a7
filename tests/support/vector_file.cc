#include "support/vector_file.h"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "base/base64.h"
#include "base/text.h"

namespace test {

using nlohmann::json;

[[noreturn]] void broken_vector(const std::string& what) {
  std::fprintf(stderr, "broken test vector: %s\n", what.c_str());
  std::abort();
}

json load_vectors(std::string_view file) {
  const std::string path = fmt::format("{}/{}", TEST_VECTORS, file);
  std::ifstream in(path);
  if (!in) broken_vector("cannot open " + path);
  return json::parse(in);
}

std::vector<std::uint8_t> bytes_of_hex(const json& text) {
  const auto bytes = from_hex(text.get<std::string>());
  if (!bytes) broken_vector("not hexadecimal: " + text.get<std::string>());
  return *bytes;
}

std::optional<std::string> text_at(const json& object, const char* key) {
  return object.contains(key) ? std::optional(object[key].get<std::string>()) : std::nullopt;
}

std::optional<std::uint64_t> number_at(const json& object, const char* key) {
  return object.contains(key) ? std::optional(object[key].get<std::uint64_t>()) : std::nullopt;
}

std::vector<std::uint8_t> input_of(const json& object) {
  if (const auto base64 = text_at(object, "input_b64")) {
    auto bytes = from_base64(*base64);
    if (!bytes) broken_vector("not base64: " + *base64);
    return std::move(*bytes);
  }
  const auto text = object["input"].get<std::string>();
  return {text.begin(), text.end()};
}

std::vector<std::uint8_t> head_bytes(const json& lines) {
  std::string head;
  for (const json& line : lines) {
    if (line.is_string()) {
      head += line.get<std::string>();
    } else {  // [text, count, text, count ...]
      for (std::size_t i = 0; i < line.size(); i += 2) {
        const auto part = line[i].get<std::string>();
        for (auto count = line[i + 1].get<std::size_t>(); count > 0; --count) head += part;
      }
    }
    head += "\r\n";
  }
  const ConstBytes bytes = as_bytes(head);
  return {bytes.begin(), bytes.end()};
}

}  // namespace test
