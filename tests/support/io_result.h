// What a test says of the result of a stream's call.
#pragma once

#include <string>

#include "net/stream.h"

namespace test {

/// Why it failed; empty when it did not.
inline std::string error_of(const net::IoResult& result) {
  return result.failure ? result.failure->error : std::string();
}

}  // namespace test
