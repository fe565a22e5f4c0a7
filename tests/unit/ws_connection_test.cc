#include "ws/connection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "base/text.h"
#include "support/event_log.h"

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ws::CloseState;
using ws::MessageKind;
using ws::Role;

/// A client with a clock of its own, fed with a server's frames. As in the tools, the clock is told
/// before anything is received.
class Client {
 public:
  explicit Client(const ws::Settings& settings = {})
      : connection_(Role::client, settings, test::fixed_mask, Time{}) {}

  ws::Connection* operator->() { return &connection_; }

  std::string receive(std::string_view hex) {
    std::vector<std::uint8_t> stream = from_hex(hex).value();
    test::EventLog log;
    test::drain(connection_, stream, log);
    return log.text();
  }

  std::string take_output() {
    const std::string frames = test::show_frames(connection_.output(), Role::client);
    connection_.sent(connection_.output().size());
    return frames;
  }

  /// The clock says so much since the start.
  std::string at(Duration since_start) {
    connection_.tick(Time{} + since_start);
    return receive("");
  }

  /// deadline() as seconds since the start; -1: none.
  double deadline() const {
    const auto due = connection_.deadline();
    return due ? std::chrono::duration<double>(due->time_since_epoch()).count() : -1;
  }

 private:
  ws::Connection connection_;
};

ws::Settings with_pings(Duration interval, Duration timeout = seconds(20)) {
  ws::Settings settings;
  settings.ping_interval = interval;
  settings.pong_timeout = timeout;
  return settings;
}

// ---- Sending

TEST(WsConnection, message_is_sent_as_one_frame) {
  Client client;
  ASSERT_TRUE(client->send(MessageKind::text, true, as_bytes("hello")));
  EXPECT_EQ(to_hex(client->output()),
            "8185"
            "01020304"
            "69676f686e");
  ASSERT_TRUE(client->send(MessageKind::binary, true, as_bytes(std::string_view("\0\1", 2))));
  EXPECT_EQ(client.take_output(), "text \"hello\"\nbinary 2 0001\n");
}

TEST(WsConnection, fragments_carry_the_kind_once_and_fin_last) {
  Client client;
  ASSERT_TRUE(client->send(MessageKind::text, false, as_bytes("hel")));
  ASSERT_TRUE(client->ping(as_bytes("1")));
  ASSERT_TRUE(client->send(MessageKind::text, false, as_bytes("")));
  ASSERT_TRUE(client->send(MessageKind::binary, true, as_bytes("lo")));
  ASSERT_TRUE(client->send(MessageKind::binary, true, as_bytes("!")));
  EXPECT_EQ(client.take_output(),
            "text more \"hel\"\n"
            "ping 31\n"
            "cont more \"\"\n"
            "cont \"lo\"\n"
            "binary 1 21\n");
}

TEST(WsConnection, begun_frame_is_a_header_and_a_payload_masked_where_it_lies) {
  Client client;
  std::string payload = "hello";
  const Bytes place(reinterpret_cast<std::uint8_t*>(payload.data()), payload.size());
  std::array<std::uint8_t, ws::kMaxHeaderSize> header;
  const std::size_t size = client->begin_frame(MessageKind::text, false, place, header);
  EXPECT_EQ(to_hex(ConstBytes(header).first(size)), "018501020304");
  EXPECT_EQ(to_hex(place), "69676f686e");
  EXPECT_EQ(client->begin_frame(MessageKind::text, true, {}, header), 6u);
  EXPECT_EQ(to_hex(ConstBytes(header).first(6)), "808001020304");
  EXPECT_TRUE(client->output().empty());
}

TEST(WsConnection, rest_of_what_was_begun_goes_before_what_was_queued_since) {
  Client client;
  ASSERT_TRUE(client->ping(as_bytes("1")));
  client->unsent(as_bytes("\x81\x81\x01\x02\x03\x04h"));
  EXPECT_EQ(client.take_output(), "text \"i\"\nping 31\n");
}

