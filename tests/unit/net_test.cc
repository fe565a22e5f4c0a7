// common/net against the real operating system: loopback, port 0, pipes and files made on the spot.
// Nothing sleeps: every test runs the loop until what it waits for has happened, and a watchdog
// turns a wait in vain into a failure.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <numeric>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "net/curl.h"
#include "net/entropy.h"
#include "net/loop.h"
#include "net/socket.h"
#include "net/stdio.h"
#include "net/stream.h"
#include "support/io_result.h"

namespace net {
namespace {

using std::chrono::milliseconds;

/// A loop that gives up when nothing stops it.
struct Bench {
  Loop loop;
  bool timed_out = false;
  Timer watchdog{loop, [this] {
                   timed_out = true;
                   loop.stop();
                 }};

  Bench() { ignore_sigpipe(); }

  void run() {
    watchdog.start(loop.refresh() + std::chrono::seconds(20));
    loop.run();
    watchdog.stop();
    EXPECT_FALSE(timed_out) << "nothing stopped the loop";
  }
};

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "net_test_XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  std::string operator/(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

struct Pipe {
  Fd reader;
  Fd writer;
  Pipe() {
    int fds[2] = {};
    EXPECT_EQ(pipe2(fds, O_CLOEXEC), 0);
    reader = Fd(fds[0]);
    writer = Fd(fds[1]);
  }
};

std::pair<Fd, Fd> connected_pair() {
  int fds[2] = {};
  EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
  return {Fd(fds[0]), Fd(fds[1])};
}

bool is_blocking(int fd) {
  return (fcntl(fd, F_GETFL) & O_NONBLOCK) == 0;
}

/// Both ends of a conversation: says something at first, answers what it gets through `reply`.
class Talker {
 public:
  using Reply = std::function<std::string(const std::string& heard)>;

  Talker(Loop& loop, std::unique_ptr<Stream> stream, Reply reply)
      : loop_(loop), stream_(std::move(stream)), reply_(std::move(reply)) {
    poll_.emplace(loop, stream_->fd(), [this](bool, bool) { on_readable(); });
    poll_->watch(true, false);
  }

  void say(const std::string& text) {
    const IoResult result = stream_->write(as_bytes(text));
    EXPECT_EQ(result.io, Io::ok) << test::error_of(result);
    EXPECT_EQ(result.size, text.size());
  }
  void on_readable() {
    for (;;) {
      const Bytes into = loop_.shared_buffer();
      const IoResult result = stream_->read(into);
      if (result.io == Io::again) return;
      last = result;
      if (result.io != Io::ok) {
        poll_->watch(false, false);
        if (ended) ended();
        return;
      }
      const std::string got(as_text(into.first(result.size)));
      heard += got;
      const std::string answer = reply_ ? reply_(got) : "";
      if (!answer.empty()) say(answer);
    }
  }
  Stream& stream() { return *stream_; }

  std::string heard;
  IoResult last;
  std::function<void()> ended;

 private:
  Loop& loop_;
  std::unique_ptr<Stream> stream_;
  std::optional<Poll> poll_;
  Reply reply_;
};

/// Keeps what a Listener accepted, and echoes.
struct EchoServer {
  std::vector<std::unique_ptr<Talker>> talkers;
  std::vector<std::string> peers;

