// Times between neighbours, any number of them in bounded memory: percentiles are exact for the
// first 65536, and from then on right to 1.6 %. No clock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/time.h"

namespace sse_tail {

/// Of `sorted`, not empty, the value at rank (n - 1) * q, counted from 0; between two ranks what
/// lies on the straight line between their values. `q` is between 0 and 1.
double percentile(std::span<const double> sorted, double q);

/// Microseconds.
struct GapSummary {
  std::uint64_t count = 0;  ///< not 0
  double min = 0;
  double mean = 0;
  double p50 = 0;
  double p90 = 0;
  double p95 = 0;
  double p99 = 0;
  double max = 0;
};

class Gaps {
 public:
  static constexpr std::size_t kExact = std::size_t{1} << 16;

  /// `gap` is not negative.
  void add(Duration gap);

  /// nullopt: there are none. Count, minimum, mean and maximum are exact however many there are.
  std::optional<GapSummary> summary() const;

 private:
  void spread();
  double counted_percentile(double q) const;

  std::uint64_t count_ = 0;
  Duration min_ = Duration(0);
  Duration max_ = Duration(0);
  double sum_ = 0;
  std::vector<double> exact_;           // empty once there are counts
  std::vector<std::uint64_t> buckets_;  // empty until then
};

}  // namespace sse_tail
