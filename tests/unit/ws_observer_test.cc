#include "ws/observer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "support/observed.h"
#include "ws/deflate.h"
#include "ws/handshake.h"

namespace {

using test::ObserverLog;
using ws::Direction;
using Begin = ws::ObserverSettings::Begin;

std::vector<std::uint8_t> bytes(std::string_view hex) {
  return from_hex(hex).value();
}

ObserverLog watch(const ws::ObserverSettings& settings, Direction direction, ConstBytes stream) {
  return test::watch(settings, direction, stream, test::whole(stream.size()));
}

std::string watch_frames(Direction direction, std::string_view hex) {
  return watch({.begin = Begin::frames}, direction, bytes(hex)).text();
}

TEST(WsObserver, goes_on_behind_a_rule_that_leaves_the_boundaries_known) {
  EXPECT_EQ(watch_frames(Direction::to_server, "c1026869 8a8000000000"),
            "> frame 1 @0 c102\n"
            "> violation ws-rsv @0 got 4 frame 1\n"
            "> violation ws-mask-missing @1 got 0 frame 1\n"
            "> text 6869\n"
            "> frame 1 ends 2\n"
            "> frame 2 @4 8a8000000000\n"
            "> pong \n"
            "> frame 2 ends 0\n"
            "> end unclosed\n");
}

TEST(WsObserver, knows_no_boundary_behind_a_length_that_cannot_be) {
  EXPECT_EQ(watch_frames(Direction::to_client, "827f8000000000000001 8100"),
            "< frame 1 @0 827f8000000000000001\n"
            "< violation ws-length-top-bit @1 got 9223372036854775809 frame 1\n"
            "< frame 1 ends 0 cut\n"
            "< raw rest 8100\n"
            "< end cut\n");
}

TEST(WsObserver, message_that_another_one_interrupts_is_cut) {
  EXPECT_EQ(watch_frames(Direction::to_client, "010161 820162 800163"),
            "< frame 1 @0 0101\n"
            "< frame 1 ends 1\n"
            "< frame 2 @3 8201\n"
            "< violation ws-continuation-missing @3 got 2 frame 2\n"
            "< text 61 cut\n"
            "< binary 62\n"
            "< frame 2 ends 1\n"
            "< frame 3 @6 8001\n"
            "< violation ws-continuation-unexpected @6 got 0 frame 3\n"
            "< frame 3 ends 1\n"
            "< end unclosed\n");
}

TEST(WsObserver, text_of_a_frame_with_reserved_bits_is_not_judged) {
  ObserverLog log = watch({.begin = Begin::frames}, Direction::to_client, bytes("c101ff"));
  EXPECT_EQ(show_broken(log), "< ws-rsv @0 frame 1\n");
}

TEST(WsObserver, compressed_message_whose_end_is_missing_is_cut) {
  const ws::ObserverSettings settings{.begin = Begin::frames, .deflate = ws::DeflateParameters{}};
  EXPECT_EQ(watch(settings, Direction::to_client, bytes("c1021260 8101 61")).text(),
            "< frame 1 @0 c102\n"
            "< violation ws-deflate @0 got 0 frame 1\n"
            "< text inflated 10 cut\n"
            "< frame 1 ends 2\n"
            "< frame 2 @4 8101\n"
            "< text 61\n"
            "< frame 2 ends 1\n"
            "< end unclosed\n");
}

TEST(WsObserver, text_is_told_to_be_no_utf8_once) {
  ObserverLog log = watch({.begin = Begin::frames}, Direction::to_client, bytes("0101ff 8001ff"));
  EXPECT_EQ(show_broken(log), "< ws-text-utf8 @2 frame 1\n");
}

TEST(WsObserver, nothing_is_told_apart_behind_a_hole) {
  ws::Observer observer({.begin = Begin::frames});
  ObserverLog log;
  const auto feed = [&](Direction direction, std::string_view hex) {
    auto stream = bytes(hex);
    drain(observer, direction, Bytes(stream), log);
  };
  feed(Direction::to_client, "01026869 8105");
  observer.hole(Direction::to_client, 5);
  drain(observer, Direction::to_client, {}, log);
  feed(Direction::to_client, "810161");
  feed(Direction::to_server, "8a8001020304");
  observer.hole(Direction::to_client);
  observer.eof(Direction::to_client);
  drain(observer, Direction::to_client, {}, log);
  EXPECT_EQ(log.text(),
            "< frame 1 @0 0102\n"
            "< frame 1 ends 2\n"
            "< frame 2 @4 8105\n"
            "< violation ws-continuation-missing @4 got 1 frame 2\n"
            "< text 6869 cut\n"
            "< frame 2 ends 0 cut\n"
            "< hole 5\n"
            "> frame 3 @0 8a8001020304\n"
            "> pong \n"
            "> frame 3 ends 0\n"
            "< raw rest 810161\n"
            "< hole of unknown size\n"
            "< end cut\n");
  EXPECT_EQ(observer.offset(Direction::to_client), 14U);
  EXPECT_EQ(observer.frame_count(), 3U);
}

TEST(WsObserver, body_up_to_the_end_of_the_stream_is_cut_by_a_hole_only) {
  std::string head = "HTTP/1.1 200 OK\r\n\r\n";
  for (const bool hole : {false, true}) {
    std::string stream = head + "abc";
    std::vector<std::uint8_t> copy(stream.begin(), stream.end());
    ws::Observer observer({});
    ObserverLog log;
    drain(observer, Direction::to_client, Bytes(copy), log);
    if (hole) observer.hole(Direction::to_client);
    observer.eof(Direction::to_client);
    drain(observer, Direction::to_client, {}, log);
    EXPECT_EQ(log.text(),
              hole ? "< head 19 200\n< body 616263 cut\n< hole of unknown size\n< end cut\n"
                   : "< head 19 200\n< body 616263\n< end http\n");
  }
}

TEST(WsObserver, body_comes_without_the_framing_of_its_chunks_and_with_its_place) {
  const std::string head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  std::string stream = head + "6\r\ndata: \r\n3\r\n1\n\n\r\n0\r\n\r\n";
  ws::Observer observer({});
  std::string told;
  Bytes in(reinterpret_cast<std::uint8_t*>(stream.data()), stream.size());
  while (const auto event = observer.next(Direction::to_client, in)) {
    if (event->type != ws::ObservationType::body) continue;
    told += fmt::format("@{} {}{}\n", event->offset - head.size(), to_hex(event->bytes),
                        event->last ? " last" : "");
  }
  EXPECT_EQ(told,
            "@3 646174613a20\n"
            "@14 310a0a\n"
            "@24  last\n");
}

TEST(WsObserver, control_frame_is_told_of_with_its_first_125_bytes) {
  std::vector<std::uint8_t> stream = bytes("897e0096");
  stream.resize(4 + 150, 'p');
  ws::Observer observer({.begin = Begin::frames});
  Bytes in(stream);
  std::size_t payload = 0;
  while (const auto told = observer.next(Direction::to_client, in)) {
    if (told->type == ws::ObservationType::payload) payload += told->bytes.size();
    if (told->type == ws::ObservationType::ping) {
      EXPECT_EQ(told->bytes.size(), 125U);
    }
  }
  EXPECT_EQ(payload, 150U);
}

TEST(WsObserver, frame_of_ten_gibibytes_passes_through) {
  ws::Observer observer({.begin = Begin::frames});
  std::vector<std::uint8_t> piece = bytes("827f0000000280000000");
  constexpr std::uint64_t kSize = std::uint64_t{10} << 30;
  Bytes in(piece);
  while (observer.next(Direction::to_client, in)) {
  }
  piece.assign(std::size_t{4} << 20, 0);
  std::uint64_t payload = 0;
  bool ended = false;
  while (payload < kSize) {
    in = Bytes(piece);
    while (const auto told = observer.next(Direction::to_client, in)) {
      if (told->type == ws::ObservationType::payload) payload += told->bytes.size();
      ended = ended || told->type == ws::ObservationType::frame_end;
    }
  }
  EXPECT_EQ(payload, kSize);
  EXPECT_TRUE(ended);
  EXPECT_EQ(observer.offset(Direction::to_client), kSize + 10);
}

TEST(WsObserver, bytes_that_inflate_to_very_much_come_in_pieces) {
  ws::Deflater deflater(15, true);
  const std::vector<std::uint8_t> zeros(std::size_t{16} << 20);
  const ConstBytes compressed = deflater.compress(zeros, true);
  std::vector<std::uint8_t> stream(ws::kMaxHeaderSize);
  stream.resize(ws::encode_header(
      {.rsv = ws::kRsv1, .opcode = ws::Opcode::binary, .length = compressed.size()}, stream));
  stream.insert(stream.end(), compressed.begin(), compressed.end());
  ws::Observer observer({.begin = Begin::frames, .deflate = ws::DeflateParameters{}});
  Bytes in(stream);
  std::uint64_t size = 0;
  while (const auto told = observer.next(Direction::to_client, in)) {
    EXPECT_NE(told->type, ws::ObservationType::violation);
    if (told->type != ws::ObservationType::message) continue;
    EXPECT_LE(told->bytes.size(), std::size_t{64} << 10);
    EXPECT_EQ(told->position, size);
    size += told->bytes.size();
  }
  EXPECT_EQ(size, zeros.size());
}

TEST(WsObserver, client_alone_is_read_by_what_it_has_offered) {
  auto fields = ws::request_fields("localhost", "dGhlIHNhbXBsZSBub25jZQ==", {});
  fields.push_back({"Sec-WebSocket-Extensions", "permessage-deflate"});
  std::string stream = ws::make_head("GET /ws HTTP/1.1", fields);
  stream += as_text(bytes("c187 00000000 f248cdc9c90700"));
  EXPECT_THAT(watch({}, Direction::to_server, as_bytes(stream)).text(),
              testing::HasSubstr("> text inflated 48656c6c6f\n"));
}

TEST(WsObserver, server_alone_is_read_by_what_it_has_answered) {
  std::string stream =
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
      "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n";
  stream += as_text(bytes("c107 f248cdc9c90700"));
  ObserverLog log = watch({}, Direction::to_client, as_bytes(stream));
  EXPECT_EQ(show_broken(log), "");
  EXPECT_THAT(log.text(), testing::HasSubstr("< text inflated 48656c6c6f\n"));
}

TEST(WsObserver, directions_may_come_one_behind_the_other) {
  for (const test::ObservedCase& c : test::observed_cases()) {
    if (!c.name.starts_with("whole connection")) continue;
    for (const bool server_first : {true, false}) {
      ws::Observer observer({});
      ObserverLog log;
      for (const bool second : {false, true}) {
        const auto direction = server_first == second ? Direction::to_server : Direction::to_client;
        auto stream = c.bytes(direction);
        drain(observer, direction, Bytes(stream), log);
      }
      EXPECT_EQ(show_broken(log), "") << log.text();
      EXPECT_THAT(log.text(), testing::HasSubstr("> binary inflated 746561706f74"));
    }
  }
}

TEST(WsObserver, direction_of_a_lone_stream_is_guessed_from_its_first_bytes) {
  EXPECT_EQ(ws::guess_direction(as_bytes("GET / ")), Direction::to_server);
  EXPECT_EQ(ws::guess_direction(as_bytes("HTTP/1.1 ")), Direction::to_client);
  EXPECT_EQ(ws::guess_direction(bytes("8180")), Direction::to_server);
  EXPECT_EQ(ws::guess_direction(bytes("8100")), Direction::to_client);
}

}  // namespace
