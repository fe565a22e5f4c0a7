#include "ws/close.h"

#include <gtest/gtest.h>

#include <chrono>

#include "base/text.h"
#include "support/event_log.h"
#include "ws/connection.h"

namespace {

using std::chrono::seconds;
using ws::CloseState;
using ws::Role;

// ---- The table

constexpr std::string_view kStates[] = {"open", "closing", "done", "failed", "gone"};
constexpr std::string_view kInputs[] = {"we_close", "peer_close", "violation", "peer_eof",
                                        "timeout"};
constexpr std::string_view kActions[] = {"none",       "send_close",  "echo_close",
                                         "report_cut", "report_code", "report_unanswered",
                                         "drop",       "reject",      "ignore"};

// A row for each state, a column for each input, as kStates and kInputs name them.
constexpr std::string_view kExpected[5][5] = {
    {"closing/send_close", "done/echo_close", "failed/send_close", "gone/report_cut",
     "failed/send_close"},
    {"closing/reject", "done/none", "failed/none", "gone/report_unanswered",
     "gone/report_unanswered"},
    {"done/reject", "done/ignore", "done/ignore", "gone/report_code", "gone/drop"},
    {"failed/reject", "failed/ignore", "failed/ignore", "gone/report_code", "gone/drop"},
    {"gone/reject", "gone/ignore", "gone/ignore", "gone/ignore", "gone/ignore"},
};

TEST(WsClose, all_25_cells_of_the_table_are_as_designed) {
  for (std::size_t state = 0; state < 5; ++state) {
    for (std::size_t input = 0; input < 5; ++input) {
      const ws::CloseStep step =
          ws::close_step(static_cast<CloseState>(state), static_cast<ws::CloseInput>(input));
      const std::string got = std::string(kStates[static_cast<std::size_t>(step.next)]) + '/' +
                              std::string(kActions[static_cast<std::size_t>(step.action)]);
      EXPECT_EQ(got, kExpected[state][input]) << kStates[state] << " on " << kInputs[input];
    }
  }
}

TEST(WsClose, codes_that_may_be_sent_are_those_of_the_registry) {
  for (unsigned code = 0; code <= 0xFFFF; ++code) {
    bool expected = code >= 3000 && code <= 4999;
    for (const unsigned assigned :
         {1000U, 1001U, 1002U, 1003U, 1007U, 1008U, 1009U, 1010U, 1011U, 1012U, 1013U, 1014U}) {
      if (code == assigned) expected = true;
    }
    ASSERT_EQ(ws::may_be_sent(static_cast<ws::CloseCode>(code)), expected) << code;
  }
}

TEST(WsClose, assigned_codes_have_a_meaning_and_private_ones_have_none) {
  EXPECT_EQ(ws::close_meaning(1000), "normal closure");
  EXPECT_EQ(ws::close_meaning(1006), "abnormal closure");
  EXPECT_EQ(ws::close_meaning(4000), "");
  EXPECT_EQ(ws::close_meaning(1016), "");
  for (unsigned code = 1000; code <= 1014; ++code) {
    if (!ws::may_be_sent(static_cast<ws::CloseCode>(code))) continue;
    EXPECT_NE(ws::close_meaning(static_cast<ws::CloseCode>(code)), "") << code;
  }
}

// ---- How a connection walks through it

/// One end under test, with a clock of its own. Received frames are written unmasked: the end is
/// a client unless the test is about a server, whose frames carry an all-zero key.
class Endpoint {
 public:
  explicit Endpoint(Role role)
      : role_(role), connection_(role, ws::Settings{}, test::fixed_mask, now_) {}

  ws::Connection* operator->() { return &connection_; }

  /// The events of these bytes.
  std::string receive(std::string_view hex) {
    std::vector<std::uint8_t> stream = from_hex(hex).value();
    test::EventLog log;
    test::drain(connection_, stream, log);
    return log.text();
  }

  /// What goes out; the transport takes it all.
  std::string take_output() {
    const std::string frames = test::show_frames(connection_.output(), role_);
    connection_.sent(connection_.output().size());
    return frames;
  }

  std::string eof() {
    connection_.eof();
    return receive("");
  }

  std::string wait(Duration duration) {
    now_ += duration;
    connection_.tick(now_);
    return receive("");
  }

