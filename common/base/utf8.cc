#include "base/utf8.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/clones.h"

namespace {

// The states of the automaton, as shifts: what it waits for inside a code point. After E0, ED, F0
// and F4 the range of the next byte is narrower, which keeps out overlong forms, surrogates and
// what is beyond U+10FFFF (RFC 3629 section 4, the table).
enum State : std::uint8_t {
  kError = 0,
  kAccept = Utf8Validator::kBetween,  // between two code points
  kOne = 12,                          // continuation bytes
  kTwo = 18,
  kThree = 24,
  kAfterE0 = 30,
  kAfterEd = 36,
  kAfterF0 = 42,
  kAfterF4 = 48,
};

/// A row a byte; in it six bits a state, which are the next state. So a step is one look-up that
/// does not wait for the state, and one shift that does.
using Table = std::array<std::uint64_t, 256>;

constexpr Table make_table() {
  Table table = {};
  const auto add = [&table](unsigned first, unsigned last, State from, State to) {
    for (unsigned byte = first; byte <= last; ++byte) table[byte] |= std::uint64_t{to} << from;
  };
  add(0x00, 0x7F, kAccept, kAccept);
  add(0xC2, 0xDF, kAccept, kOne);
  add(0xE0, 0xE0, kAccept, kAfterE0);
  add(0xE1, 0xEC, kAccept, kTwo);
  add(0xED, 0xED, kAccept, kAfterEd);
  add(0xEE, 0xEF, kAccept, kTwo);
  add(0xF0, 0xF0, kAccept, kAfterF0);
  add(0xF1, 0xF3, kAccept, kThree);
  add(0xF4, 0xF4, kAccept, kAfterF4);
  add(0x80, 0xBF, kOne, kAccept);
  add(0x80, 0xBF, kTwo, kOne);
  add(0x80, 0xBF, kThree, kTwo);
  add(0xA0, 0xBF, kAfterE0, kOne);
  add(0x80, 0x9F, kAfterEd, kOne);
  add(0x90, 0xBF, kAfterF0, kTwo);
  add(0x80, 0x8F, kAfterF4, kTwo);
  return table;
}

constexpr Table kTable = make_table();

/// Only the low six bits of a state count; what is above them is not worth an instruction.
std::uint64_t step(std::uint64_t state, std::uint8_t byte) {
  return kTable[byte] >> (state & 63);
}

State state_of(std::uint64_t step) {
  return static_cast<State>(step & 63);
}

std::uint64_t read(std::uint64_t state, const std::uint8_t* data, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) state = step(state, data[i]);
  return state;
}

// What is looked at for ASCII at a time, and read by the automaton when it is not, which looks for
// an error at the end.
constexpr std::size_t kBlockSize = 256;

constexpr std::uint64_t kHighBits = 0x8080808080808080;

std::uint64_t load_word(const std::uint8_t* at) {
  std::uint64_t word;
  std::memcpy(&word, at, sizeof word);
  return word;
}

/// Reads a whole block in four lanes that do not wait for each other: all but the first begin where
/// a code point does, and those before them have to end between two. An error is told, not found.
std::uint64_t read_block(std::uint64_t state, const std::uint8_t* data) {
  constexpr std::size_t kLaneSize = kBlockSize / 4;
  constexpr std::size_t kLongestBack = 3;  // to where a code point begins
  std::array<const std::uint8_t*, 5> edge;
  edge[0] = data;
  edge[4] = data + kBlockSize;
  for (std::size_t lane = 1; lane < 4; ++lane) {
    const std::uint8_t* at = data + lane * kLaneSize;
    const std::uint8_t* const least = at - kLongestBack;
    while (at > least && (*at & 0xC0) == 0x80) --at;
    edge[lane] = at;
  }
  std::array<std::uint64_t, 4> lanes = {state, kAccept, kAccept, kAccept};
  constexpr std::size_t kTogether = kLaneSize - kLongestBack;
  for (std::size_t i = 0; i < kTogether; ++i) {
    lanes[0] = step(lanes[0], edge[0][i]);
    lanes[1] = step(lanes[1], edge[1][i]);
    lanes[2] = step(lanes[2], edge[2][i]);
    lanes[3] = step(lanes[3], edge[3][i]);
  }
  for (std::size_t lane = 0; lane < 4; ++lane) {
    const std::uint8_t* const rest = edge[lane] + kTogether;
    lanes[lane] = read(lanes[lane], rest, static_cast<std::size_t>(edge[lane + 1] - rest));
    if (lane < 3 && state_of(lanes[lane]) != kAccept) return kError;
  }
  return lanes[3];
}

/// How many whole blocks at the front are ASCII, in bytes. A plain loop, for the vectoriser.
STREAMUTILS_CLONES
std::size_t ascii_blocks(const std::uint8_t* data, std::size_t size) {
  std::size_t at = 0;
  for (; at + kBlockSize <= size; at += kBlockSize) {
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < kBlockSize; i += 8) seen |= load_word(data + at + i);
    if ((seen & kHighBits) != 0) break;
  }
  return at;
}

/// How many bytes at the front are ASCII, in steps of blocks, and of words in the last one.
std::size_t ascii_prefix(ConstBytes bytes) {
  std::size_t at = bytes.size() < kBlockSize ? 0 : ascii_blocks(bytes.data(), bytes.size());
  if (bytes.size() - at >= kBlockSize) return at;
  while (at + 8 <= bytes.size() && (load_word(bytes.data() + at) & kHighBits) == 0) at += 8;
  return at;
}

}  // namespace

std::size_t Utf8Validator::check(ConstBytes piece) {
  std::size_t at = 0;
  while (at < piece.size()) {
    if (state_ == kAccept) at += ascii_prefix(piece.subspan(at));
    const ConstBytes block = piece.subspan(at, std::min(kBlockSize, piece.size() - at));
    std::uint64_t state = block.size() == kBlockSize ? read_block(state_, block.data())
                                                     : read(state_, block.data(), block.size());
    if (state_of(state) == kError) {
      for (state = state_; state_of(state = step(state, piece[at])) != kError;) ++at;
      return at;
    }
    state_ = state_of(state);
    at += block.size();
  }
  return at;
}

void append_valid_utf8(std::string& out, ConstBytes bytes) {
  constexpr std::string_view kReplacement = "\uFFFD";
  State state = kAccept;
  std::size_t begin = 0;  // of what is not appended yet
  std::size_t end = 0;    // of the last whole code point
  const auto replace_up_to = [&](std::size_t at) {
    out += as_text(bytes.subspan(begin, end - begin));
    out += kReplacement;
    begin = end = at;
    state = kAccept;
  };
  for (std::size_t at = 0; at < bytes.size();) {
    const State next = state_of(step(state, bytes[at]));
    if (next == kError) {
      // The byte that breaks off a code point may begin the next one.
      replace_up_to(state == kAccept ? ++at : at);
      continue;
    }
    state = next;
    ++at;
    if (state == kAccept) end = at;
  }
  if (state != kAccept) replace_up_to(bytes.size());
  out += as_text(bytes.subspan(begin));
}
