// What --timing says to people. No I/O.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "timing.h"

namespace sse_tail {

/// The whole report, several lines without the last line end. `stall` is the time that makes a gap
/// one; `color`: marked up for a terminal. Empty: there is nothing to say.
std::string timing_text(const TimingReport& report, Duration stall, bool color);

/// One line of one of several runs, which has failed unless `exit_code` is 0.
std::string run_text(std::uint64_t run, int exit_code, const TimingReport& report, bool color);

/// What several runs have in common.
class RunTotals {
 public:
  void add(const TimingReport& report);

  /// A run that is only counted.
  void add_failed() { ++failed_; }

  /// Percentiles over the runs of time to first content and time per token, or, where no number of
  /// tokens is known, of the mean gap. Empty: there is nothing to say.
  std::string text(bool color) const;

 private:
  std::uint64_t runs_ = 0;  // that did not fail
  std::uint64_t failed_ = 0;
  std::vector<double> ttft_;
  std::vector<double> tpot_;
  std::vector<double> gap_mean_;
};

}  // namespace sse_tail
