// The parser of event streams over streams that lie in the cache, in chunks of the sizes that
// transports give out, and what is copied in the same time.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/bytes.h"
#include "sse/parser.h"

namespace {

// As in sse_parse.mjs, for npm's parser.
constexpr std::size_t kStreamSize = std::size_t{256} << 10;
constexpr std::size_t kFirstChunk = 37;

/// 100 bytes: data and nothing else.
std::string data_event(std::size_t number) {
  return fmt::format("data: {:0>92}\n\n", number);
}

/// 150 bytes, as language models send them.
std::string llm_event(std::size_t number) {
  return fmt::format(
      "id: {:0>8}\nevent: content_block_delta\n"
      R"(data: {{"type":"content_block_delta","index":0,"delta":{{"text":"{:0>42}"}}}})"
      "\n\n",
      number, number);
}

struct Stream {
  std::string bytes;
  std::size_t count = 0;
};

Stream make_stream(std::string (*event)(std::size_t)) {
  Stream stream;
  for (; stream.bytes.size() < kStreamSize; ++stream.count) stream.bytes += event(stream.count);
  return stream;
}

void parse(benchmark::State& state, std::string (*event)(std::size_t)) {
  const Stream stream = make_stream(event);
  const auto chunk_size = static_cast<std::size_t>(state.range(0));
  sse::Parser parser;
  for (auto _ : state) {
    ConstBytes rest = as_bytes(stream.bytes);
    std::size_t count = 0;
    // A first chunk of its own size, so that no other ends where an event does.
    std::size_t size = kFirstChunk;
    while (!rest.empty()) {
      ConstBytes in = take_front(rest, std::min(std::exchange(size, chunk_size), rest.size()));
      while (auto found = parser.next(in)) {
        benchmark::DoNotOptimize(found->data.data());
        ++count;
      }
    }
    if (count != stream.count) state.SkipWithError("events are missing");
  }
  const auto rounds = static_cast<std::int64_t>(state.iterations());
  state.SetBytesProcessed(rounds * std::ssize(stream.bytes));
  state.SetItemsProcessed(rounds * static_cast<std::int64_t>(stream.count));
}

void copy(benchmark::State& state) {
  const Stream stream = make_stream(data_event);
  const auto chunk_size = static_cast<std::size_t>(state.range(0));
  std::vector<std::uint8_t> buffer(chunk_size);
  for (auto _ : state) {
    ConstBytes rest = as_bytes(stream.bytes);
    while (!rest.empty()) {
      const ConstBytes in = take_front(rest, std::min(chunk_size, rest.size()));
      std::memcpy(buffer.data(), in.data(), in.size());
      benchmark::DoNotOptimize(buffer.data());
      benchmark::ClobberMemory();
    }
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * std::ssize(stream.bytes));
}

#define CHUNKS ->Arg(16 << 10)->Arg(1400)->Arg(200)->Arg(64)
BENCHMARK_CAPTURE(parse, data, data_event) CHUNKS;
BENCHMARK_CAPTURE(parse, llm, llm_event) CHUNKS;
BENCHMARK(copy) CHUNKS;

}  // namespace

BENCHMARK_MAIN();
