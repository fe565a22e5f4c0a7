#include "stray_json.h"

#include <utility>

namespace sse_tail {

std::string StrayJson::take(std::string_view line) {
  if (!text_.empty() && add(line)) return {};
  std::string lost = drop();
  if ((line.starts_with('{') || line.starts_with('[')) && add(line)) return lost;
  drop();
  if (!lost.empty()) lost += '\n';
  return lost += line;
}

std::string StrayJson::drop() {
  check_ = {};
  return std::exchange(text_, {});
}

bool StrayJson::add(std::string_view line) {
  if (text_.size() + line.size() >= kMaxSize || !check_.take("\n") || !check_.take(line)) {
    return false;
  }
  if (!text_.empty()) text_ += '\n';
  text_ += line;
  return true;
}

}  // namespace sse_tail
