// How HTTP transfers hold a server up, and when they may begin and be destroyed.
#include "net/http_client.h"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "support/http_bench.h"

namespace net {
namespace {

using test::HttpBench;
using test::HttpServer;
using How = HttpEnd::How;
using Then = test::HttpReply::Then;

const std::string kHead = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n";
const std::string kChunked = kHead + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n";
const std::string kWhole = kHead + "Content-Length: 5\r\n\r\nhello";

TEST(HttpTransfer, paused_transfer_holds_the_server_up_and_loses_nothing) {
  for (const bool tls : {false, true}) {
    constexpr std::size_t kSize = 64 << 20;
    HttpBench bench;
    HttpServer server(bench.loop, {{kHead + "\r\n" + std::string(kSize, 'x')}}, tls);
    bench.keeps_body = false;
    std::size_t at_pause = 0;
    std::size_t taken_when_stuck = 0;
    std::size_t written_when_stuck = 0;
    // The server is stuck when it has written nothing for a while.
    std::size_t last_written = 0;
    std::optional<Timer> watch;
    watch.emplace(bench.loop, [&] {
      const std::size_t written = server.peers.at(0)->written;
      if (written != last_written) {
        last_written = written;
        return watch->start(bench.loop.refresh() + std::chrono::milliseconds(50));
      }
      taken_when_stuck = bench.body_size;
      written_when_stuck = written;
      bench.transfer->set_paused(false);
      EXPECT_EQ(bench.body_size, taken_when_stuck) << "called back from within";
    });
    bench.at_body = [&] {
      if (at_pause != 0) return;
      at_pause = bench.body_size;
      bench.transfer->set_paused(true);
      watch->start(bench.loop.refresh() + std::chrono::milliseconds(50));
    };
    const HttpEnd end =
        bench.exchange({.url = server.url(), .connection = {.security = {.insecure = true}}});
    EXPECT_EQ(end.how, How::whole);
    EXPECT_EQ(bench.body_size, kSize);
    EXPECT_EQ(taken_when_stuck, at_pause);
    EXPECT_LT(written_when_stuck, kSize / 2);
  }
}

TEST(HttpTransfer, pausing_and_going_on_at_every_piece_loses_nothing) {
  HttpBench bench;
  HttpServer server(bench.loop,
                    {{kChunked + "f4240\r\n" + std::string(1'000'000, 'x') + "\r\n0\r\n\r\n"}});
  std::optional<Timer> wake;
  wake.emplace(bench.loop, [&] { bench.transfer->set_paused(false); });
  bench.at_body = [&] {
    bench.transfer->set_paused(true);
    if (bench.body_size % 2 == 0) bench.transfer->set_paused(false);
    if (bench.body_size % 2 == 1) wake->start(bench.loop.refresh());
  };
  EXPECT_EQ(bench.exchange({.url = server.url()}).how, How::whole);
  EXPECT_EQ(bench.body, "hello" + std::string(1'000'000, 'x'));
}

TEST(HttpTransfer, may_be_destroyed_in_any_call) {
  for (const int when : {0, 1, 2, 3}) {
    HttpBench bench;
    HttpServer server(bench.loop, {{kChunked + "5\r\nhello\r\n0\r\n\r\n", Then::hold}});
    const auto destroy = [&] {
      bench.transfer.reset();
      bench.loop.later([&] { bench.loop.stop(); });
    };
    (when == 0 ? bench.at_answer : when == 1 ? bench.at_body : bench.at_end) = destroy;
    bench.begin({.url = server.url(), .transport = true});
    if (when == 3) destroy();
    bench.run();
    EXPECT_EQ(bench.transfer, nullptr);
    EXPECT_EQ(bench.ended.has_value(), when == 2);
  }
}

TEST(HttpTransfer, transfer_that_is_given_up_closes_its_connection) {
  HttpBench bench;
  HttpServer server(bench.loop, {{kChunked, Then::hold}});
  bench.at_body = [&] {
    server.peers.at(0)->on_ended = [&] { bench.loop.stop(); };
    bench.transfer.reset();
  };
  bench.begin({.url = server.url()});
  bench.run();
  EXPECT_EQ(bench.body, "hello");
}

TEST(HttpTransfer, transfer_may_begin_another_in_any_call) {
  HttpBench bench;
  HttpBench other_owner;  // only to be told
  HttpServer server(bench.loop, {{kWhole}});
  std::unique_ptr<HttpTransfer> second;
  bench.at_body = [&] {
    second =
        std::make_unique<HttpTransfer>(bench.client, HttpRequest{.url = server.url()}, other_owner);
  };
  other_owner.at_end = [&] { bench.loop.stop(); };
  bench.exchange({.url = server.url()});
  if (!other_owner.ended) bench.run();
  EXPECT_EQ(other_owner.body, "hello");
}

TEST(HttpTransfer, connections_are_not_used_again) {
  HttpBench bench;
  HttpServer server(bench.loop, {{kWhole, Then::hold}});
  bench.exchange({.url = server.url()});
  bench.status = 0;
  bench.ended.reset();
  bench.exchange({.url = server.url()});
  EXPECT_EQ(bench.body, "hellohello");
  EXPECT_EQ(server.peers.size(), 2U);
}

}  // namespace
}  // namespace net
