// A tapped stream and the file it is recorded in.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/time.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "net/loop.h"
#include "net/recorder.h"
#include "net/tap.h"
#include "support/replay.h"

namespace net {
namespace {

constexpr const char* kKindNames[] = {"<", ">", "open", "<eof", ">eof", "<rst", ">rst"};

/// Gives prepared results, and says what it was asked for.
class FakeStream final : public Stream {
 public:
  FakeStream(std::deque<IoResult> results, std::string& asked)
      : results_(std::move(results)), asked_(asked) {}

  IoResult read(Bytes into) override {
    std::fill(into.begin(), into.end(), std::uint8_t{'r'});
    return next();
  }
  IoResult write(ConstBytes) override { return next(); }
  void shutdown_write() override { asked_ += "shutdown "; }
  void reset_on_close() override { asked_ += "reset "; }
  int fd() const override { return 77; }
  bool reads_ahead() const override { return true; }
  Interest interest(bool reading, bool writing) const override { return {writing, reading}; }

 private:
  IoResult next() {
    IoResult result = results_.front();
    results_.pop_front();
    return result;
  }

  std::deque<IoResult> results_;
  std::string& asked_;
};

/// A tapped FakeStream and what its tap heard.
struct Tapped {
  explicit Tapped(std::deque<IoResult> results)
      : stream(std::make_unique<TapStream>(std::make_unique<FakeStream>(std::move(results), asked),
                                           [this](rec::Kind kind, ConstBytes bytes) {
                                             heard += kKindNames[static_cast<std::size_t>(kind)];
                                             heard += std::string(as_text(bytes)) + ' ';
                                           })) {}

  IoResult read() {
    std::uint8_t buffer[8];
    return stream->read(buffer);
  }

  std::string asked;
  std::string heard;
  std::unique_ptr<TapStream> stream;
};

TEST(TapStream, tells_what_went_and_nothing_else) {
  Tapped tapped({{.size = 3}, {.io = Io::again}, {.size = 2}, {.io = Io::again}});
  EXPECT_EQ(tapped.read().size, 3U);
  EXPECT_EQ(tapped.read().io, Io::again);
  EXPECT_EQ(tapped.stream->write(as_bytes("wxyz")).size, 2U);
  EXPECT_EQ(tapped.stream->write(as_bytes("yz")).io, Io::again);
  EXPECT_EQ(tapped.stream->fd(), 77);
  EXPECT_TRUE(tapped.stream->reads_ahead());
  EXPECT_TRUE(tapped.stream->interest(true, false).writable);
  EXPECT_FALSE(tapped.stream->interest(true, false).readable);
  EXPECT_EQ(tapped.heard, "open <rrr >wx ");
  tapped.stream.reset();
  EXPECT_EQ(tapped.heard, "open <rrr >wx >eof ");
}

TEST(TapStream, each_end_is_told_once) {
  Tapped tapped({{.io = Io::end}, {.io = Io::end}});
  tapped.read();
  tapped.read();
  tapped.stream->shutdown_write();
  tapped.stream->shutdown_write();
  tapped.stream.reset();
  EXPECT_EQ(tapped.heard, "open <eof >eof ");
  EXPECT_EQ(tapped.asked, "shutdown shutdown ");
}

TEST(TapStream, reset_of_the_peer_is_the_last_word) {
  const IoResult reset = io_failure({.error = "Connection reset by peer", .reset = true});
  Tapped tapped({reset, reset});
  tapped.stream->write(as_bytes("x"));
  EXPECT_EQ(tapped.read().failure, reset.failure);
  tapped.stream->shutdown_write();
  tapped.stream.reset();
  EXPECT_EQ(tapped.heard, "open <rst ");
}

TEST(TapStream, our_reset_takes_the_place_of_an_end) {
  Tapped tapped({});
  tapped.stream->reset_on_close();
  EXPECT_EQ(tapped.heard, "open ");
  tapped.stream.reset();
  EXPECT_EQ(tapped.heard, "open >rst ");
  EXPECT_EQ(tapped.asked, "reset ");
}

TEST(TapStream, other_failure_is_no_reset) {
  Tapped tapped({io_failure({.error = "Connection timed out"})});
  tapped.read();
  tapped.stream.reset();
  EXPECT_EQ(tapped.heard, "open >eof ");
}

class RecorderTest : public testing::Test {
 protected:
  RecorderTest() {
    std::string name = (std::filesystem::temp_directory_path() / "recorder_XXXXXX").string();
    folder_ = mkdtemp(name.data());
  }
  ~RecorderTest() override { std::filesystem::remove_all(folder_); }

