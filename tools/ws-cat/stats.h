// What --stats prints: messages and bytes each way, what compression made of them, and round-trip
// times.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/time.h"
#include "ws/connection.h"
#include "ws/message.h"

namespace ws_cat {

class Stats {
 public:
  void received(const ws::Event& piece);
  void sent(std::size_t size, bool last);
  void round_trip(Duration time);

  /// One line a topic, without a final line end. `ratio`: permessage-deflate is agreed.
  std::string text(Duration run_time, const std::optional<ws::DeflateRatio>& ratio) const;

 private:
  struct Count {
    std::uint64_t messages = 0;
    std::uint64_t bytes = 0;
  };
  Count in_;
  Count out_;
  std::uint64_t round_trips_ = 0;
  Duration shortest_ = Duration::max();
  Duration longest_ = Duration(0);
  Duration total_ = Duration(0);
};

}  // namespace ws_cat