 private:
  Role role_;
  Time now_{};
  ws::Connection connection_;
};

constexpr std::string_view kClose1000 = "8802 03e8";
constexpr std::string_view kClose4000Bye = "8805 0fa0 627965";
constexpr std::string_view kMaskedClose1000 = "8882 00000000 03e8";
constexpr std::string_view kReservedOpcode = "8300";

TEST(WsClose, peer_that_closes_gets_its_code_back_without_the_reason) {
  Endpoint client(Role::client);
  EXPECT_EQ(client.receive(kClose4000Bye), "close 4000 \"bye\"\n");
  EXPECT_EQ(client->state(), CloseState::done);
  EXPECT_EQ(client.take_output(), "close 4000 \"\"\n");
  EXPECT_EQ(client.eof(), "ended peer 4000 \"bye\"\n");
  EXPECT_EQ(client->state(), CloseState::gone);
}

TEST(WsClose, close_without_a_code_is_answered_without_one) {
  Endpoint client(Role::client);
  EXPECT_EQ(client.receive("8800"), "close 1005 \"\"\n");
  EXPECT_EQ(to_hex(client->output()), "888001020304");
  EXPECT_EQ(client.eof(), "ended peer 1005\n");
}

TEST(WsClose, server_that_sends_close_twice_gets_one_echo) {
  Endpoint client(Role::client);
  EXPECT_EQ(client.receive("8802 03e8 8802 03e9"), "close 1000 \"\"\n");
  EXPECT_EQ(client.receive("8802 03e9"), "");
  EXPECT_EQ(client.take_output(), "close 1000 \"\"\n");
}

TEST(WsClose, our_close_is_answered_and_the_peers_code_is_reported) {
  Endpoint client(Role::client);
  ASSERT_TRUE(client->close(1001, "done here"));
  EXPECT_EQ(client->state(), CloseState::closing);
  EXPECT_EQ(client.take_output(), "close 1001 \"done here\"\n");
  EXPECT_EQ(client.receive(kClose4000Bye), "close 4000 \"bye\"\n");
  EXPECT_EQ(client->state(), CloseState::done);
  EXPECT_EQ(client.take_output(), "") << "one Close is enough";
  EXPECT_EQ(client.eof(), "ended us 4000 \"bye\"\n");
}

TEST(WsClose, closes_that_cross_end_the_handshake_on_both_sides) {
  Endpoint client(Role::client);
  Endpoint server(Role::server);
  ASSERT_TRUE(client->close(1000, ""));
  ASSERT_TRUE(server->close(1001, ""));
  const std::string from_client = to_hex(client->output());
  const std::string from_server = to_hex(server->output());
  EXPECT_EQ(client.receive(from_server), "close 1001 \"\"\n");
  EXPECT_EQ(server.receive(from_client), "close 1000 \"\"\n");
  EXPECT_EQ(client->state(), CloseState::done);
  EXPECT_EQ(server->state(), CloseState::done);
  EXPECT_EQ(client.eof(), "ended us 1001\n");
  EXPECT_EQ(server.eof(), "ended us 1000\n");
}

TEST(WsClose, end_of_stream_without_a_close_is_1006) {
  Endpoint client(Role::client);
  EXPECT_EQ(client.eof(), "ended cut 1006\n");
  EXPECT_EQ(client->state(), CloseState::gone);
}

TEST(WsClose, end_of_stream_after_our_close_is_a_note_with_our_code) {
  Endpoint client(Role::client);
  ASSERT_TRUE(client->close(4001, ""));
  EXPECT_EQ(client.eof(), "ended unanswered 4001\n");
}

TEST(WsClose, close_that_is_not_answered_ends_after_the_close_timeout) {
  Endpoint client(Role::client);
  ASSERT_TRUE(client->close(1000, ""));
  client.take_output();
  EXPECT_EQ(client->deadline(), Time{} + seconds(5));
  EXPECT_EQ(client.wait(seconds(5) - Duration(1)), "");
  EXPECT_EQ(client.wait(Duration(1)), "ended unanswered 1000\n");
  EXPECT_EQ(client->state(), CloseState::gone);
}

TEST(WsClose, close_timeout_starts_when_the_close_has_left_and_pongs_after_it_do_not_put_it_off) {
  Endpoint client(Role::client);
  ASSERT_TRUE(client->send(ws::MessageKind::binary, true, std::vector<std::uint8_t>(1000)));
  ASSERT_TRUE(client->close(1000, ""));
  EXPECT_EQ(client.wait(seconds(29)), "");
  client->sent(500);
  EXPECT_EQ(client.wait(seconds(29)), "");
  client.take_output();
  EXPECT_EQ(client->deadline(), Time{} + seconds(58 + 5));
  EXPECT_EQ(client.wait(seconds(4)), "");
  client.receive("8900");
  EXPECT_EQ(client.take_output(), "pong\n");
  EXPECT_EQ(client.wait(seconds(1)), "ended unanswered 1000\n");
}

TEST(WsClose, peer_that_takes_nothing_of_our_last_words_is_left_in_the_end) {
  Endpoint client(Role::client);
  ASSERT_TRUE(client->close(1000, ""));
  EXPECT_EQ(client.wait(seconds(30) - Duration(1)), "");
  EXPECT_EQ(client.wait(Duration(1)), "ended unanswered 1000\n");
}

TEST(WsClose, answer_cannot_be_late_while_we_do_not_read) {
  Endpoint client(Role::client);
  ASSERT_TRUE(client->close(1000, ""));
  client.take_output();
  client->set_reading(false);
  EXPECT_EQ(client.wait(seconds(60)), "");
  client->set_reading(true);
  EXPECT_EQ(client->deadline(), Time{} + seconds(65));
}

TEST(WsClose, data_does_not_put_off_the_close_timeout) {
  Endpoint client(Role::client);
  ASSERT_TRUE(client->close(1000, ""));
  client.take_output();
  EXPECT_EQ(client.wait(seconds(4)), "");
  EXPECT_EQ(client.receive("8101 61"), "text \"a\"\n");
  EXPECT_EQ(client.wait(seconds(1)), "ended unanswered 1000\n");
}

TEST(WsClose, transport_that_stays_open_after_both_closes_is_dropped) {
  Endpoint client(Role::client);
  client.receive(kClose4000Bye);
  client.take_output();
  EXPECT_EQ(client->deadline(), Time{} + seconds(2));
  EXPECT_EQ(client.wait(seconds(2) - Duration(1)), "");
  EXPECT_EQ(client.wait(Duration(1)), "ended peer 4000 \"bye\"\n");
}

TEST(WsClose, answer_to_our_close_starts_the_wait_for_the_end_of_the_transport) {
  Endpoint client(Role::client);
  ASSERT_TRUE(client->close(1000, ""));
  client.take_output();
  EXPECT_EQ(client.wait(seconds(4)), "");
  client.receive(kClose1000);
  EXPECT_EQ(client->deadline(), Time{} + seconds(6));
}

TEST(WsClose, violation_is_answered_with_the_code_and_the_name_of_the_rule) {
  Endpoint client(Role::client);
  EXPECT_EQ(client.receive(kReservedOpcode), "violation ws-opcode @0\n");
  EXPECT_EQ(client->state(), CloseState::failed);
  EXPECT_EQ(client.take_output(), "close 1002 \"ws-opcode\"\n");
  EXPECT_EQ(client.eof(), "ended violation 1002\n");
}

TEST(WsClose, nothing_is_read_after_a_violation) {
  Endpoint client(Role::client);
  EXPECT_EQ(client.receive("8300 8101 61"), "violation ws-opcode @0\n");
  EXPECT_EQ(client.receive("8900 8800"), "");
  EXPECT_EQ(client.take_output(), "close 1002 \"ws-opcode\"\n");
  EXPECT_EQ(client.wait(seconds(2)), "ended violation 1002\n");
}

TEST(WsClose, violation_while_closing_fails_without_a_second_close) {
  Endpoint client(Role::client);
  ASSERT_TRUE(client->close(1000, ""));
  client.take_output();
  EXPECT_EQ(client.receive(kReservedOpcode), "violation ws-opcode @0\n");
  EXPECT_EQ(client->state(), CloseState::failed);
  EXPECT_EQ(client.take_output(), "");
  EXPECT_EQ(client.eof(), "ended violation 1000\n");
}

TEST(WsClose, data_is_delivered_and_pings_are_answered_while_closing) {
  Endpoint client(Role::client);
  ASSERT_TRUE(client->close(1000, ""));
  client.take_output();
  EXPECT_EQ(client.receive("0102 6869 8901 31 8001 21"), "ping 31\ntext \"hi!\"\n");
  EXPECT_EQ(client.take_output(), "pong 31\n");
}

TEST(WsClose, pings_are_not_answered_after_the_peers_close) {
  Endpoint client(Role::client);
  EXPECT_EQ(client.receive("8802 03e8 8901 31"), "close 1000 \"\"\n");
  EXPECT_EQ(client.take_output(), "close 1000 \"\"\n");
}

TEST(WsClose, data_after_the_peers_close_is_ignored_in_the_same_read_and_in_the_next) {
  Endpoint client(Role::client);
  EXPECT_EQ(client.receive("8802 03e8 8101 61"), "close 1000 \"\"\n");
  EXPECT_EQ(client.receive("8101 61 ffff"), "");
  EXPECT_EQ(client.eof(), "ended peer 1000\n");
}

TEST(WsClose, nothing_can_be_sent_once_a_close_went_either_way) {
  const auto expect_refusal = [](Endpoint& end) {
    const auto sent = end->send(ws::MessageKind::text, true, as_bytes("late"));
    const auto pinged = end->ping({});
    const auto closed = end->close(1000, "");
    ASSERT_FALSE(sent);
    EXPECT_EQ(sent.error().message, "the connection is closing");
    EXPECT_FALSE(pinged);
    EXPECT_FALSE(closed);
    EXPECT_FALSE(end->can_send());
    EXPECT_EQ(end.take_output(), "");
  };
  Endpoint closing(Role::client);
  ASSERT_TRUE(closing->close(1000, ""));
  Endpoint done(Role::client);
  done.receive(kClose1000);
  Endpoint failed(Role::client);
  failed.receive(kReservedOpcode);
  Endpoint gone(Role::client);
  gone.eof();
  for (Endpoint* end : {&closing, &done, &failed, &gone}) {
    end->take_output();
    const CloseState before = (*end)->state();
    expect_refusal(*end);
    EXPECT_EQ((*end)->state(), before);
  }
}

TEST(WsClose, server_shuts_down_its_half_when_both_have_closed_and_all_is_sent) {
  Endpoint server(Role::server);
  EXPECT_FALSE(server->half_close_wanted());
  server.receive(kMaskedClose1000);
  EXPECT_FALSE(server->half_close_wanted()) << "the answer is still to be sent";
  server.take_output();
  EXPECT_TRUE(server->half_close_wanted());
  server.eof();
  EXPECT_FALSE(server->half_close_wanted());
}

TEST(WsClose, client_leaves_the_end_of_the_transport_to_the_server) {
  Endpoint client(Role::client);
  client.receive(kClose1000);
  client.take_output();
  EXPECT_EQ(client->state(), CloseState::done);
  EXPECT_FALSE(client->half_close_wanted());
}

TEST(WsClose, either_role_shuts_down_its_half_after_a_failure) {
  for (const Role role : {Role::client, Role::server}) {
    Endpoint end(role);
    end.receive(kReservedOpcode);
    EXPECT_FALSE(end->half_close_wanted());
    end.take_output();
    EXPECT_TRUE(end->half_close_wanted());
  }
}

TEST(WsClose, nobody_shuts_down_while_closing) {
  for (const Role role : {Role::client, Role::server}) {
    Endpoint end(role);
    ASSERT_TRUE(end->close(1000, ""));
    end.take_output();
    EXPECT_FALSE(end->half_close_wanted());
  }
}

TEST(WsClose, end_is_reported_once) {
  Endpoint client(Role::client);
  EXPECT_EQ(client.eof(), "ended cut 1006\n");
  EXPECT_EQ(client.eof(), "");
  EXPECT_EQ(client.wait(seconds(100)), "");
  EXPECT_EQ(client.receive("8101 61"), "");
  EXPECT_FALSE(client->deadline());
}

TEST(WsClose, end_of_stream_after_the_end_timeout_adds_nothing) {
  Endpoint client(Role::client);
  client.receive(kClose1000);
  client.take_output();
  EXPECT_EQ(client.wait(seconds(2)), "ended peer 1000\n");
  EXPECT_EQ(client.eof(), "");
}

TEST(WsClose, our_code_is_checked) {
  Endpoint client(Role::client);
  constexpr ws::CloseCode kNever[] = {0, 999, 1004, 1006, 1015, 1016, 2999, 5000, 65535};
  for (const ws::CloseCode code : kNever) {
    const auto closed = client->close(code, "");
    ASSERT_FALSE(closed) << code;
    EXPECT_EQ(closed.error().message, "close code " + std::to_string(code) + " may not be sent");
  }
  EXPECT_EQ(client->state(), CloseState::open);
  EXPECT_EQ(client.take_output(), "");
}

TEST(WsClose, our_reason_is_checked) {
  Endpoint client(Role::client);
  EXPECT_FALSE(client->close(1000, std::string(124, 'x')));
  EXPECT_FALSE(client->close(1000, "cut in a char\xC3"));
  EXPECT_EQ(client->state(), CloseState::open);
  EXPECT_TRUE(client->close(1000, std::string(123, 'x')));
  EXPECT_EQ(client.take_output(), "close 1000 \"" + std::string(123, 'x') + "\"\n");
}

TEST(WsClose, close_with_1005_sends_a_frame_without_a_body) {
  Endpoint server(Role::server);
  EXPECT_TRUE(server->close(1005, "cannot be sent without a code"));
  EXPECT_EQ(to_hex(server->output()), "8800");
}

}  // namespace
