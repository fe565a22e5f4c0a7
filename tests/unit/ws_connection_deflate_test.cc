// One end of a connection on which permessage-deflate is agreed.
#include <gtest/gtest.h>

#include <chrono>

#include "base/text.h"
#include "support/event_log.h"
#include "ws/connection.h"

namespace {

using std::chrono::seconds;
using ws::MessageKind;
using ws::Role;

constexpr std::string_view kHello = "f248cdc9c90700";
constexpr std::string_view kHelloAgain = "f200110000";

ws::Settings settings(const ws::DeflateParameters& agreed = {}) {
  ws::Settings settings;
  settings.deflate = agreed;
  return settings;
}

class End {
 public:
  End(Role role, const ws::Settings& s) : connection_(role, s, test::fixed_mask, Time{}) {}

  ws::Connection* operator->() { return &connection_; }

  std::string send(std::string_view text, bool compress = true, bool last = true) {
    EXPECT_TRUE(connection_.send(MessageKind::text, last, as_bytes(text), compress));
    return take_output();
  }

  std::string take_output() {
    const std::string sent = to_hex(connection_.output());
    connection_.sent(connection_.output().size());
    return sent;
  }

  std::string receive(std::string_view hex) {
    std::vector<std::uint8_t> stream = from_hex(hex).value();
    const std::size_t before = log_.text().size();
    test::drain(connection_, stream, log_);
    return log_.text().substr(before);
  }

  /// Whether the one message in `hex` is said to have come compressed.
  bool came_compressed(std::string_view hex) {
    std::vector<std::uint8_t> stream = from_hex(hex).value();
    Bytes in(stream);
    const auto event = connection_.next(in);
    return event && event->type == ws::EventType::message && event->compressed;
  }

  double deadline() const {
    const auto due = connection_.deadline();
    return due ? std::chrono::duration<double>(due->time_since_epoch()).count() : -1;
  }

 private:
  ws::Connection connection_;
  test::EventLog log_;
};

std::string frame(std::string_view first, std::string_view payload) {
  return std::string(first) + to_hex(std::vector{static_cast<std::uint8_t>(payload.size() / 2)}) +
         std::string(payload);
}

TEST(WsConnectionDeflate, message_is_compressed_when_its_sender_says_so) {
  End server(Role::server, settings());
  EXPECT_EQ(server.send("Hello"), frame("c1", kHello));
  EXPECT_EQ(server.send("Hello", false), "810548656c6c6f");
  EXPECT_EQ(server.send("Hello"), frame("c1", kHelloAgain)) << "the one between counts not";
}

TEST(WsConnectionDeflate, nothing_is_compressed_unless_agreed) {
  End server(Role::server, {});
  EXPECT_FALSE(server->can_compress());
  EXPECT_FALSE(server->deflate_ratio());
  EXPECT_EQ(server.send("Hello"), "810548656c6c6f");
  EXPECT_EQ(server.receive("c18700000000" + std::string(kHello)), "violation ws-rsv @0\n");
}

TEST(WsConnectionDeflate, first_fragment_carries_rsv1_and_decides_for_all) {
  End server(Role::server, settings());
  EXPECT_EQ(server.send("Hel", true, false), "4109f248cd01000000ffff") << "all of it at once";
  EXPECT_EQ(server.send("lo", false, true).substr(0, 2), "80");
  EXPECT_EQ(server.send("a", false, false), "010161");
  EXPECT_EQ(server.send("b", true, true), "800162");
}

TEST(WsConnectionDeflate, plain_fragments_in_place_may_follow_a_compressed_message) {
  End server(Role::server, settings());
  server.send("Hello");
  for (const std::string_view hex : {"0101", "8001"}) {
    std::vector<std::uint8_t> payload = {'a'};
    std::array<std::uint8_t, ws::kMaxHeaderSize> header;
    const std::size_t size = server->begin_frame(MessageKind::text, hex[0] == '8', payload, header);
    EXPECT_EQ(to_hex(ConstBytes(header).first(size)), hex);
  }
  EXPECT_EQ(server.send("Hello"), frame("c1", kHelloAgain));
  EXPECT_EQ(server.send("Hel", true, false).substr(0, 2), "41");
  EXPECT_EQ(server.send("lo").substr(0, 2), "80");
}

TEST(WsConnectionDeflate, control_frames_are_never_compressed) {
  End server(Role::server, settings());
  EXPECT_EQ(server.send("Hel", true, false).substr(0, 2), "41");
  ASSERT_TRUE(server->ping(as_bytes("hi")));
  EXPECT_EQ(server.take_output(), "89026869");
}

TEST(WsConnectionDeflate, each_end_understands_the_other) {
  for (const Role role : {Role::client, Role::server}) {
    for (unsigned wishes = 0; wishes < 4; ++wishes) {
      ws::DeflateParameters agreed;
      agreed.server_no_context_takeover = (wishes & 1) != 0;
      agreed.client_no_context_takeover = (wishes & 2) != 0;
      End from(role, settings(agreed));
      End to(role == Role::client ? Role::server : Role::client, settings(agreed));
      for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(to.receive(from.send("said once")), "text \"said once\"\n");
        EXPECT_EQ(to.receive(from.send("said plainly", false)), "text \"said plainly\"\n");
      }
    }
  }
}

