// What the load sends: one message, as a masked frame that is built once, so that the load costs
// next to nothing and every run sends the same bytes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace bench {

/// Printable ASCII of which no two places look alike.
std::vector<std::uint8_t> make_text(std::size_t size);

/// A list of JSON records, as an API would send it; cut at `size`.
std::vector<std::uint8_t> make_json(std::size_t size);

/// A complete frame of a client, masked with a fixed key.
std::vector<std::uint8_t> make_frame(ConstBytes payload, bool text, bool compressed);

/// As RFC 7692 7.2.1 has it, from an empty window.
std::vector<std::uint8_t> compress(ConstBytes payload);

}  // namespace bench
