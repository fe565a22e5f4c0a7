// Which events are shown, and which one is the last.
#include "sse-tail/selection.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace sse_tail {
namespace {

/// A letter for each event: shown, hidden, and in upper case when it is the last.
std::string fates(const Args& args, const std::vector<sse::Event>& events,
                  bool marks_are_data = false) {
  Selection selection(args, marks_are_data);
  std::string letters;
  for (const sse::Event& event : events) {
    const auto fate = selection.judge(event);
    letters += fate.shown ? (fate.last ? 'S' : 's') : (fate.last ? 'H' : 'h');
  }
  return letters;
}

const std::vector<sse::Event> kEvents = {{.type = "message", .data = "1"},
                                         {.type = "tick", .data = "2"},
                                         {.type = "message", .data = "[DONE]"},
                                         {.type = "end", .data = "4"}};

TEST(SseTailSelection, everything_is_shown_without_options) {
  EXPECT_EQ(fates({}, kEvents), "ssss");
}

TEST(SseTailSelection, types_are_chosen) {
  EXPECT_EQ(fates({.types = {"tick"}}, kEvents), "hshh");
  EXPECT_EQ(fates({.types = {"message", "end"}}, kEvents), "shss");
}

TEST(SseTailSelection, count_is_of_shown_events) {
  EXPECT_EQ(fates({.count = 2}, kEvents).substr(0, 2), "sS");
  EXPECT_EQ(fates({.types = {"message"}, .count = 2}, kEvents).substr(0, 3), "shS");
}

TEST(SseTailSelection, end_mark_is_no_data) {
  EXPECT_EQ(fates({.until_data = {"[DONE]"}}, kEvents).substr(0, 3), "ssH");
  EXPECT_EQ(fates({.until_data = {"[DONE]"}}, kEvents, true).substr(0, 3), "ssS");
  EXPECT_EQ(fates({.until_data = {"DONE", "["}}, kEvents), "ssss");
}

TEST(SseTailSelection, last_event_of_a_type_is_shown_like_any_other) {
  EXPECT_EQ(fates({.until_event = {"end"}}, kEvents), "sssS");
  EXPECT_EQ(fates({.types = {"message"}, .until_event = {"tick", "end"}}, kEvents), "sHsH");
}

}  // namespace
}  // namespace sse_tail
