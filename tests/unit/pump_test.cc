// The pump between a stream and the protocol. The stream is one end of a socket pair, whose writing
// side a test can make refuse or fail; the other end is read and written here.
#include "net/pump.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <functional>
#include <string>
#include <vector>

#include "net/fd.h"
#include "net/socket.h"
#include "support/event_log.h"

namespace {

using net::Io;
using net::IoResult;

/// Reads what is there; writes into a string, unless it is told to refuse or to fail.
class ScriptedStream final : public net::Stream {
 public:
  struct Script {
    int refusals = 0;             // writes that get `again` first
    std::size_t most = SIZE_MAX;  // taken of one write; the next one is refused
    std::size_t refused = 0;
    bool broken = false;
    bool shut = false;
    std::string written;
    std::size_t writes = 0;
    std::vector<std::size_t> tries = {};  // their sizes, the refused ones too
    bool reset_wanted = false;
    net::Stream::SendQueue queue;         // that the stream says it has
    std::vector<std::size_t> reads = {};  // their buffers
    std::function<void()> on_shut = [] {};
  };

  ScriptedStream(net::Fd fd, Script& script) : socket_(std::move(fd)), script_(script) {}

  IoResult read(Bytes into) override {
    script_.reads.push_back(into.size());
    return socket_.read(into);
  }
  SendQueue send_queue() const override { return script_.queue; }
  IoResult write(ConstBytes from) override {
    if (script_.broken) return net::io_failure({.error = "Broken pipe", .reset = true});
    script_.tries.push_back(from.size());
    if (script_.refusals > 0) {
      --script_.refusals;
      script_.refused = from.size();
      return {.io = Io::again};
    }
    EXPECT_GE(from.size(), script_.refused) << "what the stream refused has become shorter";
    script_.refused = 0;
    const std::size_t size = std::min(from.size(), script_.most);
    if (size < from.size()) script_.refusals = 1;
    script_.written += as_text(from.first(size));
    ++script_.writes;
    return {.size = size};
  }
  void shutdown_write() override {
    script_.shut = true;
    socket_.shutdown_write();
    script_.on_shut();
  }
  void reset_on_close() override { script_.reset_wanted = true; }
  int fd() const override { return socket_.fd(); }
  bool reads_ahead() const override { return false; }

 private:
  net::SocketStream socket_;
  Script& script_;
};

constexpr std::size_t kHeadSize = 4;

/// A pump with a client's connection that echoes every message; it opens after four bytes of head.
class Bench final : public net::PumpOwner {
 public:
  explicit Bench(const net::Pump::Limits& pump_limits = {}) : limits(pump_limits) {
    std::array<int, 2> ends = {};
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()), 0);
    peer = net::Fd(ends[1]);
    pump.emplace(loop, std::make_unique<ScriptedStream>(net::Fd(ends[0]), script), limits, *this);
  }

  void open() { pump->open(ws::Connection(role, ws::Settings{}, test::fixed_mask, loop.now())); }

  void say(std::string_view bytes) const {
    ASSERT_EQ(::write(peer.value(), bytes.data(), bytes.size()), std::ssize(bytes));
  }

  /// Until stop() or the end; a test that hangs fails instead.
  void run() {
    net::Timer watchdog(loop, [this] {
      ADD_FAILURE() << "nothing happens any more";
      loop.stop();
    });
    watchdog.start(loop.refresh() + std::chrono::seconds(20));
    loop.run();
  }

  const net::Pump::Limits limits;
  ws::Role role = ws::Role::client;
  bool in_place = false;  // echoes
  net::Loop loop;
  ScriptedStream::Script script;
  net::Fd peer;
  std::string heads;
  std::size_t messages = 0;
  std::size_t stop_after = 0;  // messages
  std::optional<ws::Event> ended;
  std::optional<net::TransportEnd> end;
  std::optional<net::Pump> pump;
  std::function<void()> on_message;  // before it is echoed
  std::string after_protocol;        // bytes since the connection was given up

 private:
  void on_bytes(Bytes& in) override {
    if (heads.size() == kHeadSize) {
      after_protocol += as_text(take_front(in, in.size()));
      return;
    }
    heads += as_text(take_front(in, std::min(in.size(), kHeadSize)));
    if (heads.size() == kHeadSize) open();
  }

  void on_ended(const net::TransportEnd& transport) override {
    end = transport;
    loop.stop();
  }

  void on_event(const ws::Event& event) override {
    if (on_message && event.type == ws::EventType::message) on_message();
    if (event.type == ws::EventType::ended) ended = event;
    if (event.type != ws::EventType::message) return;
    if (in_place) {
      pump->send_in_place(event);
    } else if (pump->connection() != nullptr && pump->connection()->can_send()) {
      EXPECT_TRUE(pump->connection()->send(event.kind, event.last, event.payload));
    }
    if (event.last && ++messages == stop_after) loop.stop();
  }
};