TEST(WsConnection, server_does_not_mask) {
  ws::Connection server(Role::server, ws::Settings{}, {}, Time{});
  ASSERT_TRUE(server.send(MessageKind::text, true, as_bytes("hello")));
  ASSERT_TRUE(server.close(1000, ""));
  EXPECT_EQ(to_hex(server.output()),
            "8105"
            "68656c6c6f"
            "8802"
            "03e8");
}

TEST(WsConnection, client_asks_for_a_fresh_key_for_each_frame) {
  std::uint8_t calls = 0;
  ws::Connection client(
      Role::client, ws::Settings{},
      [&calls] {
        return ws::MaskKey{++calls, 0, 0, 0};
      },
      Time{});
  ASSERT_TRUE(client.send(MessageKind::text, false, as_bytes("a")));
  ASSERT_TRUE(client.send(MessageKind::text, true, as_bytes("")));
  ASSERT_TRUE(client.ping({}));
  ASSERT_TRUE(client.close(1000, ""));
  EXPECT_EQ(calls, 4);
  EXPECT_EQ(to_hex(client.output()),
            "0181"
            "01000000"
            "60"
            "8080"
            "02000000"
            "8980"
            "03000000"
            "8882"
            "04000000"
            "07e8");
}

TEST(WsConnection, long_payloads_use_the_shortest_length_form) {
  for (const std::size_t size : {125U, 126U, 65535U, 65536U}) {
    ws::Connection server(Role::server, ws::Settings{}, {}, Time{});
    const std::string payload(size, 'x');
    ASSERT_TRUE(server.send(MessageKind::text, true, as_bytes(payload)));
    EXPECT_EQ(test::show_frames(server.output(), Role::server),
              test::show_message(MessageKind::text, as_bytes(payload)) + '\n');
    const std::size_t header = size < 126 ? 2 : size < 65536 ? 4 : 10;
    EXPECT_EQ(server.output().size(), header + size);
  }
}

TEST(WsConnection, ping_carries_at_most_125_bytes) {
  Client client;
  const auto refused = client->ping(as_bytes(std::string(126, 'x')));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "a ping carries at most 125 bytes");
  EXPECT_TRUE(client->ping(as_bytes(std::string(125, 'x'))));
}

TEST(WsConnection, pong_may_be_sent_unasked) {
  Client client;
  EXPECT_TRUE(client->pong(as_bytes("beat")));
  EXPECT_EQ(client.take_output(), "pong 62656174\n");
  const auto refused = client->pong(as_bytes(std::string(126, 'x')));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "a pong carries at most 125 bytes");
  ASSERT_TRUE(client->close(1000, ""));
  EXPECT_FALSE(client->pong({}));
}

TEST(WsConnection, output_may_be_taken_in_any_portions) {
  Client client;
  std::string taken;
  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE(client->send(MessageKind::text, true, as_bytes(std::to_string(i))));
    const std::size_t size = std::min<std::size_t>(client->output().size(), 5);
    taken += as_text(client->output().first(size));
    client->sent(size);
  }
  taken += as_text(client->output());
  client->sent(client->output().size());
  EXPECT_TRUE(client->output().empty());

  std::string expected;
  for (int i = 0; i < 50; ++i) expected += "text \"" + std::to_string(i) + "\"\n";
  EXPECT_EQ(test::show_frames(as_bytes(taken), Role::client), expected);
}

// ---- Pings

TEST(WsConnection, ping_flood_keeps_only_the_newest_pong_beyond_64_kib) {
  Client client;
  constexpr std::size_t kHeld = std::size_t{64} << 10;
  for (int i = 0; i < 100000; ++i) {  // 8 digits a ping, 14 bytes a pong
    std::string ping = "8908";
    const std::string digits = std::to_string(10000000 + i);
    ping += to_hex(as_bytes(digits));
    client.receive(ping);
  }
  EXPECT_LT(client->output().size(), kHeld + 14);

  const std::string first = client.take_output();
  EXPECT_TRUE(first.starts_with("pong " + to_hex(as_bytes("10000000")) + "\n"));
  EXPECT_EQ(client.take_output(), "pong " + to_hex(as_bytes("10099999")) + "\n");
  EXPECT_EQ(client.take_output(), "");
  client.receive("8901 31");
  EXPECT_EQ(client.take_output(), "pong 31\n") << "back to normal";
}

