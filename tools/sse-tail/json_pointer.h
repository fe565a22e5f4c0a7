// JSON Pointers (RFC 6901): read once, followed often, without copying anything. Those of the
// presets (model_preset) may also say "each element of this array", which the standard cannot.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rec/json.h"

namespace sse_tail {

class JsonPointer {
 public:
  /// How deep "each" may be inside of "each".
  static constexpr std::size_t kMaxEach = 3;

  /// Which element each `*` stands for, from the front.
  using Places = std::array<std::uint32_t, kMaxEach>;

  enum class Star : std::uint8_t {
    plain,  ///< `*` is the name of a member, as RFC 6901 has it
    each,   ///< `*` is every element of an array
  };

  /// The whole document.
  JsonPointer() = default;

  /// nullopt: `text` is neither empty nor begins with a slash, or has a `~` that is not `~0` or
  /// `~1` (RFC 6901 section 3).
  static std::optional<JsonPointer> parse(std::string_view text, Star star = Star::plain);

  /// The value it points to, each `*` taken as `places` says; nullptr: there is none, or null.
  const rec::Json* find(const rec::Json& root, const Places& places = {}) const;

  /// The same in the text of a document that is JSON (json_members), as it stands there, without
  /// white space around it; empty: there is none, or null. A pointer with `*` finds nothing.
  std::string_view cut(std::string_view root) const;

  /// Calls `visit(value, places)` for each value it points to, in their order, but not for null.
  template <typename Visit>
  void each(const rec::Json& root, Visit visit) const {
    Places places = {};
    walk(root, 0, 0, places, visit);
  }

 private:
  struct Step {
    std::string name = {};
    std::optional<std::size_t> index = {};  // what the name means in an array (section 4)
    bool each = false;
  };

  static std::string_view child(std::string_view json, const Step& step);
  static const rec::Json* child(const rec::Json& json, const Step& step);

  template <typename Visit>
  void walk(const rec::Json& json, std::size_t at, std::size_t stars, Places& places,
            Visit& visit) const {
    if (at == steps_.size()) {
      if (!json.is_null()) visit(json, static_cast<const Places&>(places));
      return;
    }
    const Step& step = steps_[at];
    if (!step.each) {
      const rec::Json* const next = child(json, step);
      if (next != nullptr) walk(*next, at + 1, stars, places, visit);
      return;
    }
    if (!json.is_array()) return;
    places[stars] = 0;
    for (const rec::Json& element : json) {
      walk(element, at + 1, stars + 1, places, visit);
      ++places[stars];
    }
  }

  std::vector<Step> steps_;
};

}  // namespace sse_tail
