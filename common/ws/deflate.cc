#include "ws/deflate.h"

#include <zlib.h>

#include <algorithm>
#include <array>

#include "base/check.h"

namespace ws {
namespace {

// Level 1 is 2.5 times as fast as zlib's default on JSON, for a tenth more bytes: whoever talks to
// a tool over a slow line is rare, whoever measures through it is not.
constexpr int kLevel = 1;
constexpr int kMemoryLevel = 8;  // zlib's own default: 128 KiB beside the window
constexpr int kMaxBits = 15;

// RFC 7692 7.2.1: what a sync flush ends with, and what does not go over the wire.
constexpr std::array<std::uint8_t, 4> kTail = {0x00, 0x00, 0xFF, 0xFF};
// RFC 7692 7.2.3.6: the block of which kTail is the rest.
constexpr std::array<std::uint8_t, 1> kEmptyBlock = {0x00};

// zlib counts in 32 bits.
constexpr std::size_t kMaxPart = std::size_t{1} << 30;

constexpr std::size_t kFirstOutput = std::size_t{4} << 10;

// An inflated piece has kUsual bytes at most when input is left. When none is left, nobody would
// ask for the rest of the output, so all that zlib may still hold has to fit into kSlack: it holds
// less than 48 bits back, the tail of a message adds 32, two bits are the shortest match, which is
// 258 bytes at most, and one match may be half done.
constexpr std::size_t kUsual = std::size_t{48} << 10;
constexpr std::size_t kSlack = std::size_t{16} << 10;
static_assert((48 + 32) / 2 * 258 + 258 < kSlack);

void set_input(z_stream& stream, ConstBytes in) {
  stream.next_in = const_cast<Bytef*>(in.data());  // zlib does not change it
  stream.avail_in = static_cast<uInt>(in.size());
}

}  // namespace

struct Deflater::State {
  explicit State(int window_bits) {
    const int opened =
        deflateInit2(&stream, kLevel, Z_DEFLATED, -window_bits, kMemoryLevel, Z_DEFAULT_STRATEGY);
    CHECK(opened == Z_OK);
  }
  ~State() { deflateEnd(&stream); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  ConstBytes flush(ConstBytes piece);

  z_stream stream = {};
  std::vector<std::uint8_t> out;  // never shrinks, so that nothing is zeroed twice
};

/// All of `piece`, up to and with a sync flush.
ConstBytes Deflater::State::flush(ConstBytes piece) {
  std::size_t size = 0;
  while (!piece.empty()) {
    set_input(stream, take_front(piece, std::min(piece.size(), kMaxPart)));
    const int how = piece.empty() ? Z_SYNC_FLUSH : Z_NO_FLUSH;
    do {  // until it leaves room, which says that there is no more
      if (size == out.size()) out.resize(std::max(kFirstOutput, 2 * out.size()));
      const Bytes room = Bytes(out).subspan(size);
      stream.next_out = room.data();
      stream.avail_out = static_cast<uInt>(std::min(room.size(), kMaxPart));
      CHECK(deflate(&stream, how) == Z_OK);
      size = static_cast<std::size_t>(stream.next_out - out.data());
    } while (stream.avail_out == 0);
  }
  return ConstBytes(out).first(size);
}

Deflater::Deflater(int window_bits, bool context_takeover)
    : window_bits_(window_bits), context_takeover_(context_takeover) {
  CHECK(window_bits >= kMinDeflateBits && window_bits <= kMaxBits);
}

Deflater::Deflater(Deflater&&) noexcept = default;
Deflater::~Deflater() = default;

ConstBytes Deflater::compress(ConstBytes piece, bool last) {
  ConstBytes compressed;
  if (piece.empty()) {
    if (last) compressed = kEmptyBlock;
  } else {
    if (state_ == nullptr) state_ = std::make_unique<State>(window_bits_);
    compressed = state_->flush(piece);
    if (last) {
      const ConstBytes tail = compressed.last(kTail.size());
      CHECK(std::equal(tail.begin(), tail.end(), kTail.begin()));
      compressed = compressed.first(compressed.size() - kTail.size());
    }
  }
  if (last && !context_takeover_ && state_ != nullptr && state_->stream.total_in > 0) {
    deflateReset(&state_->stream);
  }
  totals_.plain += piece.size();
  totals_.wire += compressed.size();
  return compressed;
}

void Deflater::release() {
  state_.reset();
}

struct Inflater::State {
  State() : chunk(std::make_unique_for_overwrite<std::uint8_t[]>(kUsual + kSlack)) {
    // Of the largest window, whatever is agreed: it is no more memory than a sender may ask for.
    CHECK(inflateInit2(&stream, -kMaxBits) == Z_OK);
  }
  ~State() { inflateEnd(&stream); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  bool run();

  z_stream stream = {};
  std::unique_ptr<std::uint8_t[]> chunk;  // not zeroed: most of it is rarely touched
  bool at_block_end = true;  // all that has come ended with a block, and at the end of a byte
};

/// Inflates until there is no more input or no more room; false: it cannot be inflated.
bool Inflater::State::run() {
  constexpr int kBitsLeft = 63;  // in data_type
  constexpr int kBehindBlock = 128;
  do {
    const int result = ::inflate(&stream, Z_SYNC_FLUSH);
    CHECK(result != Z_MEM_ERROR && result != Z_STREAM_ERROR);
    if (result == Z_DATA_ERROR || result == Z_NEED_DICT) return false;
    const bool behind = (stream.data_type & (kBitsLeft | kBehindBlock)) == kBehindBlock;
    if (result == Z_BUF_ERROR) {  // no input, no output: only a new position is told
      at_block_end = at_block_end || behind;
      return true;
    }
    // RFC 7692 7.2.3.4: a block with BFINAL set ends nothing here. What follows begins at the next
    // byte and may refer to what was before, so that the window has to stay.
    if (result == Z_STREAM_END) inflateResetKeep(&stream);
    at_block_end = behind || result == Z_STREAM_END;
  } while (stream.avail_in > 0 && stream.avail_out > 0);
  return true;
}

Inflater::Inflater(bool context_takeover) : context_takeover_(context_takeover) {}
Inflater::~Inflater() = default;

Inflater::Piece Inflater::inflate(ConstBytes in, bool end) {
  if (state_ == nullptr) resume();
  z_stream& stream = state_->stream;
  const ConstBytes part = in.first(std::min(in.size(), kMaxPart));
  set_input(stream, part);
  stream.next_out = state_->chunk.get();
  stream.avail_out = kUsual;

  Piece piece;
  piece.broken = !state_->run();
  piece.used = part.size() - stream.avail_in;
  const std::uint8_t* output_end = stream.next_out;
  if (!piece.broken && piece.used == in.size()) {
    stream.avail_out += kSlack;
    piece.ended = end;
    piece.broken = !state_->run();
    output_end = stream.next_out;
    if (end && !piece.broken) piece.broken = !end_message();
    CHECK(stream.avail_out > 0);
    // What the end makes of a message that it does not fit is nothing that was sent.
    if (!piece.broken) output_end = stream.next_out;
  }
  piece.output =
      Bytes(state_->chunk.get(), static_cast<std::size_t>(output_end - state_->chunk.get()));
  totals_.plain += piece.output.size();
  totals_.wire += piece.used;
  return piece;
}

/// RFC 7692 7.2.2: gives back what the sender has taken off the end of the message. Some do not
/// take it off, or end with a final block: what ends with a block already needs no other end.
bool Inflater::end_message() {
  State& state = *state_;
  if (!state.at_block_end) {
    set_input(state.stream, kTail);
    if (!state.run() || !state.at_block_end || state.stream.avail_in > 0) return false;
  }
  if (!context_takeover_) inflateReset(&state.stream);
  return true;
}

void Inflater::resume() {
  state_ = std::make_unique<State>();
  if (window_.empty()) return;
  const auto size = static_cast<uInt>(window_.size());
  CHECK(inflateSetDictionary(&state_->stream, window_.data(), size) == Z_OK);
  window_ = {};
}

void Inflater::release() {
  if (state_ == nullptr) return;
  CHECK(state_->at_block_end);
  if (context_takeover_) {
    uInt size = 0;
    CHECK(inflateGetDictionary(&state_->stream, nullptr, &size) == Z_OK);
    window_.resize(size);
    CHECK(inflateGetDictionary(&state_->stream, window_.data(), &size) == Z_OK);
  }
  state_.reset();
}

}  // namespace ws
