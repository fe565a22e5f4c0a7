#include "rec/json.h"

namespace rec {
namespace {

constexpr int kMaxDepth = 512;

/// Whether arrays and objects are nested more than kMaxDepth deep. The parser could be asked at
/// each of them, but then looks through all of an array again behind each of its objects.
bool is_deep(std::string_view text) {
  int depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string && c == '\\') {
      ++i;
    } else if (c == '"') {
      in_string = !in_string;
    } else if (!in_string && (c == '[' || c == '{')) {
      if (++depth > kMaxDepth) return true;
    } else if (!in_string && (c == ']' || c == '}')) {
      --depth;
    }
  }
  return false;
}

}  // namespace

std::optional<Json> parse_json(std::string_view line) {
  // To the parser a NUL is the end of what it is given; whatever stands behind it is not looked at.
  if (line.find('\0') != line.npos) return std::nullopt;
  if (is_deep(line)) return std::nullopt;
  Json json = Json::parse(line.begin(), line.end(), nullptr, false);
  if (json.is_discarded()) return std::nullopt;
  return json;
}

std::string text_of(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace rec
