#include "stats.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace ws_cat {
namespace {

double milliseconds(Duration duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

}  // namespace

void Stats::received(const ws::Event& piece) {
  in_.bytes += piece.payload.size();
  if (piece.last) ++in_.messages;
}

void Stats::sent(std::size_t size, bool last) {
  out_.bytes += size;
  if (last) ++out_.messages;
}

void Stats::round_trip(Duration time) {
  ++round_trips_;
  shortest_ = std::min(shortest_, time);
  longest_ = std::max(longest_, time);
  total_ += time;
}

std::string Stats::text(Duration run_time) const {
  const auto count_of = [](const Count& one) {
    return count_text(one.messages, "message") + ", " + count_text(one.bytes, "byte");
  };
  std::string text = fmt::format("sent {}; received {}; {:.3f} s", count_of(out_), count_of(in_),
                                 milliseconds(run_time) / 1000);
  if (round_trips_ > 0) {
    text +=
        fmt::format("\nround trip min/avg/max {:.3f}/{:.3f}/{:.3f} ms, {}", milliseconds(shortest_),
                    milliseconds(total_) / static_cast<double>(round_trips_),
                    milliseconds(longest_), count_text(round_trips_, "ping"));
  }
  return text;
}

}  // namespace ws_cat