TEST(WsConnection, held_back_pong_is_not_sent_after_the_peers_close) {
  Client client;
  for (int i = 0; i < 10000; ++i) client.receive("8908 3130303030303030");
  EXPECT_EQ(client.receive("8802 03e8"), "close 1000 \"\"\n");
  EXPECT_TRUE(client.take_output().ends_with("close 1000 \"\"\n"));
  EXPECT_EQ(client.take_output(), "");
}

TEST(WsConnection, keepalive_pings_come_at_the_interval_with_a_number) {
  Client client(with_pings(seconds(30)));
  EXPECT_EQ(client.deadline(), 30);
  client.at(seconds(29));
  EXPECT_EQ(client.take_output(), "");
  client.at(seconds(30));
  EXPECT_EQ(client.take_output(), "ping 31\n");
  EXPECT_EQ(client.receive("8a01 31"), "pong 31\n");
  client.at(seconds(60));
  EXPECT_EQ(client.take_output(), "ping 32\n");
}

TEST(WsConnection, no_keepalive_without_an_interval) {
  Client client;
  EXPECT_EQ(client.deadline(), -1);
  EXPECT_EQ(client.at(seconds(100000)), "");
  EXPECT_EQ(client.take_output(), "");
}

TEST(WsConnection, missing_pong_fails_with_1011_and_ends_as_a_timeout) {
  Client client(with_pings(seconds(30)));
  client.at(seconds(30));
  client.take_output();
  EXPECT_EQ(client.deadline(), 50);
  EXPECT_EQ(client.at(seconds(50) - Duration(1)), "");
  EXPECT_EQ(client->state(), CloseState::open);
  EXPECT_EQ(client.at(seconds(50)), "");
  EXPECT_EQ(client->state(), CloseState::failed);
  EXPECT_EQ(client.take_output(), "close 1011 \"ping timeout\"\n");
  EXPECT_TRUE(client->half_close_wanted());
  EXPECT_EQ(client.deadline(), 52);
  EXPECT_EQ(client.at(seconds(52)), "ended timeout 1011\n");
  EXPECT_EQ(client.deadline(), -1);
}

TEST(WsConnection, pong_puts_the_timeout_off) {
  Client client(with_pings(seconds(30)));
  client.at(seconds(30));
  EXPECT_EQ(client.receive("8a01 31"), "pong 31\n");
  EXPECT_EQ(client.deadline(), 60);
  client.at(seconds(50));
  EXPECT_EQ(client->state(), CloseState::open);
}

TEST(WsConnection, pong_with_another_payload_does_not_count) {
  Client client(with_pings(seconds(30)));
  client.at(seconds(30));
  client.take_output();
  EXPECT_EQ(client.receive("8a00 8a01 32"), "pong\npong 32\n");
  client.at(seconds(50));
  EXPECT_EQ(client.take_output(), "close 1011 \"ping timeout\"\n");
}

TEST(WsConnection, pong_to_a_later_ping_of_ours_answers_the_keepalive_too) {
  // RFC 6455 5.5.3: the peer may answer only the most recent ping.
  Client client(with_pings(seconds(30)));
  client.at(seconds(30));
  ASSERT_TRUE(client->ping(as_bytes("mine")));
  EXPECT_EQ(client.receive("8a04 6d696e65"), "pong 6d696e65\n");
  client.at(seconds(50));
  EXPECT_EQ(client->state(), CloseState::open);
  EXPECT_EQ(client.take_output(), "ping 31\nping 6d696e65\n");
}

TEST(WsConnection, one_keepalive_ping_is_awaited_at_a_time) {
  Client client(with_pings(seconds(10), seconds(25)));
  client.at(seconds(10));
  client.at(seconds(20));
  client.at(seconds(30));
  EXPECT_EQ(client.take_output(), "ping 31\n");
  client.receive("8a01 31");
  client.at(seconds(40));
  EXPECT_EQ(client.take_output(), "ping 32\n");
}

