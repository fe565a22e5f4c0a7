// Frames that were encoded elsewhere: followed on their way out, and sent by a Connection that
// leaves them as they are.
#include <gtest/gtest.h>

#include "base/text.h"
#include "support/event_log.h"
#include "ws/connection.h"
#include "ws/sent_frames.h"

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ws::CloseState;
using ws::MessageKind;
using ws::Role;

std::vector<std::uint8_t> bytes(std::string_view hex) {
  return from_hex(hex).value();
}

/// "close CODE" if there was one, "inside" if it ends inside a frame; the same at every split.
std::string followed(std::string_view hex) {
  const std::vector<std::uint8_t> stream = bytes(hex);
  const auto follow = [&](const test::Pieces& pieces) {
    ws::SentFrames frames;
    test::feed_pieces(stream, pieces, [&](Bytes in) { frames.follow(in); });
    std::string text = frames.at_boundary() ? "" : "inside ";
    if (const auto code = frames.close_code()) text += "close " + std::to_string(*code);
    return text;
  };
  const std::string whole = follow(test::whole(stream.size()));
  for (const auto& pieces : test::all_splits(stream.size())) {
    EXPECT_EQ(follow(pieces), whole) << test::describe(pieces);
  }
  return whole;
}

TEST(WsSentFrames, close_is_found_masked_or_not_with_or_without_a_code) {
  EXPECT_EQ(followed("8102 6869"), "");
  EXPECT_EQ(followed("8802 03e8"), "close 1000");
  EXPECT_EQ(followed("8102 6869 8882 01020304 02ea 8100"), "close 1000");
  EXPECT_EQ(followed("8800"), "close 1005");
  EXPECT_EQ(followed("8801 03"), "close 1005");
  EXPECT_EQ(followed("087e0003 03ee41"), "close 1006") << "broken in every way";
  EXPECT_EQ(followed("8802 03e8 8802 03e9"), "close 1000") << "the first one counts";
}

TEST(WsSentFrames, close_counts_when_it_is_complete) {
  EXPECT_EQ(followed("8802 03"), "inside ");
  EXPECT_EQ(followed("88"), "inside ");
}

TEST(WsSentFrames, length_that_lies_is_believed) {
  EXPECT_EQ(followed("8103 61 8800"), "");
  EXPECT_EQ(followed("8104 61 8800"), "inside ");
}

TEST(WsSentFrames, large_payload_is_followed_in_pieces) {
  std::vector<std::uint8_t> stream = bytes("827f 0000000000010000");
  stream.resize(stream.size() + 65536, 0x88);
  ws::SentFrames frames;
  frames.follow(stream);
  EXPECT_TRUE(frames.at_boundary());
  EXPECT_FALSE(frames.close_code());
}

class RawClient {
 public:
  explicit RawClient(const ws::Settings& settings = {})
      : connection_(Role::client, settings, test::fixed_mask, Time{}) {}

  ws::Connection* operator->() { return &connection_; }
  bool send_raw(std::string_view hex) { return bool(connection_.send_raw(bytes(hex))); }

  std::string receive(std::string_view hex) {
    std::vector<std::uint8_t> stream = bytes(hex);
    test::EventLog log;
    test::drain(connection_, stream, log);
    return log.text();
  }

  std::string take_output() {
    const std::string hex = to_hex(connection_.output());
    connection_.sent(connection_.output().size());
    return hex;
  }

 private:
  ws::Connection connection_;
};

TEST(WsConnectionRaw, bytes_go_out_as_they_are_between_frames_of_its_own) {
  RawClient client;
  ASSERT_TRUE(client->send(MessageKind::text, true, as_bytes("hi")));
  ASSERT_TRUE(client.send_raw("f3 02 6869"));
  ASSERT_TRUE(client->ping({}));
  EXPECT_EQ(client.take_output(),
            "8182010203046"
            "96b"
            "f3026869"
            "898001020304");
  EXPECT_EQ(client->state(), CloseState::open);
}

TEST(WsConnectionRaw, close_among_the_bytes_is_the_only_one) {
  RawClient client;
  ASSERT_TRUE(client.send_raw("8882 00000000 0fa0"));
  EXPECT_EQ(client->state(), CloseState::closing);
  EXPECT_EQ(client->our_code(), 4000);
  EXPECT_FALSE(client->close(1000, ""));
  EXPECT_FALSE(client->send(MessageKind::text, true, {}));
  client.take_output();
  EXPECT_EQ(client.receive("8802 0fa0"), "close 4000 \"\"\n");
  EXPECT_EQ(client.take_output(), "") << "no answer to the answer";
  client->eof();
  EXPECT_EQ(client.receive(""), "ended us 4000\n");
}

TEST(WsConnectionRaw, close_that_is_never_answered_ends_in_time) {
  RawClient client;
  ASSERT_TRUE(client.send_raw("8800"));
  client.take_output();
  EXPECT_EQ(client->deadline(), Time{} + seconds(5));
  client->tick(Time{} + seconds(5));
  EXPECT_EQ(client.receive(""), "ended unanswered 1005\n");
}

TEST(WsConnectionRaw, bytes_may_follow_a_close_until_the_peer_has_closed) {
  RawClient client;
  ASSERT_TRUE(client.send_raw("8800"));
  ASSERT_TRUE(client.send_raw("8100"));
  EXPECT_EQ(client.take_output(), "88008100");
  client.receive("8800");
  EXPECT_FALSE(client.send_raw("8100"));
  EXPECT_EQ(client.take_output(), "");
}

TEST(WsConnectionRaw, pong_waits_for_the_end_of_the_frame) {
  RawClient client;
  ASSERT_TRUE(client.send_raw("8103 61"));
  EXPECT_TRUE(client->inside_raw_frame());
  EXPECT_EQ(client.receive("8901 31"), "ping 31\n");
  EXPECT_EQ(client.take_output(), "810361");
  ASSERT_TRUE(client.send_raw("62"));
  EXPECT_EQ(client.take_output(), "62");
  ASSERT_TRUE(client.send_raw("63"));
  EXPECT_EQ(client.take_output(), "638a810102030430");
}

TEST(WsConnectionRaw, nothing_of_its_own_gets_into_an_unfinished_frame) {
  ws::Settings settings;
  settings.ping_interval = seconds(1);
  RawClient client(settings);
  ASSERT_TRUE(client.send_raw("8103 61"));
  client.take_output();
  client->tick(Time{} + seconds(1));
  EXPECT_EQ(client.take_output(), "") << "no keepalive ping";
  EXPECT_FALSE(client->close(1000, ""));
  EXPECT_EQ(client->state(), CloseState::open);
  EXPECT_EQ(client.receive("8802 03e8"), "close 1000 \"\"\n");
  EXPECT_EQ(client.take_output(), "") << "no Close";
  EXPECT_EQ(client->state(), CloseState::done);
}

}  // namespace