  Listener::Accepted acceptor(Loop& loop) {
    return [this, &loop](std::unique_ptr<Stream> stream, std::string peer) {
      peers.push_back(std::move(peer));
      talkers.push_back(std::make_unique<Talker>(loop, std::move(stream),
                                                 [](const std::string& heard) { return heard; }));
    };
  }
};

Fd connect_to(const sockaddr* address, socklen_t size) {
  Fd fd(socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (connect(fd.value(), address, size) != 0) fd.reset();
  return fd;
}

Fd connect_to_port(std::uint16_t port) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return connect_to(reinterpret_cast<sockaddr*>(&address), sizeof address);
}

Fd connect_to_port_v6(std::uint16_t port) {
  sockaddr_in6 address = {};
  address.sin6_family = AF_INET6;
  address.sin6_port = htons(port);
  address.sin6_addr = in6addr_loopback;
  return connect_to(reinterpret_cast<sockaddr*>(&address), sizeof address);
}

sockaddr_un unix_address(const std::string& path) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  return address;
}

Fd connect_to_path(const std::string& path) {
  const sockaddr_un address = unix_address(path);
  return connect_to(reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

/// Leaves a socket file behind on which nobody listens.
void leave_stale_socket(const std::string& path) {
  const sockaddr_un address = unix_address(path);
  const Fd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ASSERT_EQ(bind(fd.value(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
}

// --- Loop
// -----------------------------------------------------------------------------------------

TEST(Loop, timers_fire_in_order_of_time_and_never_early) {
  Bench bench;
  std::string order;
  const Time start = bench.loop.refresh();
  Timer second(bench.loop, [&] {
    order += "2";
    EXPECT_GE(bench.loop.now(), start + milliseconds(12));
    bench.loop.stop();
  });
  Timer first(bench.loop, [&] {
    order += "1";
    EXPECT_GE(bench.loop.now(), start + milliseconds(5));
  });
  second.start(start + milliseconds(12));
  first.start(start + milliseconds(5));
  bench.run();
  EXPECT_EQ(order, "12");
}

TEST(Loop, stop_does_not_reach_into_the_next_run) {
  Bench bench;
  bench.loop.later([&] {
    bench.loop.stop();
    bench.loop.later([&] { bench.loop.stop(); });  // done when there is nothing left to stop
  });
  bench.run();
  bool fired = false;
  Timer timer(bench.loop, [&] {
    fired = true;
    bench.loop.stop();
  });
  timer.start(bench.loop.refresh() + milliseconds(1));
  bench.run();
  EXPECT_TRUE(fired);
}

TEST(Loop, clock_does_not_stand_still_between_runs) {
  Bench bench;
  bench.loop.later([&] { bench.loop.stop(); });
  bench.run();
  const Time before = bench.loop.now();
  const auto enough = std::chrono::steady_clock::now() + milliseconds(1);
  while (std::chrono::steady_clock::now() < enough) {
  }
  EXPECT_GT(bench.loop.now(), before);
}

TEST(Loop, timer_moved_away_fires_once_at_the_new_time) {
  Bench bench;
  const Time start = bench.loop.refresh();
  int count = 0;
  Timer timer(bench.loop, [&] {
    ++count;
    EXPECT_GE(bench.loop.now(), start + milliseconds(10));
    bench.loop.stop();
  });
  timer.start(start + milliseconds(2));
  timer.start(start + milliseconds(10));
  bench.run();
  EXPECT_EQ(count, 1);
}

TEST(Loop, timer_moved_closer_fires_at_the_new_time) {
  Bench bench;
  Timer timer(bench.loop, [&] { bench.loop.stop(); });
  timer.start(bench.loop.now() + std::chrono::hours(1));
  timer.start(bench.loop.now() + milliseconds(1));
  bench.run();
}

TEST(Loop, many_timers_that_were_moved_and_stopped_fire_once_each_in_the_order_of_their_times) {
  Bench bench;
  std::mt19937 random(1);
  const Time start = bench.loop.refresh();
  const auto any_time = [&] { return start + std::chrono::microseconds(random() % 20'000); };
  constexpr std::size_t kCount = 300;
  std::vector<Time> times(kCount);
  std::vector<Time> fired;
  std::vector<std::unique_ptr<Timer>> timers;
  for (std::size_t i = 0; i < kCount; ++i) {
    timers.push_back(std::make_unique<Timer>(bench.loop, [&, i] { fired.push_back(times[i]); }));
    timers[i]->start(any_time());
  }
  std::size_t gone = 0;
  for (std::size_t i = 0; i < kCount; ++i) {
    times[i] = any_time();
    timers[i]->start(times[i]);
    if (i % 5 == 0) timers[i]->stop();
    if (i % 5 == 1) timers[i].reset();
    gone += i % 5 < 2;
  }
  bench.loop.run();
  EXPECT_EQ(fired.size(), kCount - gone);
  EXPECT_TRUE(std::ranges::is_sorted(fired));
}

TEST(Loop, timer_that_restarts_itself_in_the_past_lets_descriptors_have_their_turn) {
  Bench bench;
  Pipe pipe;
  ASSERT_EQ(::write(pipe.writer.value(), "x", 1), 1);
  std::unique_ptr<Timer> timer;
  timer = std::make_unique<Timer>(bench.loop, [&] { timer->start(bench.loop.now()); });
  timer->start(bench.loop.now());
  Poll poll(bench.loop, pipe.reader.value(), [&](bool, bool) { bench.loop.stop(); });
  poll.watch(true, false);
  bench.run();
}

TEST(Loop, run_returns_when_nothing_is_left) {
  Bench bench;
  bool done = false;
  bench.loop.later([&] { done = true; });
  bench.loop.run();
  EXPECT_TRUE(done);
}

TEST(Loop, later_runs_before_the_loop_blocks_again_and_after_the_callback_that_asked) {
  Bench bench;
  std::string order;
  Timer timer(bench.loop, [&] {
    bench.loop.later([&] {
      order += "later";
      bench.loop.stop();
    });
    order += "timer ";
  });
  timer.start(bench.loop.now());
  bench.run();
  EXPECT_EQ(order, "timer later");
}

TEST(Loop, later_that_always_asks_again_neither_blocks_the_loop_nor_starves_a_descriptor) {
  Bench bench;
  Pipe pipe;
  int turns = 0;
  std::function<void()> again = [&] {
    if (++turns == 100) {
      EXPECT_EQ(::write(pipe.writer.value(), "x", 1), 1);
    }
    bench.loop.later(again);
  };
  bench.loop.later(again);
  Poll poll(bench.loop, pipe.reader.value(), [&](bool readable, bool) {
    EXPECT_TRUE(readable);
    bench.loop.stop();
  });
  poll.watch(true, false);
  bench.run();
  EXPECT_LT(turns, 110);
}

TEST(Loop, later_work_that_waits_when_the_loop_stops_is_done_before_run_returns) {
  Bench bench;
  bool done = false;
  Timer timer(bench.loop, [&] {
    bench.loop.stop();
    bench.loop.later([&] { done = true; });
  });
  timer.start(bench.loop.now());
  bench.run();
  EXPECT_TRUE(done);
}

TEST(Loop, that_is_stopped_by_its_last_work_can_be_destroyed) {
  int stops = 0;
  {
    Loop loop;
    const auto stop = [&] {
      ++stops;
      loop.stop();
    };
    loop.later([&] {
      stop();
      loop.later(stop);
    });
    loop.run();
  }
  EXPECT_EQ(stops, 2);
}

TEST(Loop, work_posted_from_other_threads_is_done_in_the_loop_in_the_order_of_each) {
  constexpr int kCount = 1000;
  Bench bench;
  std::array<std::vector<int>, 2> done;
  const auto post_all = [&](std::size_t which) {
    for (int i = 0; i < kCount; ++i) {
      bench.loop.post([&, which, i] {
        done[which].push_back(i);
        if (done[0].size() + done[1].size() == 2 * kCount) bench.loop.stop();
      });
    }
  };
  std::thread first(post_all, 0);
  std::thread second(post_all, 1);
  bench.run();
  first.join();
  second.join();
  std::vector<int> expected(kCount);
  std::iota(expected.begin(), expected.end(), 0);
  EXPECT_EQ(done[0], expected);
  EXPECT_EQ(done[1], expected);
}

TEST(Loop, posted_work_does_not_keep_run_going_and_waits_for_run_posted) {
  Bench bench;
  std::string trace;
  bench.loop.run();
  bench.loop.post([&] {
    trace += "a";
    bench.loop.post([&] { trace += "never"; });
  });
  bench.loop.post([&] { trace += "b"; });
  bench.loop.run_posted();
  EXPECT_EQ(trace, "ab");
}

TEST(Loop, everything_may_be_destroyed_in_its_own_callback) {
  Bench bench;
  Pipe pipe;
  ASSERT_EQ(::write(pipe.writer.value(), "x", 1), 1);
  int left = 3;
  const auto one_less = [&] {
    if (--left == 0) bench.loop.stop();
  };
  std::unique_ptr<Poll> poll;
  std::unique_ptr<Timer> timer;
  std::unique_ptr<Signal> signal;
  // The captured string must survive the destruction of what holds it.
  const std::string text = "long enough not to be stored within the string object itself";
  poll = std::make_unique<Poll>(bench.loop, pipe.reader.value(), [&, text](bool, bool) {
    poll.reset();
    EXPECT_EQ(text.substr(0, 4), "long");
    one_less();
  });
  poll->watch(true, false);
  timer = std::make_unique<Timer>(bench.loop, [&, text] {
    timer.reset();
    EXPECT_EQ(text.substr(0, 4), "long");
    one_less();
  });
  timer->start(bench.loop.now());
  signal = std::make_unique<Signal>(bench.loop, SIGUSR1, [&, text] {
    signal.reset();
    EXPECT_EQ(text.substr(0, 4), "long");
    one_less();
  });
  raise(SIGUSR1);
  bench.run();
  EXPECT_EQ(left, 0);
}

TEST(Loop, poll_leaves_the_blocking_mode_of_the_descriptor_alone) {
  Bench bench;
  Pipe pipe;
  Poll poll(bench.loop, pipe.reader.value(), [](bool, bool) {});
  EXPECT_TRUE(is_blocking(pipe.reader.value()));
}

TEST(Loop, poll_reports_a_hang_up_as_what_is_watched) {
  Bench bench;
  Pipe for_reading;
  for_reading.writer.reset();
  Pipe for_writing;
  for_writing.reader.reset();
  bool was_readable = false;
  bool was_writable = false;
  std::unique_ptr<Poll> reading;
  std::unique_ptr<Poll> writing;
  const auto check = [&] {
    if (was_readable && was_writable) bench.loop.stop();
  };
  reading =
      std::make_unique<Poll>(bench.loop, for_reading.reader.value(), [&](bool readable, bool) {
        was_readable = readable;
        check();
      });
  writing =
      std::make_unique<Poll>(bench.loop, for_writing.writer.value(), [&](bool, bool writable) {
        was_writable = writable;
        check();
      });
  reading->watch(true, false);
  writing->watch(false, true);
  bench.run();
}

TEST(Loop, shared_buffer_has_writable_headroom_in_front) {
  Loop loop;
  const Bytes buffer = loop.shared_buffer();
  EXPECT_EQ(buffer.size(), Loop::kSharedBufferSize);
  std::fill_n(buffer.data() - Loop::kHeadroom, Loop::kHeadroom, std::uint8_t{1});
  EXPECT_EQ(loop.shared_buffer().data(), buffer.data());
}

// --- Child
// ----------------------------------------------------------------------------------------

TEST(Child, reports_its_exit_code_and_sees_the_extra_environment) {
  Bench bench;
  std::optional<int> code;
  auto child = Child::spawn(bench.loop, {"sh", "-c", "exit $NET_TEST_CODE"},
                            {{"NET_TEST_CODE", "42"}}, [&](int exit_code) {
                              code = exit_code;
                              bench.loop.stop();
                            });
  ASSERT_TRUE(child) << child.error().message;
  bench.run();
  EXPECT_EQ(code, 42);
}

TEST(Child, killed_by_a_signal_reports_128_plus_the_signal) {
  Bench bench;
  std::optional<int> code;
  std::unique_ptr<Child> child;
  auto spawned = Child::spawn(bench.loop, {"sleep", "1000"}, {}, [&](int exit_code) {
    code = exit_code;
    child.reset();
    bench.loop.stop();
  });
  ASSERT_TRUE(spawned) << spawned.error().message;
  child = std::move(*spawned);
  child->kill(SIGTERM);
  bench.run();
  EXPECT_EQ(code, 128 + SIGTERM);
}

TEST(Child, that_cannot_be_run_is_an_error_that_names_it) {
  Bench bench;
  const auto child = Child::spawn(bench.loop, {"/nonexistent/command"}, {}, [](int) {});
  ASSERT_FALSE(child);
  EXPECT_EQ(child.error().message, "cannot run /nonexistent/command: no such file or directory");
}

TEST(Child, forgotten_while_it_runs_does_not_keep_the_loop) {
  Bench bench;
  Pipe pipe;  // its writer is not inherited: O_CLOEXEC
  auto spawned = Child::spawn(bench.loop, {"true"}, {}, [](int) { ADD_FAILURE(); });
  ASSERT_TRUE(spawned);
  spawned->reset();
  bench.loop.run();
}

// --- Listener, SocketStream
// -----------------------------------------------------------------------

struct EchoCase {
  std::string name;
  std::function<Result<std::unique_ptr<Listener>>(Loop&, Listener::Accepted)> listen;
  std::function<Fd(const Listener&)> connect;
  std::string peer_prefix;
};

void expect_echo(const EchoCase& echo_case) {
  SCOPED_TRACE(echo_case.name);
  Bench bench;
  EchoServer server;
  auto listener = echo_case.listen(bench.loop, server.acceptor(bench.loop));
  ASSERT_TRUE(listener) << listener.error().message;
  Fd fd = echo_case.connect(**listener);
  ASSERT_TRUE(fd);
  Talker client(bench.loop, std::make_unique<SocketStream>(std::move(fd)), nullptr);
  client.say("hello");
  client.stream().shutdown_write();
  Timer look(bench.loop, [&] {
    // The server sees the end of what we say, and leaves.
    if (!server.talkers.empty() && server.talkers[0]->last.io == Io::end) {
      server.talkers.clear();
    } else {
      look.start(bench.loop.now() + milliseconds(1));
    }
  });
  look.start(bench.loop.now());
  client.ended = [&] { bench.loop.stop(); };
  bench.run();
  EXPECT_EQ(client.heard, "hello");
  EXPECT_EQ(client.last.io, Io::end);
  ASSERT_EQ(server.peers.size(), 1U);
  EXPECT_EQ(server.peers[0].substr(0, echo_case.peer_prefix.size()), echo_case.peer_prefix);
}

TEST(Listener, echoes_over_ipv4) {
  expect_echo({"127.0.0.1",
               [](Loop& loop, Listener::Accepted accepted) {
                 return Listener::tcp(loop, "127.0.0.1", 0, std::move(accepted));
               },
               [](const Listener& listener) { return connect_to_port(listener.port()); },
               "127.0.0.1:"});
}

TEST(Listener, echoes_over_ipv6) {
  expect_echo({"::1",
               [](Loop& loop, Listener::Accepted accepted) {
                 return Listener::tcp(loop, "::1", 0, std::move(accepted));
               },
               [](const Listener& listener) { return connect_to_port_v6(listener.port()); },
               "[::1]:"});
}

TEST(Listener, echoes_over_a_unix_socket_and_removes_its_file) {
  const TemporaryFolder folder;
  const std::string path = folder / "socket";
  expect_echo({"unix",
               [&](Loop& loop, Listener::Accepted accepted) {
                 return Listener::unix_path(loop, path, std::move(accepted));
               },
               [&](const Listener&) { return connect_to_path(path); }, "unix"});
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(Listener, port_in_use_is_an_error_that_names_address_and_reason) {
  Bench bench;
  const auto first = Listener::tcp(bench.loop, "127.0.0.1", 0, [](auto, auto) {});
  ASSERT_TRUE(first);
  const std::uint16_t port = (*first)->port();
  const auto second = Listener::tcp(bench.loop, "127.0.0.1", port, [](auto, auto) {});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().message,
            "cannot listen on 127.0.0.1:" + std::to_string(port) + ": Address already in use");
}

TEST(Listener, replaces_a_socket_file_nobody_answers_on) {
  Bench bench;
  const TemporaryFolder folder;
  leave_stale_socket(folder / "socket");
  const auto listener = Listener::unix_path(bench.loop, folder / "socket", [](auto, auto) {});
  EXPECT_TRUE(listener) << listener.error().message;
}

TEST(Listener, leaves_a_socket_file_alone_on_which_somebody_answers) {
  Bench bench;
  const TemporaryFolder folder;
  const auto first = Listener::unix_path(bench.loop, folder / "socket", [](auto, auto) {});
  ASSERT_TRUE(first);
  const auto second = Listener::unix_path(bench.loop, folder / "socket", [](auto, auto) {});
  ASSERT_FALSE(second);
  EXPECT_TRUE(connect_to_path(folder / "socket"));
}

TEST(Listener, leaves_a_file_alone_that_is_no_socket) {
  Bench bench;
  const TemporaryFolder folder;
  const Fd file(open((folder / "file").c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
  const auto listener = Listener::unix_path(bench.loop, folder / "file", [](auto, auto) {});
  ASSERT_FALSE(listener);
  EXPECT_EQ(listener.error().message,
            "cannot listen on " + (folder / "file") + ": Address already in use");
  EXPECT_TRUE(std::filesystem::is_regular_file(folder / "file"));
}

TEST(Listener, may_be_destroyed_by_the_connection_it_accepts) {
  Bench bench;
  std::unique_ptr<Listener> listener;
  auto made = Listener::tcp(bench.loop, "127.0.0.1", 0, [&](auto, auto) {
    listener.reset();
    bench.loop.stop();
  });
  ASSERT_TRUE(made);
  listener = std::move(*made);
  const Fd first = connect_to_port(listener->port());
  const Fd second = connect_to_port(listener->port());
  bench.run();
  EXPECT_EQ(listener, nullptr);
}

TEST(Listener, another_at_the_same_port_gets_a_share_of_the_connections) {
  Bench bench;
  std::array<int, 2> counts = {};
  const auto count_for = [&](std::size_t which) {
    return [&, which](std::unique_ptr<Stream>, const std::string&) {
      ++counts[which];
      if (counts[0] > 0 && counts[1] > 0) bench.loop.stop();
    };
  };
  const auto first = Listener::tcp(bench.loop, "127.0.0.1", 0, count_for(0));
  ASSERT_TRUE(first);
  const auto second = (*first)->another(bench.loop, count_for(1));
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_EQ((*second)->port(), (*first)->port());
  std::vector<Fd> clients;
  for (int i = 0; i < 100; ++i) clients.push_back(connect_to_port((*first)->port()));
  bench.run();
  EXPECT_GT(counts[0], 0);
  EXPECT_GT(counts[1], 0);

  const auto stranger = Listener::tcp(bench.loop, "127.0.0.1", (*first)->port(), count_for(0));
  ASSERT_FALSE(stranger);
  EXPECT_NE(stranger.error().message.find("Address already in use"), std::string::npos);
}

TEST(Listener, turns_a_connection_away_when_descriptors_run_out_and_goes_on) {
  Bench bench;
  EchoServer server;
  const auto listener = Listener::tcp(bench.loop, "127.0.0.1", 0, server.acceptor(bench.loop));
  ASSERT_TRUE(listener);
  Talker client(bench.loop, std::make_unique<SocketStream>(connect_to_port((*listener)->port())),
                nullptr);

  rlimit before = {};
  getrlimit(RLIMIT_NOFILE, &before);
  const Fd highest(dup(0));
  rlimit tight = before;
  tight.rlim_cur = static_cast<rlim_t>(highest.value() + 1);
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &tight), 0);
  client.ended = [&] { bench.loop.stop(); };
  bench.run();
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_NE(client.last.io, Io::ok);
  EXPECT_TRUE(server.talkers.empty());

  Talker next(bench.loop, std::make_unique<SocketStream>(connect_to_port((*listener)->port())),
              [&](const std::string&) {
                bench.loop.stop();
                return "";
              });
  next.say("still there?");
  bench.run();
  EXPECT_EQ(next.heard, "still there?");
}

TEST(SocketStream, reports_again_without_data_and_a_reset_when_the_peer_has_gone) {
  ignore_sigpipe();
  auto [ours, theirs] = connected_pair();
  SocketStream stream(std::move(ours));
  std::array<std::uint8_t, 16> buffer = {};
  EXPECT_EQ(stream.read(buffer).io, Io::again);
  theirs.reset();
  const IoResult result = stream.write(as_bytes("x"));
  EXPECT_EQ(result.io, Io::failed);
  EXPECT_TRUE(result.failure && result.failure->reset);
  EXPECT_EQ(test::error_of(result), "Broken pipe");
  EXPECT_EQ(stream.read(buffer).io, Io::end);
}

// --- Input
// ----------------------------------------------------------------------------------------

struct Collected {
  std::string text;
  int ends = 0;
  std::optional<std::string> error;
};

/// Reads `fd` to its end.
Collected collect(Bench& bench, int fd) {
  Collected collected;
  Input input(
      bench.loop, fd, [&](ConstBytes bytes) { collected.text += as_text(bytes); },
      [&](std::optional<std::string> error) {
        ++collected.ends;
        collected.error = std::move(error);
        bench.loop.stop();
      });
  EXPECT_EQ(collected.ends, 0) << "called from within the constructor";
  bench.run();
  return collected;
}

TEST(Input, reads_a_regular_file_to_its_end) {
  Bench bench;
  const TemporaryFolder folder;
  const std::string text(200'000, 'x');
  const Fd file(open((folder / "file").c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600));
  ASSERT_EQ(::write(file.value(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
  lseek(file.value(), 0, SEEK_SET);
  const Collected collected = collect(bench, file.value());
  EXPECT_EQ(collected.text, text);
  EXPECT_EQ(collected.ends, 1);
  EXPECT_EQ(collected.error, std::nullopt);
}

TEST(Input, reads_a_pipe_to_its_end_and_leaves_it_blocking) {
  Bench bench;
  Pipe pipe;
  ASSERT_EQ(::write(pipe.writer.value(), "hello", 5), 5);
  pipe.writer.reset();
  const Collected collected = collect(bench, pipe.reader.value());
  EXPECT_EQ(collected.text, "hello");
  EXPECT_EQ(collected.ends, 1);
  EXPECT_TRUE(is_blocking(pipe.reader.value()));
}

TEST(Input, dev_null_ends_at_once) {
  Bench bench;
  const Fd null(open("/dev/null", O_RDONLY | O_CLOEXEC));
  const Collected collected = collect(bench, null.value());
  EXPECT_EQ(collected.text, "");
  EXPECT_EQ(collected.ends, 1);
  EXPECT_EQ(collected.error, std::nullopt);
}

TEST(Input, closed_descriptor_ends_at_once_without_an_error) {
  Bench bench;
  Fd fd(dup(0));
  const int closed = fd.value();
  fd.reset();
  // The loop's own descriptors are open already, so the number stays free but for the probe.
  const Collected collected = collect(bench, closed);
  EXPECT_EQ(collected.ends, 1);
  EXPECT_EQ(collected.error, std::nullopt);
}

TEST(Input, a_folder_ends_with_an_error) {
  Bench bench;
  const Fd folder(open("/", O_RDONLY | O_CLOEXEC));
  EXPECT_EQ(collect(bench, folder.value()).error, "Is a directory");
}

TEST(Input, paused_says_nothing_until_it_is_resumed) {
  Bench bench;
  Pipe pipe;
  ASSERT_EQ(::write(pipe.writer.value(), "hello", 5), 5);
  pipe.writer.reset();
  std::string text;
  bool resumed = false;
  Input input(
      bench.loop, pipe.reader.value(),
      [&](ConstBytes bytes) {
        EXPECT_TRUE(resumed);
        text += as_text(bytes);
      },
      [&](std::optional<std::string>) { bench.loop.stop(); });
  input.pause();
  Timer timer(bench.loop, [&] {
    resumed = true;
    input.resume();
  });
  timer.start(bench.loop.now() + milliseconds(5));
  bench.run();
  EXPECT_EQ(text, "hello");
}

TEST(Input, may_be_destroyed_by_its_callback) {
  for (const char* path : {"/dev/zero", ""}) {
    SCOPED_TRACE(path);
    Bench bench;
    Pipe pipe;
    ASSERT_EQ(::write(pipe.writer.value(), "hello", 5), 5);
    const Fd device(*path != '\0' ? open(path, O_RDONLY | O_CLOEXEC) : dup(pipe.reader.value()));
    std::unique_ptr<Input> input;
    input = std::make_unique<Input>(
        bench.loop, device.value(), [&](ConstBytes) { input.reset(); },
        [](std::optional<std::string>) { ADD_FAILURE(); });
    bench.loop.run();
    EXPECT_EQ(input, nullptr);
  }
}

// --- Output
// ---------------------------------------------------------------------------------------

TEST(Output, full_pipe_goes_on_when_it_is_read_and_says_when_it_is_drained) {
  Bench bench;
  Pipe pipe;
  Output output(bench.loop, pipe.writer.value());
  const std::string text(1'000'000, 'x');
  output.write(as_bytes(text));
  EXPECT_EQ(output.queued(), text.size());
  output.flush();
  EXPECT_GT(output.queued(), 0U);
  EXPECT_LT(output.queued(), text.size());
  EXPECT_TRUE(is_blocking(pipe.writer.value())) << "the shared description was changed";

  std::size_t read_size = 0;
  bool drained = false;
  output.on_drained([&] { drained = true; });
  Input input(
      bench.loop, pipe.reader.value(),
      [&](ConstBytes bytes) {
        read_size += bytes.size();
        if (read_size == text.size() && drained) bench.loop.stop();
      },
      [](std::optional<std::string>) {});
  Timer look(bench.loop, [&] {
    if (read_size == text.size() && drained) bench.loop.stop();
    look.start(bench.loop.now() + milliseconds(1));
  });
  look.start(bench.loop.now());
  bench.run();
  EXPECT_EQ(read_size, text.size());
  EXPECT_TRUE(output.idle());
}

TEST(Output, says_drained_also_when_a_flush_of_the_owner_was_quicker) {
  Bench bench;
  Pipe pipe;
  Output output(bench.loop, pipe.writer.value());
  output.write(as_bytes(std::string(100'000, 'x')));
  output.flush();
  ASSERT_FALSE(output.idle());
  std::string sink(100'000, ' ');
  ASSERT_GT(::read(pipe.reader.value(), sink.data(), sink.size()), 0);
  output.flush();
  ASSERT_TRUE(output.idle());
  output.on_drained([&] { bench.loop.stop(); });
  bench.run();
}

TEST(Output, reports_a_broken_pipe_once_and_not_from_within_flush) {
  Bench bench;
  Pipe pipe;
  Output output(bench.loop, pipe.writer.value());
  pipe.reader.reset();
  int failures = 0;
  output.on_failed([&](const std::string& error, bool broken_pipe) {
    ++failures;
    EXPECT_EQ(error, "Broken pipe");
    EXPECT_TRUE(broken_pipe);
    bench.loop.stop();
  });
  output.write(as_bytes("hello"));
  output.flush();
  EXPECT_EQ(failures, 0);
  output.write(as_bytes("dropped"));
  output.flush();
  EXPECT_TRUE(output.idle());
  bench.run();
  EXPECT_EQ(failures, 1);
}

TEST(Output, reader_that_leaves_while_the_queue_waits_is_a_broken_pipe) {
  Bench bench;
  Pipe pipe;
  Output output(bench.loop, pipe.writer.value());
  output.write(as_bytes(std::string(1'000'000, 'x')));
  output.flush();
  pipe.reader.reset();
  output.on_failed([&](const std::string&, bool broken_pipe) {
    EXPECT_TRUE(broken_pipe);
    bench.loop.stop();
  });
  bench.run();
}

TEST(Output, pipe_whose_reader_has_gone_before_it_is_a_broken_pipe_too) {
  Bench bench;
  Pipe pipe;
  pipe.reader.reset();
  Output output(bench.loop, pipe.writer.value());
  output.on_failed([&](const std::string&, bool broken_pipe) {
    EXPECT_TRUE(broken_pipe);
    bench.loop.stop();
  });
  output.write(as_bytes("hello"));
  output.flush();
  bench.run();
}

TEST(Output, writes_a_regular_file_whole) {
  Bench bench;
  const TemporaryFolder folder;
  const Fd file(open((folder / "file").c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600));
  Output output(bench.loop, file.value());
  output.write(as_bytes("one "));
  output.write(as_bytes("two"));
  output.flush();
  EXPECT_TRUE(output.idle());
  char text[16] = {};
  EXPECT_EQ(pread(file.value(), text, sizeof text, 0), 7);
  EXPECT_STREQ(text, "one two");
}

TEST(Output, full_socket_goes_on_when_it_is_read_and_stays_blocking) {
  Bench bench;
  auto [ours, theirs] = connected_pair();
  Output output(bench.loop, ours.value());
  output.write(as_bytes(std::string(2'000'000, 'x')));
  output.flush();
  EXPECT_FALSE(output.idle());
  EXPECT_TRUE(is_blocking(ours.value()));
  output.on_drained([&] { bench.loop.stop(); });
  Input input(
      bench.loop, theirs.value(), [](ConstBytes) {}, [](std::optional<std::string>) {});
  bench.run();
  EXPECT_TRUE(output.idle());
}

TEST(Output, full_device_is_a_failure_that_is_no_broken_pipe) {
  Bench bench;
  const Fd full(open("/dev/full", O_WRONLY | O_CLOEXEC));
  Output output(bench.loop, full.value());
  output.on_failed([&](const std::string& error, bool broken_pipe) {
    EXPECT_EQ(error, "No space left on device");
    EXPECT_FALSE(broken_pipe);
    bench.loop.stop();
  });
  output.write(as_bytes("hello"));
  output.flush();
  bench.run();
}

// --- Dialer
// ---------------------------------------------------------------------------------------

/// Dials and runs until the answer is there.
std::variant<std::unique_ptr<Stream>, DialError> dial(Bench& bench, Dialer& dialer,
                                                      const DialOptions& options) {
  std::variant<std::unique_ptr<Stream>, DialError> outcome = DialError{};
  bool called = false;
  dialer.dial(options, [&](auto result) {
    called = true;
    outcome = std::move(result);
    bench.loop.stop();
  });
  EXPECT_FALSE(called) << "called from within dial()";
  bench.run();
  return outcome;
}

DialError dial_error(Bench& bench, const DialOptions& options) {
  Dialer dialer(bench.loop);
  const auto outcome = dial(bench, dialer, options);
  const DialError* error = std::get_if<DialError>(&outcome);
  return error != nullptr ? *error : DialError{.code = 0, .message = "connected", .hint = ""};
}

void expect_dialled_echo(Bench& bench, const DialOptions& options) {
  Dialer dialer(bench.loop);
  auto outcome = dial(bench, dialer, options);
  if (const DialError* error = std::get_if<DialError>(&outcome)) FAIL() << error->message;
  Talker client(bench.loop, std::move(std::get<0>(outcome)), [&](const std::string&) {
    bench.loop.stop();
    return "";
  });
  client.say("hello");
  bench.run();
  EXPECT_EQ(client.heard, "hello");
  EXPECT_FALSE(client.stream().reads_ahead());
}

TEST(Dialer, connects_to_an_ipv4_listener_and_data_goes_both_ways) {
  Bench bench;
  EchoServer server;
  const auto listener = Listener::tcp(bench.loop, "127.0.0.1", 0, server.acceptor(bench.loop));
  ASSERT_TRUE(listener);
  expect_dialled_echo(bench, {.host = "127.0.0.1", .port = (*listener)->port()});
}

TEST(Dialer, connects_to_an_ipv6_literal) {
  Bench bench;
  EchoServer server;
  const auto listener = Listener::tcp(bench.loop, "::1", 0, server.acceptor(bench.loop));
  ASSERT_TRUE(listener);
  expect_dialled_echo(bench, {.host = "::1", .port = (*listener)->port()});
}

TEST(Dialer, takes_addresses_from_resolve) {
  Bench bench;
  EchoServer server;
  const auto listener = Listener::tcp(bench.loop, "127.0.0.1", 0, server.acceptor(bench.loop));
  ASSERT_TRUE(listener);
  const std::string port = std::to_string((*listener)->port());
  expect_dialled_echo(bench,
                      {.host = "nohost.invalid",
                       .port = (*listener)->port(),
                       .connection = {.resolve = {"other.invalid:1:127.0.0.2",
                                                  "nohost.invalid:" + port + ":127.0.0.1"}}});
}

TEST(Dialer, connects_to_a_unix_socket) {
  Bench bench;
  const TemporaryFolder folder;
  EchoServer server;
  const auto listener =
      Listener::unix_path(bench.loop, folder / "socket", server.acceptor(bench.loop));
  ASSERT_TRUE(listener);
  expect_dialled_echo(bench,
                      {.host = "nohost.invalid", .connection = {.unix_socket = folder / "socket"}});
}

TEST(Dialer, refused_port_is_code_7) {
  Bench bench;
  std::uint16_t port = 0;
  {
    const auto listener = Listener::tcp(bench.loop, "127.0.0.1", 0, [](auto, auto) {});
    port = (*listener)->port();
  }
  const DialError error = dial_error(bench, {.host = "127.0.0.1", .port = port});
  EXPECT_EQ(error.code, 7) << error.message;
  EXPECT_EQ(error.message,
            "cannot connect to 127.0.0.1 port " + std::to_string(port) + ": Connection refused");
  EXPECT_EQ(error.hint, "is the server running?");
}

TEST(Dialer, name_that_does_not_resolve_is_code_6) {
  Bench bench;
  const DialError error = dial_error(bench, {.host = "nohost.invalid"});
  EXPECT_EQ(error.code, 6);
  EXPECT_EQ(error.message, "could not resolve host: nohost.invalid");
}

TEST(Dialer, connect_timeout_is_code_28) {
  Bench bench;
  const Fd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* name = reinterpret_cast<sockaddr*>(&address);
  ASSERT_EQ(bind(fd.value(), name, size), 0);
  ASSERT_EQ(listen(fd.value(), 0), 0);
  ASSERT_EQ(getsockname(fd.value(), name, &size), 0);
  std::vector<Fd> fillers;  // the system drops what does not fit into the backlog
  for (int count = 0; count < 4; ++count) {
    fillers.emplace_back(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    connect(fillers.back().value(), name, size);
  }
  const DialError error = dial_error(bench, {.host = "127.0.0.1",
                                             .port = ntohs(address.sin_port),
                                             .connection = {.connect_timeout = milliseconds(50)}});
  EXPECT_EQ(error.code, 28) << error.message;
}

TEST(Dialer, tls_to_a_server_without_tls_is_code_35) {
  Bench bench;
  std::vector<std::unique_ptr<Talker>> talkers;
  const auto listener =
      Listener::tcp(bench.loop, "127.0.0.1", 0, [&](std::unique_ptr<Stream> stream, std::string) {
        talkers.push_back(std::make_unique<Talker>(
            bench.loop, std::move(stream),
            [](const std::string&) { return "HTTP/1.1 400 Bad Request\r\n\r\n"; }));
      });
  const DialError error =
      dial_error(bench, {.host = "127.0.0.1", .port = (*listener)->port(), .tls = true});
  EXPECT_EQ(error.code, 35) << error.message;
  EXPECT_EQ(error.message, "the server does not speak TLS on this port");
  EXPECT_EQ(error.hint, "use ws://");
}

TEST(Dialer, trace_gets_lines_without_line_feeds) {
  Bench bench;
  EchoServer server;
  const auto listener = Listener::tcp(bench.loop, "127.0.0.1", 0, server.acceptor(bench.loop));
  std::vector<std::string> lines;
  Dialer dialer(bench.loop);
  DialOptions options{.host = "127.0.0.1", .port = (*listener)->port()};
  options.connection.trace = [&](std::string_view line) { lines.emplace_back(line); };
  const auto outcome = dial(bench, dialer, options);
  EXPECT_EQ(outcome.index(), 0U);
  ASSERT_FALSE(lines.empty());
  for (const std::string& line : lines) EXPECT_EQ(line.find('\n'), std::string::npos) << line;
}

TEST(Dialer, destroyed_while_it_dials_never_calls_back) {
  Bench bench;
  {
    Dialer dialer(bench.loop);
    dialer.dial({.host = "nohost.invalid"}, [](auto) { ADD_FAILURE(); });
  }
  bench.loop.run();
}

TEST(Dialer, may_be_destroyed_by_its_callback_and_the_stream_lives_on) {
  Bench bench;
  EchoServer server;
  const auto listener = Listener::tcp(bench.loop, "127.0.0.1", 0, server.acceptor(bench.loop));
  auto dialer = std::make_unique<Dialer>(bench.loop);
  std::unique_ptr<Stream> stream;
  dialer->dial({.host = "127.0.0.1", .port = (*listener)->port()}, [&](auto result) {
    stream = std::move(std::get<0>(result));
    dialer.reset();
    bench.loop.stop();
  });
  bench.run();
  ASSERT_NE(stream, nullptr);
  EXPECT_EQ(stream->write(as_bytes("hello")).size, 5U);
}

TEST(Dialer, stream_reports_a_reset_and_an_end) {
  for (const bool reset : {true, false}) {
    SCOPED_TRACE(reset ? "reset" : "end");
    Bench bench;
    std::unique_ptr<Talker> server;  // leaves when it has been spoken to
    const auto leave = [&](const std::string&) {
      const linger hard = {.l_onoff = 1, .l_linger = 0};  // closing sends RST
      const int fd = server->stream().fd();
      if (reset) setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
      bench.loop.later([&] { server.reset(); });
      return "";
    };
    const auto listener =
        Listener::tcp(bench.loop, "127.0.0.1", 0, [&](std::unique_ptr<Stream> stream, std::string) {
          server = std::make_unique<Talker>(bench.loop, std::move(stream), leave);
        });
    Dialer dialer(bench.loop);
    std::optional<Talker> client;
    dialer.dial({.host = "127.0.0.1", .port = (*listener)->port()}, [&](auto result) {
      ASSERT_EQ(result.index(), 0U) << std::get<1>(result).message;
      client.emplace(bench.loop, std::move(std::get<0>(result)), nullptr);
      client->ended = [&] { bench.loop.stop(); };
      client->say("hello");
    });
    bench.run();
    ASSERT_TRUE(client);
    EXPECT_EQ(client->last.io, reset ? Io::failed : Io::end);
    EXPECT_EQ(client->last.failure && client->last.failure->reset, reset);
    if (reset) {
      EXPECT_EQ(test::error_of(client->last), "Connection reset by peer");
    }
  }
}

// --- entropy
// --------------------------------------------------------------------------------------

TEST(Entropy, fills_every_byte_and_never_twice_the_same) {
  for (const std::size_t size : {4U, 16U, 5000U}) {
    std::vector<std::uint8_t> first(size + 1);
    std::vector<std::uint8_t> second(size + 1);
    std::vector<bool> touched(size + 1);
    for (int round = 0; round < 2000 && size < 100; ++round) {
      fill_random(Bytes(first).first(size));
      for (std::size_t at = 0; at <= size; ++at) touched[at] = touched[at] || first[at] != 0;
    }
    fill_random(Bytes(first).first(size));
    fill_random(Bytes(second).first(size));
    EXPECT_NE(first, second);
    EXPECT_EQ(first[size], 0) << "wrote past the end";
    if (size < 100) {
      EXPECT_EQ(std::count(touched.begin(), touched.end(), true), size);
    }
  }
}

}  // namespace
}  // namespace net
