#include "gaps.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace sse_tail {
namespace {

// Buckets: one for each value below kFine, then kHalf for each doubling, so that a bucket is never
// wider than 1/kHalf of what is in it.
constexpr std::uint64_t kFine = 128;
constexpr std::uint64_t kHalf = kFine / 2;
constexpr std::size_t kBuckets = kFine + kHalf * 57;  // up to 2^64

std::size_t bucket_of(std::uint64_t value) {
  if (value < kFine) return static_cast<std::size_t>(value);
  const auto shift = static_cast<std::uint64_t>(std::bit_width(value)) - 7;
  return static_cast<std::size_t>(kFine + (shift - 1) * kHalf + ((value >> shift) - kHalf));
}

/// What stands for everything in the bucket: its middle.
double value_of(std::size_t bucket) {
  if (bucket < kFine) return static_cast<double>(bucket);
  const std::size_t shift = (bucket - kFine) / kHalf + 1;
  const auto lowest = static_cast<double>((bucket - kFine) % kHalf + kHalf);
  return std::ldexp(lowest + 0.5, static_cast<int>(shift)) - 0.5;
}

double on_the_line(double below, double above, double part) {
  return below + (above - below) * part;
}

}  // namespace

double percentile(std::span<const double> sorted, double q) {
  const double rank = static_cast<double>(sorted.size() - 1) * q;
  const auto below = static_cast<std::size_t>(rank);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return on_the_line(sorted[below], sorted[above], rank - static_cast<double>(below));
}

void Gaps::add(Duration gap) {
  min_ = count_ == 0 ? gap : std::min(min_, gap);
  max_ = std::max(max_, gap);
  sum_ += static_cast<double>(gap.count());
  ++count_;
  if (buckets_.empty() && exact_.size() == kExact) spread();
  if (buckets_.empty()) {
    exact_.push_back(static_cast<double>(gap.count()));
  } else {
    ++buckets_[bucket_of(static_cast<std::uint64_t>(gap.count()))];
  }
}

/// From the values to counts of them.
void Gaps::spread() {
  buckets_.resize(kBuckets);
  for (const double gap : exact_) ++buckets_[bucket_of(static_cast<std::uint64_t>(gap))];
  std::vector<double>().swap(exact_);
}

std::optional<GapSummary> Gaps::summary() const {
  if (count_ == 0) return std::nullopt;
  std::vector<double> sorted = exact_;
  std::sort(sorted.begin(), sorted.end());
  const auto at = [&](double q) {
    return buckets_.empty() ? percentile(sorted, q) : counted_percentile(q);
  };
  return GapSummary{.count = count_,
                    .min = static_cast<double>(min_.count()),
                    .mean = sum_ / static_cast<double>(count_),
                    .p50 = at(0.5),
                    .p90 = at(0.9),
                    .p95 = at(0.95),
                    .p99 = at(0.99),
                    .max = static_cast<double>(max_.count())};
}

double Gaps::counted_percentile(double q) const {
  const double rank = static_cast<double>(count_ - 1) * q;
  const auto below = static_cast<std::uint64_t>(rank);
  const auto value_at = [&](std::uint64_t place) {
    std::size_t bucket = 0;
    for (std::uint64_t passed = buckets_[0]; passed <= place; passed += buckets_[bucket]) ++bucket;
    return std::clamp(value_of(bucket), static_cast<double>(min_.count()),
                      static_cast<double>(max_.count()));
  };
  return on_the_line(value_at(below), value_at(std::min(below + 1, count_ - 1)),
                     rank - static_cast<double>(below));
}

}  // namespace sse_tail
