// Time as the core sees it: microseconds on a steady clock that somebody else reads.
#pragma once

#include <chrono>

using Duration = std::chrono::microseconds;

/// Microseconds since an arbitrary start; only differences mean something.
using Time = std::chrono::time_point<std::chrono::steady_clock, Duration>;
