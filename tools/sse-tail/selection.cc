#include "selection.h"

#include <algorithm>

namespace sse_tail {
namespace {

bool has(const std::vector<std::string>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

}  // namespace

Selection::Fate Selection::examine(const sse::Event& message) {
  const bool is_mark = has(args_.until_data, message.data);
  const bool is_end = is_mark || has(args_.until_event, message.type);
  Fate fate{.shown = args_.types.empty() || has(args_.types, message.type),
            .last = is_end,
            .mark = is_end};
  if (is_mark && !marks_are_data_) fate.shown = false;
  if (fate.shown && left_ && --*left_ == 0) fate.last = true;
  return fate;
}

}  // namespace sse_tail
