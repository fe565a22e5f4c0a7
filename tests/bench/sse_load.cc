// Subscribes to an event stream on loopback, many times over, and prints what it took to get events
// to all: processor time of the server from the word "ready", when all are subscribed, until each
// has got the last event. Whoever started this publishes the events then. Some may be missing: a
// server may leave out what a subscriber is too slow for.
#include <getopt.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/text.h"
#include "http/head.h"
#include "process_meter.h"
#include "sockets.h"

namespace {

constexpr char kUsage[] =
    "usage: sse_load --port N --pid SERVER --path /PATH --last DATA [--connections N]\n";

// Without an event for so long, the last one has got lost.
constexpr int kPatience_ms = 20'000;

struct Options {
  std::uint16_t port = 0;
  pid_t server = 0;
  std::string path;
  std::string last;  // the data of the last event
  std::size_t connections = 1;
};

[[noreturn]] void wrong_usage() {
  std::fputs(kUsage, stderr);
  std::exit(2);
}

template <typename T>
T needed(const std::optional<T>& value) {
  if (!value) wrong_usage();
  return *value;
}

Options parse(int argc, char** argv) {
  static constexpr option kOptions[] = {
      {"port", required_argument, nullptr, 'p'},        {"pid", required_argument, nullptr, 'P'},
      {"path", required_argument, nullptr, 'u'},        {"last", required_argument, nullptr, 'n'},
      {"connections", required_argument, nullptr, 'c'}, {nullptr, 0, nullptr, 0}};
  Options options;
  int letter;
  while ((letter = getopt_long(argc, argv, "", kOptions, nullptr)) != -1) {
    const std::string_view value = optarg != nullptr ? optarg : "";
    switch (letter) {
      case 'p':
        options.port = static_cast<std::uint16_t>(needed(parse_integer(value, 65535)));
        break;
      case 'P': options.server = static_cast<pid_t>(needed(parse_integer(value, INT32_MAX))); break;
      case 'u': options.path = value; break;
      case 'n': options.last = value; break;
      case 'c': options.connections = needed(parse_integer(value)); break;
      default: wrong_usage();
    }
  }
  if (optind != argc || options.port == 0 || options.path.empty() || options.last.empty() ||
      options.connections == 0) {
    wrong_usage();
  }
  return options;
}

/// Blank lines of streams that end their lines with LF, as ours does: each ends an event.
class EventCounter {
 public:
  std::uint64_t count(ConstBytes bytes) {
    if (bytes.empty()) return 0;
    std::uint64_t found = last_ == '\n' && bytes.front() == '\n';
    const std::uint8_t* at = bytes.data();
    for (std::size_t i = 1; i < bytes.size(); ++i)
      found += static_cast<std::uint64_t>((at[i] == '\n') & (at[i - 1] == '\n'));
    last_ = bytes.back();
    return found;
  }

 private:
  std::uint8_t last_ = 0;
};

/// Whether what has come so far ends with a text, but for the end of a chunk.
class EndDetector {
 public:
  void take(ConstBytes bytes) {
    tail_ += as_text(bytes.last(std::min(bytes.size(), kSize)));
    if (tail_.size() > kSize) tail_.erase(0, tail_.size() - kSize);
  }
  bool contains(std::string_view text) const { return tail_.find(text) != tail_.npos; }

 private:
  static constexpr std::size_t kSize = 128;
  std::string tail_;
};

struct Subscriber {
  int fd = -1;
  bool asked = false;
  bool subscribed = false;
  http::HeadReader head{http::HeadKind::response};
  EventCounter counter;
  EndDetector end;
  bool done = false;
};

class Load {
 public:
  explicit Load(const Options& options)
      : last_(fmt::format("data: {}\n", options.last)), subscribers_(options.connections) {
    request_ =
        fmt::format("GET {} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nAccept: text/event-stream\r\n\r\n",
                    options.path, options.port);
    for (std::size_t i = 0; i < subscribers_.size(); ++i) {
      subscribers_[i].fd = bench::connect_to_loopback(options.port);
      poller_.add(subscribers_[i].fd, i, EPOLLOUT);
    }
  }

  void subscribe() {
    while (subscribed_ < subscribers_.size()) turn();
  }

  void receive() {
    while (done_ < subscribers_.size()) turn();
  }

  std::uint64_t bytes() const { return bytes_; }
  std::uint64_t events() const { return events_; }

 private:
  void turn() {
    const auto events = poller_.wait(kPatience_ms);
    if (events.empty()) {
      errno = 0;
      bench::fail(fmt::format("nothing comes any more; {} of {} have got the last event", done_,
                              subscribers_.size()));
    }
    for (const epoll_event& event : events) {
      Subscriber& subscriber = subscribers_[event.data.u64];
      if (!subscriber.asked) {
        ask(subscriber, event.data.u64);
      } else {
        read(subscriber);
      }
    }
  }

  void ask(Subscriber& subscriber, std::uint64_t token) {
    if (bench::send_some(subscriber.fd, as_bytes(request_)) != std::ssize(request_))
      bench::fail("cannot ask for the stream");
    subscriber.asked = true;
    poller_.change(subscriber.fd, token, EPOLLIN);
  }

  void read(Subscriber& subscriber) {
    const std::int64_t size = bench::receive_some(subscriber.fd, buffer_);
    if (size < 0 && !subscriber.done) {
      errno = 0;
      bench::fail("a connection has ended");
    }
    if (size <= 0) return;
    Bytes bytes = Bytes(buffer_).first(static_cast<std::size_t>(size));
    if (!subscriber.subscribed) {
      const auto head = subscriber.head.next(bytes);
      if (!head) return;
      if (head->index() != 0 || std::get<0>(*head).status != 200)
        bench::fail("the answer is no stream");
      subscriber.subscribed = true;
      ++subscribed_;
    }
    bytes_ += bytes.size();
    events_ += subscriber.counter.count(bytes);
    subscriber.end.take(bytes);
    if (!subscriber.done && subscriber.end.contains(last_)) {
      subscriber.done = true;
      ++done_;
    }
  }

  std::string request_;
  std::string last_;
  bench::Poller poller_;
  std::vector<Subscriber> subscribers_;
  std::vector<std::uint8_t> buffer_ = std::vector<std::uint8_t>(std::size_t{256} << 10);
  std::size_t subscribed_ = 0;
  std::size_t done_ = 0;
  std::uint64_t bytes_ = 0;
  std::uint64_t events_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  const Options options = parse(argc, argv);
  Load load(options);
  load.subscribe();
  const std::uint64_t cpu = bench::cpu_ns(options.server);
  const std::uint64_t begin = bench::now_ns();
  std::puts("ready");
  std::fflush(stdout);
  load.receive();
  fmt::print(R"({{"events":{},"bytes":{},"server_cpu_s":{:.6f},"seconds":{:.6f}}})"
             "\n",
             load.events(), load.bytes(),
             static_cast<double>(bench::cpu_ns(options.server) - cpu) / 1e9,
             static_cast<double>(bench::now_ns() - begin) / 1e9);
}
