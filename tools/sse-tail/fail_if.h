// --fail-if: a limit on one of the numbers of --timing, which decides over the exit code.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "metric.h"

namespace sse_tail {

struct FailIf {
  enum class Op : std::uint8_t { more, not_less, less, not_more };  // > >= < <=

  const Metric* metric = nullptr;
  Op op = Op::more;
  double limit = 0;  ///< in the unit of Metric::value
  std::string text = {};
};

/// "NAME OP VALUE", with or without spaces: "ttft>800ms". VALUE is a time for a time, and a number
/// for anything else.
Result<FailIf> parse_fail_if(std::string_view text);

/// The number as a sentence, if it makes the run a failure; what is not known does.
std::optional<std::string> failure(const FailIf& limit, const TimingReport& report);

}  // namespace sse_tail