std::string text_frames(std::size_t count) {
  std::string frames;
  for (std::size_t i = 0; i < count; ++i) frames += "\x81\x64" + std::string(100, 'x');
  return frames;
}

/// A client's frame, from its first byte and its payload.
std::string masked_frame(std::uint8_t first, std::string payload) {
  const ws::MaskKey key = {0x11, 0x22, 0x33, 0x44};
  ws::FrameHeader header{.fin = (first & 0x80) != 0,
                         .opcode = static_cast<ws::Opcode>(first & 15),
                         .masked = true,
                         .key = key,
                         .length = payload.size()};
  std::array<std::uint8_t, ws::kMaxHeaderSize> bytes;
  const std::size_t size = ws::encode_header(header, bytes);
  ws::apply_mask(Bytes(reinterpret_cast<std::uint8_t*>(payload.data()), payload.size()), key, 0);
  return std::string(as_text(ConstBytes(bytes).first(size))) + payload;
}

std::string written_frames(const Bench& bench) {
  return test::show_frames(as_bytes(bench.script.written), ws::Role::server);
}

TEST(Pump, echoes_in_place_of_one_read_leave_in_one_write) {
  Bench bench;
  bench.role = ws::Role::server;
  bench.in_place = true;
  bench.stop_after = 4;
  bench.open();
  bench.say(masked_frame(0x81, "a") + masked_frame(0x01, "frag") + masked_frame(0x80, "") +
            masked_frame(0x82, "b") + masked_frame(0x81, std::string(200, 'c')));
  bench.run();
  EXPECT_EQ(written_frames(bench),
            "text \"a\"\ntext more \"frag\"\ncont \"\"\nbinary 1 62\ntext \"" +
                std::string(200, 'c') + "\"\n");
  EXPECT_EQ(bench.script.writes, 1u);
}

TEST(Pump, echo_in_place_that_the_stream_takes_in_bits_keeps_its_order) {
  for (std::size_t most = 1; most < 40; ++most) {
    SCOPED_TRACE(most);
    Bench bench;
    bench.role = ws::Role::server;
    bench.in_place = true;
    bench.script.most = most;
    bench.open();
    bench.say(masked_frame(0x81, "first") + masked_frame(0x89, "ping") +
              masked_frame(0x81, "second") + masked_frame(0x88, std::string("\x03\xe8", 2)));
    bench.script.on_shut = [&] { shutdown(bench.peer.value(), SHUT_WR); };
    bench.run();
    EXPECT_EQ(written_frames(bench),
              "text \"first\"\npong 70696e67\ntext \"second\"\nclose 1000 \"\"\n");
  }
}

TEST(Pump, echoing_keeps_messages_to_itself_and_tells_of_the_rest) {
  for (const std::size_t most : {std::size_t{1}, std::size_t{7}, SIZE_MAX}) {
    SCOPED_TRACE(most);
    Bench bench;
    bench.role = ws::Role::server;
    bench.script.most = most;
    bench.pump->set_echoing(true);
    bench.open();
    bench.say(masked_frame(0x81, "first") + masked_frame(0x01, "se") + masked_frame(0x89, "p") +
              masked_frame(0x80, "cond") + masked_frame(0x82, std::string(100, 'x')) +
              masked_frame(0x81, "\xff") + masked_frame(0x81, "never read"));
    bench.script.on_shut = [&] { shutdown(bench.peer.value(), SHUT_WR); };
    bench.run();
    std::string binary = "binary 100";
    for (int i = 0; i < 100; ++i) binary += i == 0 ? " 78" : "78";
    EXPECT_EQ(written_frames(bench), "text \"first\"\ntext more \"se\"\npong 70\ncont \"cond\"\n" +
                                         binary + "\nclose 1007 \"ws-text-utf8\"\n");
    EXPECT_EQ(bench.messages, 0u);
    ASSERT_TRUE(bench.ended);
    EXPECT_EQ(bench.ended->ending, ws::Ending::violation);
  }
}

