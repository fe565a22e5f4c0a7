// What faults send later leaves in its order, and in pieces of the size that is asked for.
#include "stream-echo/backlog.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace stream_echo {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kBlock = "xx";

Flood flood() {
  return {.head = "<", .block = kBlock, .times = 2, .behind = ">"};
}

std::string all_of(Backlog& backlog) {
  std::string all;
  while (!backlog.empty()) all += backlog.next().bytes;
  return all;
}

TEST(StreamEchoBacklog, what_comes_later_stands_behind) {
  Backlog backlog;
  EXPECT_TRUE(backlog.empty());
  backlog.add(flood());
  backlog.add_bytes("a");
  backlog.add_bytes("b");
  backlog.add(flood());
  backlog.add_body("cd", {.size = 9}, true);
  EXPECT_EQ(all_of(backlog), "<xxxx>ab<xxxx>2\r\ncd\r\n");
}

TEST(StreamEchoBacklog, a_body_leaves_in_pieces) {
  for (const bool chunked : {true, false}) {
    Backlog backlog;
    backlog.add_body("abcde", {.size = 2, .pause = 5ms}, chunked);
    std::vector<std::string> pieces;
    while (!backlog.empty()) {
      const Backlog::Piece piece = backlog.next();
      pieces.emplace_back(piece.bytes);
      EXPECT_EQ(piece.pause, 5ms);
    }
    using Pieces = std::vector<std::string>;
    EXPECT_EQ(pieces, chunked ? (Pieces{"2\r\nab\r\n", "2\r\ncd\r\n", "1\r\ne\r\n"})
                              : (Pieces{"ab", "cd", "e"}));
  }
}

TEST(StreamEchoBacklog, nothing_is_no_chunk) {
  Backlog backlog;
  backlog.add_body("", {}, true);
  backlog.add_bytes("");
  EXPECT_TRUE(backlog.empty());
}

TEST(StreamEchoBacklog, a_flood_that_stops_takes_along_what_follows) {
  Backlog backlog;
  backlog.add_bytes("a");
  backlog.add(flood());
  backlog.add_bytes("b");
  backlog.stop_floods();
  EXPECT_EQ(all_of(backlog), "a");
}

}  // namespace
}  // namespace stream_echo
