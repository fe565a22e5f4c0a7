// An observer and an endpoint on the same bytes: what the vectors say of the one holds for the
// other.
#include <gtest/gtest.h>

#include "support/observed.h"
#include "support/vectors.h"
#include "ws/handshake.h"
#include "ws/observer.h"

namespace {

using test::FrameCase;
using test::HandshakeCase;
using test::ObserverLog;
using test::Pieces;
using ws::Direction;
using Begin = ws::ObserverSettings::Begin;

/// The direction that an end of `role` reads.
Direction read_by(ws::Role role) {
  return role == ws::Role::server ? Direction::to_server : Direction::to_client;
}

// ---- The vectors of frames

ObserverLog watch(const FrameCase& c, const Pieces& pieces) {
  return test::watch({.begin = Begin::frames, .deflate = c.deflate, .limits = c.limits},
                     read_by(c.role), c.stream, pieces);
}

TEST(WsObserver, frame_vectors_break_first_the_rule_that_an_endpoint_fails_at) {
  for (const FrameCase& c : test::frame_cases()) {
    SCOPED_TRACE(c.name);
    const auto expected = test::run_frames(c, test::whole(c.stream.size())).violation;
    ObserverLog log = watch(c, test::whole(c.stream.size()));
    const auto failure = log.failure();
    ASSERT_EQ(failure.has_value(), expected.has_value()) << log.text();
    if (!expected) continue;
    EXPECT_EQ(diag::info(failure->violation.rule).id, diag::info(expected->rule).id) << log.text();
    EXPECT_EQ(failure->violation.offset, expected->offset) << log.text();
    EXPECT_EQ(failure->violation.got, expected->got) << log.text();
    EXPECT_GT(failure->frame, 0U);
  }
}

TEST(WsObserver, frame_vectors_give_the_same_at_every_split_and_every_byte_back) {
  for (const FrameCase& c : test::frame_cases()) {
    SCOPED_TRACE(c.name);
    const std::string expected = watch(c, test::whole(c.stream.size())).text();
    for (const Pieces& pieces : test::all_splits(c.stream.size())) {
      ObserverLog log = watch(c, pieces);
      ASSERT_EQ(log.text(), expected) << test::describe(pieces);
      ASSERT_EQ(log.wire(read_by(c.role)), c.stream) << test::describe(pieces);
    }
  }
}

// ---- The vectors of handshakes

ObserverLog watch_request(const HandshakeCase& c, const Pieces& pieces) {
  return test::watch({.begin = Begin::handshake}, Direction::to_server, c.stream, pieces);
}

/// The answer to a request that asks for what the case says.
ObserverLog watch_answer(const HandshakeCase& c, const Pieces& pieces) {
  auto fields = ws::request_fields("localhost", c.sent_key, c.protocols);
  if (c.deflate) fields.push_back({"Sec-WebSocket-Extensions", ws::to_text(*c.deflate)});
  std::string request = ws::make_head("GET /ws HTTP/1.1", fields);
  std::vector<std::uint8_t> copy(request.begin(), request.end());
  ws::Observer observer({.begin = Begin::handshake});
  ObserverLog log;
  drain(observer, Direction::to_server, Bytes(copy), log);
  test::feed_pieces(c.stream, pieces,
                    [&](Bytes in) { drain(observer, Direction::to_client, in, log); });
  for (const auto direction : {Direction::to_server, Direction::to_client}) {
    observer.eof(direction);
    drain(observer, direction, {}, log);
  }
  return log;
}

template <typename Watch>
void expect_what_an_endpoint_says(const std::vector<HandshakeCase>& cases, Watch watch_case,
                                  Direction direction) {
  for (const HandshakeCase& c : cases) {
    SCOPED_TRACE(c.name);
    auto expected = test::run_handshake(c, test::whole(c.stream.size())).violation;
    // It is told that this should ask for a WebSocket; an observer sees a request like any other.
    if (c.name == "bad/plain-get-on-ws-path") expected.reset();
    ObserverLog log = watch_case(c, test::whole(c.stream.size()));
    const auto failure = log.failure();
    EXPECT_EQ(failure.has_value(), expected.has_value()) << log.text();
    if (expected && failure) {
      EXPECT_EQ(diag::info(failure->violation.rule).id, diag::info(expected->rule).id)
          << log.text();
      EXPECT_EQ(failure->violation.offset, expected->offset) << log.text();
      EXPECT_EQ(failure->violation.got, expected->got) << log.text();
    }
    const std::string whole = log.text();
    for (const Pieces& pieces : test::all_splits(c.stream.size())) {
      ObserverLog run = watch_case(c, pieces);
      ASSERT_EQ(run.text(), whole) << test::describe(pieces);
      ASSERT_EQ(run.wire(direction), c.stream) << test::describe(pieces);
    }
  }
}

TEST(WsObserver, request_vectors_break_first_the_rule_that_a_server_refuses_them_for) {
  expect_what_an_endpoint_says(test::server_cases(), watch_request, Direction::to_server);
}

TEST(WsObserver, answer_vectors_break_first_the_rule_that_a_client_fails_at) {
  expect_what_an_endpoint_says(test::client_cases(), watch_answer, Direction::to_client);
}

// ---- Whole connections

TEST(WsObserver, connection_vectors_break_the_rules_they_say_at_every_split) {
  for (const test::ObservedCase& c : test::observed_cases()) {
    SCOPED_TRACE(c.name);
    ObserverLog log = run_observed(c, test::whole(c.size()));
    const std::string whole = log.text();
    EXPECT_EQ(show_broken(log), c.broken) << whole;
    for (const Pieces& pieces : test::all_splits(c.size())) {
      ObserverLog run = run_observed(c, pieces);
      ASSERT_EQ(run.text(), whole) << test::describe(pieces);
      for (const auto direction : {Direction::to_server, Direction::to_client}) {
        ASSERT_EQ(run.wire(direction), c.bytes(direction)) << test::describe(pieces);
      }
    }
  }
}

}  // namespace