TEST(Pump, reads_more_at_a_time_of_a_peer_that_sends_much_if_there_is_room_for_its_echo) {
  constexpr std::size_t kRead = net::Loop::kReadSize;
  struct Case {
    net::Stream::SendQueue queue;
    std::size_t read;
  };
  for (const auto& [queue, read] :
       {Case{{0, 0}, kRead}, Case{{0, kRead}, kRead}, Case{{0, 4 * kRead}, 2 * kRead},
        Case{{2 * kRead, 8 * kRead}, 3 * kRead}, Case{{2 * kRead + 1, 8 * kRead}, kRead},
        Case{{kRead, kRead / 2}, kRead},
        Case{{0, std::size_t{1} << 30}, net::Loop::kSharedBufferSize}}) {
    SCOPED_TRACE(queue.size);
    SCOPED_TRACE(queue.limit);
    Bench bench;
    bench.role = ws::Role::server;
    bench.in_place = true;
    bench.script.queue = queue;
    bench.stop_after = 3;
    bench.open();
    const int size = 1 << 20;
    setsockopt(bench.peer.value(), SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    bench.say(masked_frame(0x82, std::string(kRead - 8, 'a')) + masked_frame(0x82, "b") +
              masked_frame(0x82, "c"));
    bench.run();
    ASSERT_GE(bench.script.reads.size(), 2u);
    EXPECT_EQ(bench.script.reads[0], kRead);
    EXPECT_EQ(bench.script.reads[1], read);
  }
}

TEST(Pump, messages_kept_while_congested_go_on_when_one_flush_takes_everything) {
  Bench bench({.output = 1000});
  bench.open();
  bench.stop_after = 100;
  bench.say(text_frames(100));
  bench.run();
  EXPECT_EQ(bench.messages, 100u);
}

TEST(Pump, messages_kept_while_congested_go_on_after_the_stream_refused) {
  Bench bench({.output = 1000});
  bench.script.refusals = 3;
  bench.open();
  bench.stop_after = 100;
  bench.say(text_frames(100));
  bench.run();
  EXPECT_EQ(bench.messages, 100u);
}

TEST(Pump, paused_connection_delivers_nothing_until_it_is_resumed) {
  Bench bench;
  bench.open();
  bench.pump->set_paused(true);
  bench.pump->update();
  bench.say(text_frames(3));
  bench.stop_after = 3;
  int turns = 0;
  std::function<void()> wait = [&] {
    if (++turns < 5) return bench.loop.later(wait);
    EXPECT_EQ(bench.messages, 0u);
    bench.pump->set_paused(false);
    bench.pump->update();
  };
  bench.loop.later(wait);
  bench.run();
  EXPECT_EQ(bench.messages, 3u);
}

TEST(Pump, head_goes_to_the_owner_and_the_frame_glued_to_it_to_the_connection) {
  Bench bench;
  bench.pump->write(as_bytes("request"));
  bench.pump->update();
  EXPECT_EQ(bench.script.written, "request");
  bench.stop_after = 1;
  bench.say("HEAD" + text_frames(1));
  bench.run();
  EXPECT_EQ(bench.heads, "HEAD");
  EXPECT_EQ(bench.messages, 1u);
}

TEST(Pump, finish_sends_what_is_queued_half_closes_and_discards_until_the_peer_ends) {
  Bench bench;
  bench.pump->write(as_bytes("answer"));
  bench.pump->finish();
  bench.say("a body that nobody wants");
  bench.pump->update();
  EXPECT_EQ(bench.script.written, "answer");
  EXPECT_TRUE(bench.script.shut);
  bench.peer.reset();
  bench.run();
  EXPECT_EQ(bench.heads, "");
  ASSERT_TRUE(bench.end);
}

TEST(Pump, close_of_a_peer_that_takes_nothing_any_more_is_still_read) {
  Bench bench;
  bench.open();
  bench.script.broken = true;
  bench.say(text_frames(1) + std::string("\x88\x02\x0f\xa0", 4));
  ASSERT_EQ(shutdown(bench.peer.value(), SHUT_WR), 0);
  bench.run();
  ASSERT_TRUE(bench.ended);
  EXPECT_EQ(bench.ended->ending, ws::Ending::peer);
  EXPECT_EQ(bench.ended->code, 4000);
}

TEST(Pump, end_of_the_transport_without_a_close_is_a_cut) {
  Bench bench;
  bench.open();
  bench.peer.reset();
  bench.run();
  ASSERT_TRUE(bench.ended);
  EXPECT_EQ(bench.ended->ending, ws::Ending::cut);
  EXPECT_EQ(bench.end->how, net::TransportEnd::How::fin);
}

TEST(Pump, what_waits_is_still_sent_to_a_peer_that_has_ended_only_its_own_direction) {
  for (const std::string close : {"", "\x03\xe8"}) {
    Bench bench;
    bench.role = ws::Role::server;
    bench.in_place = true;
    bench.script.most = 3;
    bench.open();
    std::string said = masked_frame(0x81, "first") + masked_frame(0x81, "second");
    if (!close.empty()) said += masked_frame(0x88, close);
    bench.say(said);
    ASSERT_EQ(shutdown(bench.peer.value(), SHUT_WR), 0);
    bench.run();
    EXPECT_EQ(written_frames(bench), std::string("text \"first\"\ntext \"second\"\n") +
                                         (close.empty() ? "" : "close 1000 \"\"\n"));
    EXPECT_EQ(bench.end->how, net::TransportEnd::How::fin);
  }
}

TEST(Pump, an_answer_that_waits_is_still_sent_to_a_peer_that_has_ended_its_own_direction) {
  Bench bench;
  bench.script.most = 2;
  bench.pump->write(as_bytes("answer"));
  bench.pump->finish();
  ASSERT_EQ(shutdown(bench.peer.value(), SHUT_WR), 0);
  bench.pump->update();
  bench.run();
  EXPECT_EQ(bench.script.written, "answer");
  EXPECT_TRUE(bench.end);
}

TEST(Pump, peer_that_takes_nothing_is_dropped_after_the_write_timeout) {
  Bench bench({.write_timeout = std::chrono::milliseconds(20)});
  bench.open();
  bench.script.refusals = 1'000'000;
  bench.say(text_frames(1));
  bench.run();
  ASSERT_TRUE(bench.end);
  EXPECT_EQ(bench.end->error, "the peer does not read what it is sent");
}

TEST(Pump, paced_writes_have_the_sizes_and_pauses_that_were_asked_for) {
  Bench bench;
  std::vector<std::size_t> asked;
  bench.pump->set_pace([&](std::size_t waiting) {
    asked.push_back(waiting);
    if (waiting <= 3) bench.loop.stop();
    return net::Pacer::Slice{.size = 3, .pause = std::chrono::milliseconds(1)};
  });
  bench.pump->write(as_bytes("0123456789"));
  bench.pump->update();
  EXPECT_EQ(bench.script.written, "012");
  bench.run();
  EXPECT_EQ(bench.script.written, "0123456789");
  EXPECT_EQ(bench.script.writes, 4u);
  EXPECT_EQ(asked, (std::vector<std::size_t>{10, 7, 4, 1}));
}

TEST(Pump, a_new_pace_lets_a_refused_write_be_tried_again_with_no_less) {
  Bench bench;
  bench.script.refusals = 1;  // TLS has a record half sent
  bench.pump->write(as_bytes("0123456789"));
  bench.pump->update();
  bench.pump->set_pace([](std::size_t) { return net::Pacer::Slice{.size = 2}; });
  bench.pump->write(as_bytes("abc"));
  bench.pump->update();
  EXPECT_EQ(bench.script.tries, (std::vector<std::size_t>{10, 10, 2, 1}));
  EXPECT_EQ(bench.script.written, "0123456789abc");
}

TEST(Pump, a_pause_of_the_pace_is_no_stall) {
  Bench bench({.write_timeout = std::chrono::milliseconds(5)});
  bench.pump->set_pace([&](std::size_t waiting) {
    if (waiting == 1) bench.loop.later([&] { bench.peer.reset(); });
    return net::Pacer::Slice{.size = 1, .pause = std::chrono::milliseconds(20)};
  });
  bench.pump->write(as_bytes("ab"));
  bench.pump->finish();
  bench.pump->update();
  bench.run();
  EXPECT_EQ(bench.script.written, "ab");
  EXPECT_EQ(bench.end->error, "");
}

TEST(Pump, a_pace_does_not_shorten_a_write_that_was_refused) {
  Bench bench;
  bench.script.refusals = 1;
  bench.pump->write(as_bytes("0123"));
  bench.pump->update();
  bench.pump->set_pace([](std::size_t) { return net::Pacer::Slice{.size = 1}; });
  bench.pump->write(as_bytes("45"));
  bench.pump->update();
  EXPECT_EQ(bench.script.written, "012345");
  EXPECT_EQ(bench.script.writes, 3u);
}

TEST(Pump, a_turn_makes_a_bounded_number_of_paced_writes) {
  Bench bench;
  bench.pump->set_pace([&](std::size_t waiting) {
    if (waiting == 1) bench.loop.later([&] { bench.peer.reset(); });
    return net::Pacer::Slice{.size = 1};
  });
  bench.pump->write(as_bytes(std::string(1000, 'x')));
  bench.pump->update();
  EXPECT_LT(bench.script.writes, 200u);
  bench.pump->finish();
  bench.pump->update();
  bench.run();
  EXPECT_EQ(bench.script.written.size(), 1000u);
}

TEST(Pump, a_reset_behind_a_half_close_is_one) {
  Bench bench;
  bench.open();
  bench.pump->half_close();
  bench.pump->update();
  EXPECT_TRUE(bench.script.shut);
  bench.pump->finish_with_reset();
  bench.pump->update();
  bench.run();
  EXPECT_TRUE(bench.script.reset_wanted);
  EXPECT_TRUE(bench.end);
}

TEST(Pump, outgoing_frames_can_be_put_on_the_wire_in_another_form) {
  Bench bench;
  bench.pump->set_rewriting(
      [&](ConstBytes frames) { bench.pump->write(as_bytes(std::to_string(frames.size()) + ";")); });
  bench.open();
  bench.stop_after = 1;
  bench.say(text_frames(1));
  bench.run();
  EXPECT_EQ(bench.script.written, "106;");  // 2 bytes of header, 4 of key, 100 of payload
}

TEST(Pump, half_close_sends_what_is_queued_and_goes_on_reading) {
  Bench bench;
  bench.open();
  bench.pump->write(as_bytes("last"));
  bench.pump->half_close();
  bench.pump->update();
  EXPECT_EQ(bench.script.written, "last");
  EXPECT_TRUE(bench.script.shut);
  bench.stop_after = 2;
  bench.say(text_frames(2));
  bench.run();
  EXPECT_EQ(bench.messages, 2u);
  EXPECT_EQ(bench.script.written, "last");  // the echoes had nowhere to go
}

TEST(Pump, finish_with_reset_sends_what_is_queued_first) {
  Bench bench;
  bench.open();
  bench.on_message = [&] { bench.pump->finish_with_reset(); };
  bench.say(text_frames(2));
  bench.run();
  EXPECT_EQ(bench.messages, 1u);
  EXPECT_EQ(bench.script.written.size(), 106u);
  EXPECT_TRUE(bench.script.reset_wanted);
  EXPECT_FALSE(bench.ended);
  ASSERT_TRUE(bench.end);
}

TEST(Pump, bytes_go_to_the_owner_when_the_connection_has_been_given_up) {
  Bench bench;
  bench.say("HEAD");
  bench.on_message = [&] {
    bench.pump->leave_protocol();
    bench.loop.stop();
  };
  bench.say(text_frames(1) + "rest");
  bench.run();
  EXPECT_EQ(bench.after_protocol, "rest");
  EXPECT_EQ(bench.script.written, "");
}

TEST(Pump, that_has_stopped_reading_ends_with_its_peer) {
  Bench bench;
  bench.open();
  bench.pump->stop_reading();
  bench.pump->update();
  bench.say(text_frames(3));
  bench.peer.reset();
  bench.run();
  EXPECT_EQ(bench.messages, 0u);
  ASSERT_TRUE(bench.end);
}

TEST(Pump, that_has_stopped_reading_ends_when_it_cannot_write) {
  Bench bench;
  bench.open();
  bench.pump->stop_reading();
  bench.pump->update();
  bench.say(text_frames(3));
  bench.script.broken = true;
  bench.loop.later([&] {
    EXPECT_TRUE(bench.pump->connection()->ping({}));
    bench.pump->update();
  });
  bench.run();
  EXPECT_EQ(bench.messages, 0u);
  ASSERT_TRUE(bench.end);
  EXPECT_EQ(bench.end->how, net::TransportEnd::How::reset);
}

}  // namespace
