#include "json_pointer.h"

#include <algorithm>

#include "base/text.h"
#include "json_members.h"

namespace sse_tail {
namespace {

/// RFC 6901 section 4: `~1` is a slash and `~0` a tilde; nullopt for any other tilde.
std::optional<std::string> unescaped(std::string_view token) {
  std::string name;
  for (std::size_t at = 0; at < token.size(); ++at) {
    if (token[at] != '~') {
      name += token[at];
      continue;
    }
    const char next = ++at < token.size() ? token[at] : '\0';
    if (next != '0' && next != '1') return std::nullopt;
    name += next == '0' ? '~' : '/';
  }
  return name;
}

/// RFC 6901 section 4: no leading zeros. The `-` behind the last element is never there.
std::optional<std::size_t> index_of(std::string_view name) {
  if (name.size() > 1 && name.front() == '0') return std::nullopt;
  const auto index = parse_integer(name, UINT32_MAX);
  return index ? std::optional<std::size_t>(*index) : std::nullopt;
}

/// Whether `name`, with its quotation marks, is that of the member `wanted`.
bool is_name(std::string_view name, std::string_view wanted) {
  if (name.find('\\') == name.npos) return name.substr(1, name.size() - 2) == wanted;
  const auto text = rec::parse_json(name);
  return text && text->get_ref<const std::string&>() == wanted;
}

}  // namespace

std::optional<JsonPointer> JsonPointer::parse(std::string_view text, Star star) {
  JsonPointer pointer;
  std::size_t stars = 0;
  while (!text.empty()) {
    if (text.front() != '/') return std::nullopt;
    text.remove_prefix(1);
    const std::string_view token = text.substr(0, text.find('/'));
    text.remove_prefix(token.size());
    auto name = unescaped(token);
    if (!name) return std::nullopt;
    Step step{.index = index_of(*name), .each = star == Star::each && token == "*"};
    if (step.each && ++stars > kMaxEach) return std::nullopt;
    step.name = std::move(*name);
    pointer.steps_.push_back(std::move(step));
  }
  return pointer;
}

const rec::Json* JsonPointer::child(const rec::Json& json, const Step& step) {
  if (json.is_object()) {
    const auto found = json.find(step.name);
    return found == json.end() ? nullptr : &*found;
  }
  if (!json.is_array() || !step.index || *step.index >= json.size()) return nullptr;
  return &json[*step.index];
}

const rec::Json* JsonPointer::find(const rec::Json& root, const Places& places) const {
  const rec::Json* json = &root;
  std::size_t stars = 0;
  for (const Step& step : steps_) {
    if (step.each) {
      const std::size_t place = places[stars++];
      json = json->is_array() && place < json->size() ? &(*json)[place] : nullptr;
    } else {
      json = child(*json, step);
    }
    if (json == nullptr) return nullptr;
  }
  return json->is_null() ? nullptr : json;
}

std::string_view JsonPointer::cut(std::string_view root) const {
  std::string_view json = trim_json(root);
  for (const Step& step : steps_) json = step.each ? std::string_view() : child(json, step);
  return json == "null" ? std::string_view() : json;
}

/// Of members with the same name it is the last, as in a parsed document.
std::string_view JsonPointer::child(std::string_view json, const Step& step) {
  std::string_view found;
  std::size_t index = 0;
  JsonMembers members(json);
  while (const auto member = members.next()) {
    const bool fits = member->name.empty() ? step.index == index : is_name(member->name, step.name);
    if (fits) found = member->value;
    if (fits && member->name.empty()) break;
    ++index;
  }
  return found;
}

}  // namespace sse_tail
