#include "ws/handshake.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "support/vectors.h"

namespace {

using test::HandshakeCase;
using test::HandshakeRun;

void expect_the_same_at_every_split(const HandshakeCase& c) {
  SCOPED_TRACE(c.name);
  const HandshakeRun expected = test::run_handshake(c, test::whole(c.stream.size()));
  for (const test::Pieces& pieces : test::all_splits(c.stream.size())) {
    const HandshakeRun run = test::run_handshake(c, pieces);
    ASSERT_EQ(run.outcome, expected.outcome) << test::describe(pieces);
    ASSERT_EQ(run.answer, expected.answer) << test::describe(pieces);
    ASSERT_EQ(run.rest, expected.rest) << test::describe(pieces);
    if (expected.violation) {
      ASSERT_EQ(run.violation->got, expected.violation->got) << test::describe(pieces);
    }
  }
}

void expect_rule(const HandshakeCase& c, const HandshakeRun& run) {
  if (!c.rule && !c.offset) return;
  ASSERT_TRUE(run.violation) << run.outcome;
  EXPECT_EQ(diag::info(run.violation->rule).id, c.rule.value_or("no rule"));
  EXPECT_EQ(run.violation->offset, c.offset.value_or(run.violation->offset)) << run.outcome;
}

// ---- Requests, as a server sees them

void expect_answer(const HandshakeCase& c) {
  SCOPED_TRACE(c.name);
  const HandshakeRun run = test::run_handshake(c, test::whole(c.stream.size()));
  if (c.close) {
    EXPECT_TRUE(run.violation) << run.outcome;
  } else if (c.status == 101 || c.policy) {
    EXPECT_THAT(run.outcome, testing::StartsWith("upgrade"));
  } else {
    ASSERT_TRUE(run.violation) << run.outcome;
    EXPECT_EQ(diag::info(run.violation->rule).answer, c.status) << run.outcome;
  }
  expect_rule(c, run);
  if (!c.accept.empty()) {
    EXPECT_EQ(run.answer,
              "HTTP/1.1 101 Switching Protocols\r\n"
              "Upgrade: websocket\r\n"
              "Connection: Upgrade\r\n"
              "Sec-WebSocket-Accept: " +
                  c.accept +
                  "\r\n"
                  "\r\n");
  }
}

TEST(WsHandshake, request_vectors_are_answered_with_the_expected_status) {
  for (const HandshakeCase& c : test::server_cases()) expect_answer(c);
}

TEST(WsHandshake, request_vectors_give_the_same_at_every_split) {
  for (const HandshakeCase& c : test::server_cases()) expect_the_same_at_every_split(c);
}

TEST(WsHandshake, bytes_behind_a_request_are_left_for_the_frames) {
  for (const HandshakeCase& c : test::server_cases()) {
    if (c.name != "ok/frames-in-same-segment") continue;
    const HandshakeRun run = test::run_handshake(c, test::whole(c.stream.size()));
    EXPECT_EQ(to_hex(as_bytes(run.rest)), "818201020304696b");
    return;
  }
  FAIL() << "the vector is missing";
}

// ---- Responses, as a client sees them

void expect_opening(const HandshakeCase& c) {
  SCOPED_TRACE(c.name);
  const HandshakeRun run = test::run_handshake(c, test::whole(c.stream.size()));
  if (c.open) {
    EXPECT_EQ(run.outcome, c.protocol.empty() ? "open" : "open " + c.protocol);
  } else if (c.status != 0) {
    EXPECT_EQ(run.outcome, "refused " + std::to_string(c.status));
  } else {
    EXPECT_THAT(run.outcome,
                testing::AnyOf(testing::StartsWith("violation"), testing::StartsWith("refused")));
  }
  expect_rule(c, run);
}

TEST(WsHandshake, response_vectors_open_or_fail_as_expected) {
  for (const HandshakeCase& c : test::client_cases()) expect_opening(c);
}

TEST(WsHandshake, response_vectors_give_the_same_at_every_split) {
  for (const HandshakeCase& c : test::client_cases()) expect_the_same_at_every_split(c);
}

// ---- The rest

TEST(WsHandshake, accept_is_the_rfcs_own_for_the_rfcs_own_key) {
  EXPECT_EQ(ws::accept_for("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

TEST(WsHandshake, request_has_its_fields_in_the_usual_order) {
  EXPECT_EQ(ws::make_head("GET /chat HTTP/1.1",
                          ws::request_fields("example.com:8080",
                                             "dGhlIHNhbXBsZSBub25jZQ==", {"chat", "superchat"})),
            "GET /chat HTTP/1.1\r\n"
            "Host: example.com:8080\r\n"
            "Upgrade: websocket\r\n"
            "Connection: Upgrade\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            "Sec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Protocol: chat, superchat\r\n"
            "\r\n");
}

TEST(WsHandshake, field_without_a_value_has_no_space_behind_the_colon) {
  EXPECT_EQ(ws::make_head("HTTP/1.1 200 OK", {{"X-Empty", ""}, {"X-Full", "1"}}),
            "HTTP/1.1 200 OK\r\nX-Empty:\r\nX-Full: 1\r\n\r\n");
}

TEST(WsHandshake, answer_names_the_chosen_subprotocol) {
  EXPECT_EQ(ws::make_response({"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", {"chat", "superchat"}}, "chat"),
            "HTTP/1.1 101 Switching Protocols\r\n"
            "Upgrade: websocket\r\n"
            "Connection: Upgrade\r\n"
            "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
            "Sec-WebSocket-Protocol: chat\r\n"
            "\r\n");
}

/// A head read from text that has one.
class ParsedHead {
 public:
  ParsedHead(http::HeadKind kind, std::string text) : text_(std::move(text)), reader_(kind) {
    std::vector<std::uint8_t> copy(text_.begin(), text_.end());
    Bytes in(copy);
    head_ = std::get<http::Head>(reader_.next(in).value());
  }
  const http::Head& operator*() const { return head_; }

 private:
  std::string text_;
  http::HeadReader reader_;
  http::Head head_;
};

TEST(WsHandshake, our_own_request_is_accepted_and_our_own_answer_too) {
  const std::string key = "dGhlIHNhbXBsZSBub25jZQ==";
  const ParsedHead request(
      http::HeadKind::request,
      ws::make_head("GET / HTTP/1.1", ws::request_fields("localhost", key, {"a", "b"})));
  const auto checked = ws::check_request(*request);
  ASSERT_TRUE(std::holds_alternative<ws::Upgrade>(checked));
  const auto& upgrade = std::get<ws::Upgrade>(checked);
  EXPECT_THAT(upgrade.protocols, testing::ElementsAre("a", "b"));

  const ParsedHead response(http::HeadKind::response, ws::make_response(upgrade, "b"));
  const auto answer = ws::check_response(*response, key, {"a", "b"});
  ASSERT_TRUE(std::holds_alternative<ws::Accepted>(answer));
  EXPECT_EQ(std::get<ws::Accepted>(answer).protocol, "b");
}

TEST(WsHandshake, host_of_an_absolute_target_wins_over_the_host_field) {
  const ParsedHead head(http::HeadKind::request,
                        "GET http://real.example:81/x?y HTTP/1.1\r\nHost: other.example\r\n\r\n");
  const auto host = ws::request_host(*head);
  ASSERT_TRUE(std::holds_alternative<http::HostPort>(host));
  EXPECT_EQ(std::get<http::HostPort>(host).host, "real.example");
  EXPECT_EQ(std::get<http::HostPort>(host).port, 81);
}

TEST(WsHandshake, host_field_is_split_into_name_and_port) {
  const ParsedHead head(http::HeadKind::request, "GET /a://b HTTP/1.1\r\nHost: [::1]:9000\r\n\r\n");
  const auto host = ws::request_host(*head);
  ASSERT_TRUE(std::holds_alternative<http::HostPort>(host));
  EXPECT_EQ(std::get<http::HostPort>(host).host, "::1");
  EXPECT_EQ(std::get<http::HostPort>(host).port, 9000);
}

}  // namespace
