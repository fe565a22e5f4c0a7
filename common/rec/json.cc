#include "rec/json.h"

namespace rec {
namespace {

constexpr int kMaxDepth = 512;

}  // namespace

std::optional<Json> parse_json(std::string_view line) {
  bool too_deep = false;
  const auto limit_depth = [&](int depth, Json::parse_event_t, Json&) {
    too_deep = too_deep || depth > kMaxDepth;
    return !too_deep;
  };
  Json json = Json::parse(line.begin(), line.end(), limit_depth, false);
  if (too_deep || json.is_discarded()) return std::nullopt;
  return json;
}

std::string text_of(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace rec
