#include "rec/json.h"

#include <algorithm>

namespace rec {
namespace {

constexpr std::size_t kMaxDepth = 512;

struct Shape {
  std::size_t depth = 0;
  std::size_t values = 1;
};

/// How deep arrays and objects are nested, and how many values there are. The parser could be asked
/// at each of them, but then looks through all of an array again behind each of its objects.
Shape shape_of(std::string_view text) {
  Shape shape;
  std::size_t depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string && c == '\\') {
      ++i;
    } else if (c == '"') {
      in_string = !in_string;
    } else if (in_string) {
      continue;
    } else if (c == '[' || c == '{') {
      shape.depth = std::max(shape.depth, ++depth);
      ++shape.values;
    } else if (c == ']' || c == '}') {
      if (depth > 0) --depth;
    } else if (c == ',') {
      ++shape.values;
    }
  }
  return shape;
}

}  // namespace

std::optional<Json> parse_json(std::string_view line) {
  // To the parser a NUL is the end of what it is given; whatever stands behind it is not looked at.
  if (line.find('\0') != line.npos) return std::nullopt;
  const Shape shape = shape_of(line);
  if (shape.depth > kMaxDepth || shape.values > kMaxJsonValues) return std::nullopt;
  Json json = Json::parse(line.begin(), line.end(), nullptr, false);
  if (json.is_discarded()) return std::nullopt;
  return json;
}

bool is_too_large(std::string_view line) {
  return line.size() > kMaxJsonValues && shape_of(line).values > kMaxJsonValues;
}

std::string text_of(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace rec