  std::string path() const { return (folder_ / "file").string(); }
  std::string content() const {
    std::ifstream file(path(), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  std::string replayed() const {
    const std::string file = content();
    return test::replay(as_bytes(file), test::whole(file.size()));
  }
  std::unique_ptr<Recorder> open(rec::Secrets secrets = rec::Secrets::overwritten) {
    auto recorder = Recorder::open(
        loop_, path(), {.side = rec::Side::client, .url = "ws://h/?token=abc"}, secrets);
    EXPECT_TRUE(recorder) << recorder.error().message;
    return std::move(*recorder);
  }
  std::unique_ptr<Stream> tapped(Recorder& recorder, std::uint64_t conn) {
    return recorder.tap(
        std::make_unique<FakeStream>(std::deque<IoResult>{{.size = 27}, {.size = 2}}, asked_),
        conn);
  }

  std::filesystem::path folder_;
  Loop loop_;
  std::string asked_;
};

constexpr std::string_view kRequest = "GET /?key=a HTTP/1.1\r\nA:b\r\n\r\n";

TEST_F(RecorderTest, header_is_there_at_once_and_lines_at_the_end_of_the_turn) {
  const auto recorder = open();
  const std::string header = content();
  EXPECT_TRUE(header.starts_with(
      "{\"streamrec\":1,\"side\":\"client\",\"url\":\"ws://h/?token=***\",\"started\":\"20"))
      << header;
  EXPECT_TRUE(header.ends_with("Z\"}\n")) << header;
  struct stat info = {};
  EXPECT_EQ(stat(path().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600U);

  const auto stream = tapped(*recorder, 1);
  stream->write(as_bytes(kRequest));
  EXPECT_EQ(content(), header);
  loop_.run();
  EXPECT_GT(content().size(), header.size());
  EXPECT_TRUE(content().ends_with("\"]\n"));
}

TEST_F(RecorderTest, connections_keep_their_numbers_and_secrets_can_be_kept) {
  {
    const auto recorder = open(rec::Secrets::kept);
    const auto one = tapped(*recorder, 1);
    const auto two = tapped(*recorder, 2);
    for (const auto* stream : {&one, &two}) {
      (*stream)->write(as_bytes(kRequest));
      (*stream)->write(as_bytes(kRequest).subspan(27));
    }
  }
  EXPECT_NE(content().find("token=abc"), std::string::npos);
  EXPECT_EQ(replayed(),
            "#1 > GET /?key=a HTTP/1.1\n#1 > end\n#2 > GET /?key=a HTTP/1.1\n#2 > end\n");
}

TEST_F(RecorderTest, file_that_cannot_be_opened_or_written_is_an_error) {
  const auto missing = Recorder::open(loop_, path() + "/x", {}, rec::Secrets::overwritten);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().message, "cannot open " + path() + "/x: No such file or directory");
  const auto full = Recorder::open(loop_, "/dev/full", {}, rec::Secrets::overwritten);
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().message, "cannot write /dev/full: No space left on device");
}

TEST_F(RecorderTest, failure_is_told_once_and_the_stream_goes_on) {
  ASSERT_EQ(mkfifo(path().c_str(), 0600), 0);
  Fd reader(::open(path().c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  std::signal(SIGPIPE, SIG_IGN);
  const auto recorder = open();
  std::string told;
  recorder->on_failed([&](const Error& error) { told += error.message + '\n'; });
  const auto stream = tapped(*recorder, 1);
  reader.reset();
  recorder->flush();
  EXPECT_TRUE(recorder->failed());
  EXPECT_EQ(stream->write(as_bytes(kRequest)).size, 27U);
  loop_.run();
  EXPECT_EQ(told, "cannot write " + path() + ": Broken pipe\n");
}

TEST_F(RecorderTest, signal_ends_the_wait_for_a_reader_and_the_second_gives_it_up) {
  ASSERT_EQ(mkfifo(path().c_str(), 0600), 0);
  const Fd reader(::open(path().c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  const auto recorder = open();
  std::string told;
  recorder->on_failed([&](const Error& error) {
    told = error.message;
    loop_.stop();
  });
  int signals = 0;
  const Signal caught(loop_, SIGUSR1, [&] { ++signals; });
  // The main thread is in the recorder nearly all the time, in poll().
  std::atomic<bool> done = false;
  std::thread sender([&done, main_thread = pthread_self()] {
    while (!done) {
      pthread_kill(main_thread, SIGUSR1);
      std::this_thread::yield();
    }
  });
  const std::string bytes(std::size_t{300} << 10, 'x');
  const auto stream = recorder->tap(
      std::make_unique<FakeStream>(std::deque<IoResult>{{.size = bytes.size()}}, asked_), 1);
  stream->write(as_bytes(bytes));
  loop_.run();
  done = true;
  sender.join();
  EXPECT_TRUE(recorder->failed());
  EXPECT_EQ(told, "cannot write " + path() + ": its reader takes nothing");
  EXPECT_GT(signals, 0);
}

/// What a signal handler reads with.
struct Drain {
  static inline int fd = -1;
  static inline std::array<char, std::size_t{4} << 20> bytes = {};
  static inline std::size_t size = 0;

  static void now(int) {
    const int error = errno;
    ssize_t more = 0;
    while ((more = ::read(fd, bytes.data() + size, bytes.size() - size)) > 0) {
      size += static_cast<std::size_t>(more);
    }
    errno = error;
  }
};

TEST_F(RecorderTest, what_a_signal_held_up_is_written_when_the_reader_goes_on) {
  ASSERT_EQ(mkfifo(path().c_str(), 0600), 0);
  const Fd reader(::open(path().c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  auto recorder = open();
  const std::string bytes(std::size_t{300} << 10, 'x');
  auto stream = recorder->tap(
      std::make_unique<FakeStream>(std::deque<IoResult>{{.size = bytes.size()}}, asked_), 1);
  // Nobody reads but the handler of the signal that ends the wait.
  Drain::fd = reader.value();
  Drain::size = 0;
  const auto handler_before = std::signal(SIGALRM, Drain::now);
  const itimerval every_ms = {.it_interval = {0, 1000}, .it_value = {0, 1000}};
  setitimer(ITIMER_REAL, &every_ms, nullptr);
  stream->write(as_bytes(bytes));
  stream.reset();
  loop_.run();
  const itimerval never = {};
  setitimer(ITIMER_REAL, &never, nullptr);
  std::signal(SIGALRM, handler_before);
  EXPECT_FALSE(recorder->failed());
  recorder.reset();
  Drain::now(0);
  const std::string_view got(Drain::bytes.data(), Drain::size);
  EXPECT_EQ(std::ranges::count(got, '\n'), 4);  // the header, open, bytes, >eof
  EXPECT_GT(got.size(), bytes.size() / 3 * 4);
  EXPECT_TRUE(got.ends_with("\"x\",\">eof\"]\n"));
}

TEST_F(RecorderTest, much_in_one_turn_does_not_wait_for_its_end) {
  const auto recorder = open();
  const std::size_t before = content().size();
  std::deque<IoResult> results(10, IoResult{.size = std::size_t{64} << 10});
  const auto stream = recorder->tap(std::make_unique<FakeStream>(std::move(results), asked_), 1);
  const std::string bytes(std::size_t{64} << 10, 'x');
  for (int i = 0; i < 10; ++i) stream->write(as_bytes(bytes));
  EXPECT_GT(content().size(), before + 400 * 1024);
}

}  // namespace
}  // namespace net
