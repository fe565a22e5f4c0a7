// What another process has used so far, from /proc: the processor time of all its threads to the
// nanosecond, and its memory; and a clock.
#pragma once

#include <sys/types.h>

#include <cstdint>

namespace bench {

/// 0 when there is no such process.
std::uint64_t cpu_ns(pid_t pid);

struct Memory {
  std::uint64_t resident_kib = 0;      ///< RSS
  std::uint64_t proportional_kib = 0;  ///< PSS: pages shared with others count in part
};

Memory memory_of(pid_t pid);

/// Nanoseconds of a clock that only goes forward.
std::uint64_t now_ns();

}  // namespace bench
