// Puts load on an echo server on loopback and prints, as one line of JSON, what it took: processor
// time of the server for each message, in exactly the measured window, messages per second,
// latencies, memory. The server may be any WebSocket echo, or a TCP echo with --raw.
#include <getopt.h>

#include <cstdio>
#include <cstdlib>

#include <fmt/format.h>

#include "base/text.h"
#include "load.h"
#include "process_meter.h"

namespace {

constexpr char kUsage[] =
    "usage: ws_load --port N [--pid SERVER] [--path /PATH] [--connections N] [--size SIZE]\n"
    "               [--depth N] [--text] [--raw] [--deflate] [--check]\n"
    "               [--warm-up TIME] [--seconds TIME] | [--messages N] | [--idle]\n";

struct Options {
  bench::LoadOptions load;
  pid_t server = 0;
  Duration warm_up = std::chrono::milliseconds(100);
  Duration window = std::chrono::seconds(1);
  std::uint64_t messages = 0;
  bool idle = false;
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
  static constexpr option kOptions[] = {{"port", required_argument, nullptr, 'p'},
                                        {"pid", required_argument, nullptr, 'P'},
                                        {"path", required_argument, nullptr, 'u'},
                                        {"connections", required_argument, nullptr, 'c'},
                                        {"size", required_argument, nullptr, 's'},
                                        {"depth", required_argument, nullptr, 'd'},
                                        {"text", no_argument, nullptr, 't'},
                                        {"raw", no_argument, nullptr, 'r'},
                                        {"deflate", no_argument, nullptr, 'z'},
                                        {"check", no_argument, nullptr, 'k'},
                                        {"warm-up", required_argument, nullptr, 'w'},
                                        {"seconds", required_argument, nullptr, 'S'},
                                        {"messages", required_argument, nullptr, 'n'},
                                        {"idle", no_argument, nullptr, 'i'},
                                        {nullptr, 0, nullptr, 0}};
  Options options;
  int letter;
  while ((letter = getopt_long(argc, argv, "", kOptions, nullptr)) != -1) {
    const std::string_view value = optarg != nullptr ? optarg : "";
    switch (letter) {
      case 'p':
        options.load.port = static_cast<std::uint16_t>(needed(parse_integer(value, 65535)));
        break;
      case 'P': options.server = static_cast<pid_t>(needed(parse_integer(value, INT32_MAX))); break;
      case 'u': options.load.path = value; break;
      case 'c': options.load.connections = needed(parse_integer(value)); break;
      case 's': options.load.size = needed(parse_size(value)); break;
      case 'd': options.load.depth = needed(parse_integer(value)); break;
      case 't': options.load.text = true; break;
      case 'r': options.load.raw = true; break;
      case 'z': options.load.deflate = true; break;
      case 'k': options.load.check = true; break;
      case 'w': options.warm_up = needed(parse_duration(value)); break;
      case 'S': options.window = needed(parse_duration(value)); break;
      case 'n': options.messages = needed(parse_integer(value)); break;
      case 'i': options.idle = true; break;
      default: wrong_usage();
    }
  }
  if (optind != argc || options.load.port == 0 || options.load.connections == 0 ||
      options.load.depth == 0) {
    wrong_usage();
  }
  return options;
}

/// Until the time is over and the server's memory has stopped growing: the first touch of a page
/// costs more than many messages.
void warm_up(bench::Load& load, const Options& options) {
  constexpr Duration kLimit = std::chrono::seconds(10);
  const std::uint64_t end =
      bench::now_ns() + static_cast<std::uint64_t>(std::chrono::nanoseconds(kLimit).count());
  std::uint64_t before;
  std::uint64_t after = bench::memory_of(options.server).resident_kib;
  do {
    before = after;
    load.run_for(options.warm_up);
    after = bench::memory_of(options.server).resident_kib;
  } while (after > before + before / 100 + 256 && bench::now_ns() < end);
}

double own_cpu_ns() {
  timespec time = {};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
}

void measure_window(bench::Load& load, const Options& options) {
  load.send_batches(true);
  warm_up(load, options);
  load.latencies().clear();
  const double messages_before = load.messages();
  const double own_before = own_cpu_ns();
  const std::uint64_t cpu_before = bench::cpu_ns(options.server);
  const std::uint64_t begin = bench::now_ns();
  if (options.messages > 0) {
    load.run_until(load.whole_messages() + options.messages);
  } else {
    load.run_for(options.window);
  }
  const auto time = static_cast<double>(bench::now_ns() - begin);
  const auto cpu = static_cast<double>(bench::cpu_ns(options.server) - cpu_before);
  const double own = own_cpu_ns() - own_before;
  const double messages = load.messages() - messages_before;
  const bench::Memory memory = bench::memory_of(options.server);
  fmt::print(
      "{{\"messages\":{:.2f},\"seconds\":{:.4f},\"messages_per_second\":{:.1f},"
      "\"cpu_ns_per_message\":{:.1f},\"server_cpu\":{:.3f},\"load_cpu\":{:.3f},"
      "\"p50_us\":{:.1f},\"p99_us\":{:.1f},\"rss_kib\":{},\"pss_kib\":{}}}\n",
      messages, time / 1e9, messages / time * 1e9, messages > 0 ? cpu / messages : 0, cpu / time,
      own / time, static_cast<double>(load.latencies().percentile_ns(0.5)) / 1e3,
      static_cast<double>(load.latencies().percentile_ns(0.99)) / 1e3, memory.resident_kib,
      memory.proportional_kib);
}

/// Connections that only exist, and after one message on each.
void measure_idle(bench::Load& load, const Options& options) {
  constexpr Duration kCalm = std::chrono::milliseconds(300);
  const auto connections = static_cast<double>(options.load.connections);
  const bench::Memory before = bench::memory_of(options.server);
  const std::uint64_t cpu_before = bench::cpu_ns(options.server);
  const std::uint64_t begin = bench::now_ns();
  load.connect();
  const auto time = static_cast<double>(bench::now_ns() - begin);
  load.run_for(kCalm);
  const auto cpu = static_cast<double>(bench::cpu_ns(options.server) - cpu_before);
  const bench::Memory connected = bench::memory_of(options.server);
  load.send_batches(false);
  load.run_until(options.load.connections * options.load.depth);
  load.run_for(kCalm);
  const bench::Memory used = bench::memory_of(options.server);
  const auto grown = [&](const bench::Memory& memory) {
    return (static_cast<double>(memory.resident_kib) - static_cast<double>(before.resident_kib)) /
           connections;
  };
  fmt::print(
      "{{\"connections\":{},\"connections_per_second\":{:.0f},\"cpu_us_per_connection\":{:.2f},"
      "\"rss_before_kib\":{},\"rss_kib\":{},\"kib_per_connection\":{:.3f},"
      "\"kib_per_connection_used\":{:.3f}}}\n",
      options.load.connections, connections / time * 1e9, cpu / connections / 1e3,
      before.resident_kib, connected.resident_kib, grown(connected), grown(used));
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = parse(argc, argv);
  bench::Load load(options.load);
  if (options.idle) {
    measure_idle(load, options);
  } else {
    load.connect();
    measure_window(load, options);
  }
  return 0;
}