TEST(WsConnection, pong_cannot_be_late_while_we_do_not_read) {
  Client client(with_pings(seconds(30)));
  client.at(seconds(30));
  client.take_output();
  client->set_reading(false);
  EXPECT_EQ(client.deadline(), 60);
  client.at(seconds(55));
  EXPECT_EQ(client->state(), CloseState::open);
  client.at(seconds(100));
  client->set_reading(true);
  EXPECT_EQ(client.deadline(), 120) << "the whole timeout again";
  client.at(seconds(120));
  EXPECT_EQ(client.take_output(), "close 1011 \"ping timeout\"\n");
}

TEST(WsConnection, no_keepalive_after_a_close) {
  Client client(with_pings(seconds(30)));
  ASSERT_TRUE(client->close(1000, ""));
  client.take_output();
  EXPECT_EQ(client.deadline(), 5);
  EXPECT_EQ(client.at(seconds(30)), "ended unanswered 1000\n");
  EXPECT_EQ(client.take_output(), "");
}

// ---- Round trip

TEST(WsConnection, round_trip_is_measured_from_our_latest_ping) {
  Client client;
  ASSERT_TRUE(client->ping(as_bytes("a")));
  client.at(milliseconds(10));
  ASSERT_TRUE(client->ping(as_bytes("b")));
  client.at(milliseconds(35));
  client.receive("8a01 61");
  EXPECT_FALSE(client->round_trip()) << "not the latest";
  client.receive("8a01 62");
  ASSERT_TRUE(client->round_trip());
  EXPECT_EQ(client->round_trip()->count(), 25000);
  client.receive("8a01 62");
  EXPECT_FALSE(client->round_trip()) << "answered before";
}

TEST(WsConnection, round_trip_is_measured_for_keepalive_pings) {
  Client client(with_pings(seconds(30)));
  client.at(seconds(30));
  client.at(seconds(31));
  client.receive("8a01 31");
  ASSERT_TRUE(client->round_trip());
  EXPECT_EQ(client->round_trip()->count(), 1000000);
}

TEST(WsConnection, round_trip_is_measured_for_a_ping_without_a_payload) {
  Client client;
  client.receive("8a00");
  EXPECT_FALSE(client->round_trip()) << "unasked";
  ASSERT_TRUE(client->ping({}));
  client.at(milliseconds(7));
  client.receive("8a00");
  ASSERT_TRUE(client->round_trip());
  EXPECT_EQ(client->round_trip()->count(), 7000);
  client.receive("8a00");
  EXPECT_FALSE(client->round_trip()) << "unasked again";
}

// ---- Messages that never end

TEST(WsConnection, open_message_without_a_byte_for_60_seconds_fails_with_1008) {
  Client client;
  client.at(seconds(10));
  client.receive("0101 61");
  EXPECT_EQ(client.deadline(), 70);
  EXPECT_EQ(client.at(seconds(70) - Duration(1)), "");
  EXPECT_EQ(client->state(), CloseState::open);
  client.at(seconds(70));
  EXPECT_EQ(client.take_output(), "close 1008 \"message timeout\"\n");
  EXPECT_EQ(client.at(seconds(72)), "ended timeout 1008\n");
}

TEST(WsConnection, half_a_header_counts_as_an_open_message) {
  Client client;
  client.receive("81");
  EXPECT_EQ(client.deadline(), 60);
}

TEST(WsConnection, every_byte_of_the_message_puts_the_timeout_off) {
  Client client;
  client.receive("8103 61");
  client.at(seconds(50));
  client.receive("62");
  EXPECT_EQ(client.deadline(), 110);
  client.at(seconds(100));
  client.receive("63");
  EXPECT_EQ(client.deadline(), -1);
}

TEST(WsConnection, control_frames_do_not_put_the_timeout_of_a_message_off) {
  Client client;
  client.receive("0101 61");
  client.at(seconds(30));
  EXPECT_EQ(client.receive("8900 8a00"), "ping\npong\n");
  client.take_output();
  EXPECT_EQ(client.deadline(), 60);
  client.at(seconds(60));
  EXPECT_EQ(client.take_output(), "close 1008 \"message timeout\"\n");
}

