// A histogram of durations with 64 steps for each power of two: percentiles to 1.6 % in a fixed
// space, however many there are.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

namespace bench {

class Latencies {
 public:
  void add(std::uint64_t ns) {
    ++counts_[index_of(ns)];
    ++total_;
  }

  void clear() { *this = {}; }

  /// `part` of 0.5 is the median; 0 when there is nothing.
  std::uint64_t percentile_ns(double part) const {
    const auto wanted = static_cast<std::uint64_t>(part * static_cast<double>(total_));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      seen += counts_[i];
      if (seen > wanted) return lower_bound_of(i);
    }
    return 0;
  }

 private:
  static constexpr std::size_t kSteps = 64;

  static std::size_t index_of(std::uint64_t ns) {
    if (ns < kSteps) return static_cast<std::size_t>(ns);
    const auto shift = static_cast<std::size_t>(std::bit_width(ns)) - 7;
    return (shift + 1) * kSteps + static_cast<std::size_t>(ns >> shift) % kSteps;
  }

  static std::uint64_t lower_bound_of(std::size_t index) {
    if (index < kSteps) return index;
    return (kSteps + index % kSteps) << (index / kSteps - 1);
  }

  std::array<std::uint64_t, 59 * kSteps> counts_ = {};
  std::uint64_t total_ = 0;
};

}  // namespace bench
