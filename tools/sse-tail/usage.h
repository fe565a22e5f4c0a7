// What a model's server says of the tokens of an answer. A chunk of text is not a token: without
// this nobody knows how many there were.
#pragma once

#include <cstdint>
#include <optional>

namespace sse_tail {

/// Absent: not said.
struct Usage {
  std::optional<std::uint64_t> input_tokens = {};
  std::optional<std::uint64_t> output_tokens = {};  ///< those of reasoning among them
  std::optional<std::uint64_t> reasoning_tokens = {};
};

}  // namespace sse_tail
