#include "base/output_buffer.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace {

std::string waiting_in(const OutputBuffer& buffer) {
  return std::string(as_text(buffer.view()));
}

TEST(BaseOutputBuffer, holds_nothing_at_first_and_after_all_is_sent) {
  OutputBuffer buffer;
  EXPECT_EQ(buffer.size(), 0u);
  EXPECT_TRUE(buffer.view().empty());
  buffer.append(as_bytes("abc"));
  buffer.sent(3);
  EXPECT_EQ(buffer.size(), 0u);
  EXPECT_TRUE(buffer.view().empty());
}

TEST(BaseOutputBuffer, what_is_put_in_front_goes_first_whether_there_is_room_or_not) {
  OutputBuffer buffer;
  buffer.append(as_bytes("cdef"));
  buffer.prepend(as_bytes("ab"));
  EXPECT_EQ(waiting_in(buffer), "abcdef");
  buffer.sent(3);
  buffer.prepend(as_bytes("xyz"));
  EXPECT_EQ(waiting_in(buffer), "xyzdef");
  buffer.prepend({});
  EXPECT_EQ(waiting_in(buffer), "xyzdef");
}

TEST(BaseOutputBuffer, gives_out_what_was_put_in_whatever_the_sizes) {
  std::minstd_rand random(1);
  const auto below = [&](std::size_t end) { return random() % end; };
  OutputBuffer buffer(64);
  std::string twin;
  for (int step = 0; step < 20000; ++step) {
    std::string piece(below(90), '\0');
    for (char& c : piece) c = static_cast<char>('a' + below(26));
    switch (below(5)) {
      case 0:
        buffer.prepend(as_bytes(piece));
        twin.insert(0, piece);
        break;
      case 1:
        EXPECT_EQ(as_text(buffer.append(as_bytes(piece))), piece);
        twin += piece;
        break;
      default:
        const std::size_t size = below(3) == 0 ? twin.size() : std::min(piece.size(), twin.size());
        buffer.sent(size);
        twin.erase(0, size);
    }
    ASSERT_EQ(waiting_in(buffer), twin) << "step " << step;
  }
}

TEST(BaseOutputBuffer, keeps_its_memory_up_to_the_size_its_owner_chose) {
  OutputBuffer buffer(1000);
  buffer.extend(1000);
  buffer.sent(1000);
  EXPECT_EQ(buffer.capacity(), 1000u);
  buffer.extend(1001);
  buffer.sent(1000);
  EXPECT_GE(buffer.capacity(), 1001u);
  buffer.sent(1);
  EXPECT_EQ(buffer.capacity(), 0u);
}

}  // namespace
