// What the end of a connection means: where it was cut, how, and after how long.
#include "ws-cat/verdict.h"

#include <gtest/gtest.h>

namespace ws_cat {
namespace {

using net::TransportEnd;
using std::chrono::milliseconds;
using std::chrono::seconds;

Verdict judge_cut(const Circumstances& circumstances) {
  ws::Event ended;
  ended.type = ws::EventType::ended;
  ended.ending = ws::Ending::cut;
  return judge_end(ended, circumstances, {});
}

std::string place(const ws::Unfinished& unfinished) {
  const Verdict verdict = judge_cut(
      {.transport = {.how = TransportEnd::How::fin, .error = {}}, .unfinished = unfinished});
  const std::string before =
      "connection cut without a Close frame: the server ended the connection (FIN) after 0.0 s "
      "without data, ";
  return verdict.message.starts_with(before) ? verdict.message.substr(before.size())
                                             : verdict.message;
}

TEST(Verdict, cut_says_in_the_middle_of_what) {
  using Frame = ws::Unfinished::Frame;
  EXPECT_EQ(place({}), "between messages");
  EXPECT_EQ(place({.frame = Frame::header}), "inside the header of a frame");
  EXPECT_EQ(place({.message = true, .received = 1}),
            "inside a text message, after 1 byte of it, between two frames");
  EXPECT_EQ(place({.frame = Frame::header,
                   .message = true,
                   .kind = ws::MessageKind::binary,
                   .received = 70}),
            "inside a binary message, after 70 bytes of it, and inside the header of a frame");
  EXPECT_EQ(place({.frame = Frame::payload,
                   .opcode = ws::Opcode::text,
                   .left = 95,
                   .message = true,
                   .received = 5}),
            "inside a text message, after 5 bytes of it, and inside a text frame that lacks 95 "
            "bytes");
  EXPECT_EQ(place({.frame = Frame::payload, .opcode = ws::Opcode::ping, .left = 1}),
            "inside a ping frame that lacks 1 byte");
}

TEST(Verdict, cut_says_how) {
  const auto how = [](TransportEnd transport) {
    return judge_cut({.transport = std::move(transport), .idle = milliseconds(2340)}).message;
  };
  EXPECT_EQ(how({.how = TransportEnd::How::reset, .error = "Connection reset by peer"}),
            "connection cut without a Close frame: the connection was reset (RST) after 2.3 s "
            "without data, between messages");
  EXPECT_EQ(
      how({.how = TransportEnd::How::failed, .error = "TLS connection cut without close_notify"}),
      "connection cut without a Close frame: TLS connection cut without close_notify after "
      "2.3 s without data, between messages");
}

TEST(Verdict, cut_after_the_idle_timeout_of_a_proxy_gets_a_hint) {
  const auto hint = [](Duration idle) { return judge_cut({.idle = idle}).hint; };
  EXPECT_EQ(hint(milliseconds(60'020)),
            "60 s is an idle timeout of proxies (nginx, HAProxy, AWS load balancers); "
            "--ping-interval 30 prevents it");
  EXPECT_EQ(hint(milliseconds(59'000)), hint(seconds(60)));
  EXPECT_EQ(hint(milliseconds(61'000)), hint(seconds(60)));
  EXPECT_EQ(hint(milliseconds(58'999)), "");
  EXPECT_EQ(hint(milliseconds(61'001)), "");
  for (const int limit : {30, 55, 60, 100, 300, 350}) {
    EXPECT_EQ(hint(seconds(limit)).substr(0, 6), (std::to_string(limit) + " s is ").substr(0, 6));
  }
  EXPECT_EQ(hint(seconds(0)), "");
}

const http::Url kPlain = *http::parse_url("ws://h:81/x", "ws");
const http::Url kSecure = *http::parse_url("wss://h:81/x", "ws");

TEST(Verdict, answer_that_never_began_is_told_from_one_that_was_cut) {
  const TransportEnd fin{.how = TransportEnd::How::fin, .error = {}};
  const Verdict none = judge_lost_answer(fin, {}, kPlain);
  EXPECT_EQ(none.exit, cli::Exit::empty_reply);
  EXPECT_EQ(none.message,
            "no answer to the opening handshake: the server ended the connection (FIN)");
  EXPECT_EQ(none.hint, "if the port speaks TLS, use wss://h:81/x");
  EXPECT_EQ(judge_lost_answer(fin, {}, kSecure).hint, "");

  const Verdict half = judge_lost_answer(fin, {.size = 40, .first_bytes = "HTTP/1.1\x1B"}, kPlain);
  EXPECT_EQ(half.exit, cli::Exit::cut);
  EXPECT_EQ(half.message,
            "the answer to the opening handshake is cut short after 40 bytes, \"HTTP/1.1\\x1b\": "
            "the server ended the connection (FIN)");
}

TEST(Verdict, answer_in_another_protocol_gets_the_hint_that_belongs_to_it) {
  const diag::Violation violation{diag::Rule::http_status_line, 0, 0};
  const auto hint = [&](std::string_view first, const http::Url& url) {
    return judge_answer(violation, first, url).hint;
  };
  using namespace std::string_view_literals;
  EXPECT_EQ(hint("\x15\x03\x03\0\x02\x02\x46"sv, kPlain),
            "if the port speaks TLS, use wss://h:81/x");
  EXPECT_EQ(hint("SSH-2.0-x", kPlain), "check the port");
  EXPECT_EQ(hint("PRI * HTTP/2.0", kPlain), "WebSocket needs a port that speaks HTTP/1.1");
  EXPECT_EQ(hint("220 mail", kPlain), diag::info(diag::Rule::http_status_line).hint);
}

}  // namespace
}  // namespace ws_cat
