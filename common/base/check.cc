#include "base/check.h"

#undef NDEBUG
#include <cassert>

// The C library's assertion printer, so that the core needs no output of its own.
void check_failed(const char* condition, const char* file, unsigned line, const char* function) {
  __assert_fail(condition, file, line, function);
}
