#include "sse/line.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace {

/// The same, byte by byte.
std::size_t size_by_bytes(ConstBytes bytes) {
  return static_cast<std::size_t>(std::find_if(bytes.begin(), bytes.end(), sse::is_line_end) -
                                  bytes.begin());
}

bool is_ascii(ConstBytes bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte < 0x80; });
}

TEST(SseLine, first_line_end_is_found_at_every_place_of_every_size) {
  for (std::size_t size = 0; size <= 100; ++size) {
    std::vector<std::uint8_t> bytes(size, 'x');
    EXPECT_EQ(sse::scan_line(bytes).size, size);
    EXPECT_TRUE(sse::scan_line(bytes).ascii);
    for (std::size_t place = size; place-- > 0;) {  // others follow the first one
      bytes[place] = place % 2 == 0 ? '\n' : '\r';
      ASSERT_EQ(sse::scan_line(bytes).size, place) << size << " bytes";
      ASSERT_TRUE(sse::scan_line(bytes).ascii) << size << " bytes";
    }
  }
}

TEST(SseLine, agrees_with_its_twin_on_any_bytes) {
  std::mt19937 random(926);
  for (int i = 0; i < 20000; ++i) {
    std::vector<std::uint8_t> bytes(random() % 200);
    // Line ends are rare, and so are bytes that are not ASCII.
    for (std::uint8_t& byte : bytes) {
      byte = static_cast<std::uint8_t>(random() % 64 == 0 ? random() : 0x0B + random() % 2);
    }
    const sse::LineScan scan = sse::scan_line(bytes);
    ASSERT_EQ(scan.size, size_by_bytes(bytes));
    if (scan.ascii) {
      ASSERT_TRUE(is_ascii(ConstBytes(bytes).first(scan.size)));
    } else {
      ASSERT_FALSE(is_ascii(bytes));
    }
  }
}

}  // namespace