TEST(WsConnectionDeflate, window_of_one_side_is_the_one_agreed_for_it) {
  ws::DeflateParameters agreed;
  agreed.server_no_context_takeover = true;
  End server(Role::server, settings(agreed));
  server.send("Hello");
  EXPECT_EQ(server.send("Hello"), frame("c1", kHello));
  End client(Role::client, settings(agreed));
  client.send("Hello");
  EXPECT_EQ(client.send("Hello").substr(0, 4), "c185");
}

TEST(WsConnectionDeflate, window_of_8_bits_is_read_but_never_written) {
  ws::DeflateParameters agreed;
  agreed.client_max_window_bits = 8;
  End client(Role::client, settings(agreed));
  EXPECT_FALSE(client->can_compress());
  EXPECT_EQ(client.send("Hello").substr(0, 4), "8185");
  EXPECT_EQ(client.receive(frame("c1", kHello)), "text \"Hello\"\n");
  EXPECT_EQ(client.deadline(), 10);
}

TEST(WsConnectionDeflate, message_says_that_it_came_compressed) {
  End client(Role::client, settings());
  EXPECT_TRUE(client.came_compressed(frame("c1", kHello)));
  EXPECT_FALSE(client.came_compressed("810548656c6c6f"));
}

TEST(WsConnectionDeflate, ratio_counts_compressed_messages_each_way) {
  End client(Role::client, settings());
  client.receive(frame("c1", kHello) + frame("c1", kHelloAgain) + "810161");
  client.send("Hello");
  client.send("plain", false);
  const auto ratio = client->deflate_ratio();
  ASSERT_TRUE(ratio);
  EXPECT_EQ(ratio->received.plain, 10u);
  EXPECT_EQ(ratio->received.wire, 12u);
  EXPECT_EQ(ratio->sent.plain, 5u);
  EXPECT_EQ(ratio->sent.wire, 7u);
}

// ---- Memory

TEST(WsConnectionDeflate, ten_idle_seconds_give_the_memory_back) {
  End server(Role::server, settings());
  EXPECT_EQ(server.deadline(), -1) << "nothing to give back";
  server->tick(Time{} + seconds(5));
  server.send("Hello");
  EXPECT_EQ(server.deadline(), 15);
  server->tick(Time{} + seconds(9));
  EXPECT_EQ(server.send("Hello"), frame("c1", kHelloAgain));
  EXPECT_EQ(server.deadline(), 19);
  server->tick(Time{} + seconds(19));
  EXPECT_EQ(server.deadline(), -1);
  EXPECT_EQ(server.send("Hello"), frame("c1", kHello)) << "with an empty window";
}

TEST(WsConnectionDeflate, window_of_the_peer_survives_idle_times) {
  End client(Role::client, settings());
  client.receive(frame("c1", kHello));
  EXPECT_EQ(client.deadline(), 10);
  client->tick(Time{} + seconds(10));
  EXPECT_EQ(client.deadline(), -1);
  EXPECT_EQ(client.receive(frame("c1", kHelloAgain)), "text \"Hello\"\n");
  EXPECT_EQ(client.deadline(), 20);
}

TEST(WsConnectionDeflate, open_compressed_message_keeps_its_memory) {
  ws::Settings s = settings();
  s.message_timeout = seconds(1000);
  End client(Role::client, s);
  client.receive("4103 f248cd");
  EXPECT_EQ(client.deadline(), 1000);
  client->tick(Time{} + seconds(500));
  EXPECT_EQ(client.receive("8004 c9c90700"), "text \"Hello\"\n");
  EXPECT_EQ(client.deadline(), 510);
}

TEST(WsConnectionDeflate, end_inside_a_compressed_message_is_told) {
  End client(Role::client, settings());
  client.receive("4103 f248cd 8004 c9");
  const ws::Unfinished cut = client->unfinished();
  EXPECT_TRUE(cut.message);
  EXPECT_EQ(cut.left, 3u);
  EXPECT_EQ(cut.received, 3u) << "inflated";
}

}  // namespace