TEST(WsConnection, a_message_that_begins_with_nothing_in_front_of_a_ping_is_new) {
  Client client;
  client.at(seconds(100));
  EXPECT_EQ(client.receive("0100 8900"), "ping\n");
  EXPECT_EQ(client.deadline(), 160);
}

TEST(WsConnection, what_has_come_in_time_counts_when_it_is_looked_at_late) {
  Client client;
  client.receive("0101 61");
  client->set_time(Time{} + seconds(70));
  client.receive("0001 62");
  client.at(seconds(70));
  EXPECT_EQ(client->state(), CloseState::open);
}

TEST(WsConnection, message_cannot_be_late_while_we_do_not_read) {
  Client client;
  client.receive("0101 61");
  client->set_reading(false);
  EXPECT_EQ(client.deadline(), -1);
  client.at(seconds(1000));
  EXPECT_EQ(client->state(), CloseState::open);
  client->set_reading(true);
  EXPECT_EQ(client.deadline(), 1060);
}

TEST(WsConnection, what_waits_elsewhere_puts_off_the_end) {
  Client client;
  ASSERT_TRUE(client->close(1000, {}));
  client.take_output();
  client->set_queued(Time{}, Time{} + seconds(3));
  EXPECT_EQ(client.deadline(), 33);
  client->set_queued(Time{} + seconds(20), Time{} + seconds(20));
  EXPECT_EQ(client.deadline(), 50);
  client->set_queued(Time{} + seconds(40), std::nullopt);
  EXPECT_EQ(client.deadline(), 45) << "five seconds for the answer";
  client->set_queued(Time{} + seconds(41), std::nullopt);
  EXPECT_EQ(client.deadline(), 45);
}

TEST(WsConnection, silence_between_messages_is_no_timeout) {
  Client client;
  client.receive("8101 61");
  EXPECT_EQ(client.deadline(), -1);
  EXPECT_EQ(client.at(seconds(100000)), "");
  EXPECT_EQ(client->state(), CloseState::open);
}

TEST(WsConnection, deadline_is_the_earliest_of_all) {
  Client client(with_pings(seconds(30), seconds(100)));
  client.receive("0101 61");
  EXPECT_EQ(client.deadline(), 30);
  client.at(seconds(30));
  EXPECT_EQ(client.deadline(), 60);
  client.receive("8001 62");
  client.at(seconds(60));
  EXPECT_EQ(client.deadline(), 90) << "next ping";
  client.at(seconds(90));
  client.at(seconds(120));
  EXPECT_EQ(client.deadline(), 130) << "pong of the ping sent at 30";
}

// ---- Receiving

TEST(WsConnection, events_are_taken_one_at_a_time) {
  Client client;
  std::vector<std::uint8_t> stream = from_hex("8101 61 8900 8101 62").value();
  Bytes in(stream);
  auto event = client->next(in);
  ASSERT_TRUE(event);
  EXPECT_EQ(as_text(event->payload), "a");
  EXPECT_EQ(in.size(), 5U);
  event = client->next(in);
  ASSERT_TRUE(event);
  EXPECT_EQ(event->type, ws::EventType::ping);
  EXPECT_EQ(in.size(), 3U);
  ASSERT_TRUE(client->next(in));
  EXPECT_FALSE(client->next(in));
}

TEST(WsConnection, end_in_the_middle_of_a_message_is_1006) {
  for (const std::string_view open : {"81", "8105 68", "0101 61", "8905"}) {
    Client client;
    client.receive(open);
    client->eof();
    EXPECT_EQ(client.receive(""), "ended cut 1006\n") << open;
  }
}

TEST(WsConnection, reason_of_the_peer_is_still_there_at_the_end) {
  Client client;
  client.receive("8806 0fa0 74696d65");
  for (int i = 0; i < 3; ++i) client.receive("8101 61");
  client->eof();
  EXPECT_EQ(client.receive(""), "ended peer 4000 \"time\"\n");
}

}  // namespace
