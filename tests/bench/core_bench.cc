// The parts of the core that see every byte or every frame, without any I/O: masking, UTF-8, and
// the three storeys from bytes to messages.
#include <benchmark/benchmark.h>

#include <cstring>
#include <string>
#include <vector>

#include "base/utf8.h"
#include "payload.h"
#include "ws/connection.h"

namespace {

// ---- Masking, and what is copied in the same time

void set_throughput(benchmark::State& state, std::size_t size) {
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(size));
}

void mask(benchmark::State& state) {
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(state.range(0)));
  const ws::MaskKey key = {0x37, 0xfa, 0x21, 0x3d};
  for (auto _ : state) {
    ws::apply_mask(bytes, key, 0);
    benchmark::DoNotOptimize(bytes.data());
    benchmark::ClobberMemory();
  }
  set_throughput(state, bytes.size());
}

void copy(benchmark::State& state) {
  // Half a page apart: loads and stores with the same place in their pages would wait for each
  // other.
  const auto size = static_cast<std::size_t>(state.range(0));
  const std::size_t distance = (size / 4096 + 1) * 4096 + 2048;
  std::vector<std::uint8_t> bytes(distance + size);
  for (auto _ : state) {
    std::memcpy(bytes.data() + distance, bytes.data(), size);
    benchmark::DoNotOptimize(bytes.data());
    benchmark::ClobberMemory();
  }
  set_throughput(state, size);
}

#define SIZES ->Arg(20)->Arg(125)->Arg(1 << 10)->Arg(16 << 10)->Arg(512 << 10)
BENCHMARK(mask) SIZES;
BENCHMARK(copy) SIZES;

// ---- UTF-8

/// `unit` again and again, cut at a character's end to at most `size` bytes.
std::string repeated(std::string_view unit, std::size_t size) {
  std::string text;
  while (text.size() + unit.size() <= size) text += unit;
  return text;
}

void validate(benchmark::State& state, std::string_view unit) {
  const std::string text = repeated(unit, static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    Utf8Validator validator;
    benchmark::DoNotOptimize(validator.feed(as_bytes(text)));
    benchmark::DoNotOptimize(validator.complete());
  }
  set_throughput(state, text.size());
}

BENCHMARK_CAPTURE(validate, ascii, "stream")->Arg(20)->Arg(1 << 10)->Arg(16 << 10)->Arg(1 << 20);
BENCHMARK_CAPTURE(validate, latin, "Zurück übers Café, à bientôt! ")->Arg(1 << 10)->Arg(1 << 20);
BENCHMARK_CAPTURE(validate, cjk_and_emoji, "流れる水は腐らず🌊🙂")
    ->Arg(1 << 10)
    ->Arg(1 << 20);

// ---- From bytes to frames, to messages, to a connection

constexpr std::size_t kFrameCount = 1000;

/// Frames of a client with 20 bytes each, as one read gives them to a server. They are masked in
/// place when they are read, so each round begins with a fresh copy, whose time is the row `copy`
/// with so many bytes: some hundredths of what is measured.
class Frames {
 public:
  explicit Frames(bool text) {
    const std::vector<std::uint8_t> frame = bench::make_frame(bench::make_text(20), text, false);
    for (std::size_t i = 0; i < kFrameCount; ++i) {
      original_.insert(original_.end(), frame.begin(), frame.end());
    }
    buffer_.resize(original_.size());
  }

  Bytes fresh() {
    std::memcpy(buffer_.data(), original_.data(), original_.size());
    return buffer_;
  }

 private:
  std::vector<std::uint8_t> original_;
  std::vector<std::uint8_t> buffer_;
};

/// The time of one iteration is that of kFrameCount messages.
template <typename Reader>
void read_frames(benchmark::State& state, Reader& reader, bool text) {
  Frames frames(text);
  for (auto _ : state) {
    Bytes in = frames.fresh();
    std::size_t count = 0;
    while (auto event = reader.next(in)) {
      benchmark::DoNotOptimize(event->payload.data());
      ++count;
    }
    if (count != kFrameCount) state.SkipWithError("frames are missing");
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kFrameCount));
}

void frame_decoder(benchmark::State& state) {
  ws::FrameDecoder decoder;
  read_frames(state, decoder, false);
}

void message_reader(benchmark::State& state, bool text) {
  ws::MessageReader reader(ws::Role::server, {});
  read_frames(state, reader, text);
}

void connection(benchmark::State& state, bool text) {
  ws::Connection connection(ws::Role::server, ws::Settings{}, {}, Time{});
  read_frames(state, connection, text);
}

BENCHMARK(frame_decoder);
BENCHMARK_CAPTURE(message_reader, binary, false);
BENCHMARK_CAPTURE(message_reader, text, true);
BENCHMARK_CAPTURE(connection, binary, false);
BENCHMARK_CAPTURE(connection, text, true);

}  // namespace

BENCHMARK_MAIN();
