#include "stats.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace ws_cat {
namespace {

double milliseconds(Duration duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

/// `1200 to 300 bytes (25 %)`
std::string ratio_text(const ws::DeflateTotals& totals) {
  if (totals.plain == 0) return "nothing";
  return fmt::format("{} to {} ({:.0f} %)", totals.plain, count_text(totals.wire, "byte"),
                     100 * static_cast<double>(totals.wire) / static_cast<double>(totals.plain));
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

std::string Stats::text(Duration run_time, const std::optional<ws::DeflateRatio>& ratio) const {
  const auto count_of = [](const Count& one) {
    return count_text(one.messages, "message") + ", " + count_text(one.bytes, "byte");
  };
  std::string text = fmt::format("sent {}; received {}; {:.3f} s", count_of(out_), count_of(in_),
                                 milliseconds(run_time) / 1000);
  if (ratio) {
    text += fmt::format("\ncompressed: sent {}; received {}", ratio_text(ratio->sent),
                        ratio_text(ratio->received));
  }
  if (round_trips_ > 0) {
    text +=
        fmt::format("\nround trip min/avg/max {:.3f}/{:.3f}/{:.3f} ms, {}", milliseconds(shortest_),
                    milliseconds(total_) / static_cast<double>(round_trips_),
                    milliseconds(longest_), count_text(round_trips_, "ping"));
  }
  return text;
}

}  // namespace ws_cat
