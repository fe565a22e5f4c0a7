// Which events are shown, and which one is the last: --event, --count, --until-data, --until-event.
#pragma once

#include <cstdint>
#include <optional>

#include "options.h"
#include "sse/parser.h"

namespace sse_tail {

class Selection {
 public:
  /// `args` must outlive it. `marks_are_data`: an event of --until-data is to be shown like any
  /// other.
  Selection(const Args& args, bool marks_are_data)
      : args_(args), left_(args.count), marks_are_data_(marks_are_data) {
    simple_ =
        args.types.empty() && !args.count && args.until_data.empty() && args.until_event.empty();
  }

  struct Fate {
    bool shown = true;
    bool last = false;
    bool mark = false;  ///< an end mark, of --until-data or --until-event
  };

  /// To be called once for each message.
  Fate judge(const sse::Event& message) { return simple_ ? Fate{} : examine(message); }

 private:
  Fate examine(const sse::Event& message);

  const Args& args_;
  std::optional<std::uint64_t> left_;
  bool marks_are_data_;
  bool simple_ = false;
};

}  // namespace sse_tail
