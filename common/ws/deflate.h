// The two halves of permessage-deflate (RFC 7692 section 7.2): a message's payload to and from
// DEFLATE blocks. They know nothing of frames and negotiate nothing. Both hold their memory (up to
// 270 KiB to compress, 110 KiB to inflate) only from the first message on until release(), and
// allocate nothing per message in between.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/bytes.h"

namespace ws {

/// The smallest window that zlib compresses with: it refuses one of 8 bits, which RFC 7692 allows.
inline constexpr int kMinDeflateBits = 9;

/// What a codec has had on its two sides, over all messages.
struct DeflateTotals {
  std::uint64_t plain = 0;
  std::uint64_t wire = 0;
};

class Deflater {
 public:
  /// `window_bits` is from 9 to 15.
  Deflater(int window_bits, bool context_takeover);
  Deflater(Deflater&&) noexcept;
  ~Deflater();

  /// The payload of the frame that carries `piece`, valid until the next call. Nothing of it is
  /// held back for later frames. `last` ends the message.
  ConstBytes compress(ConstBytes piece, bool last);

  bool holds_state() const { return state_ != nullptr; }

  /// Gives all memory back, and with it the window: what is compressed next refers to nothing
  /// before it, as a sender may choose at any time, inside a message too.
  void release();

  DeflateTotals totals() const { return totals_; }

 private:
  struct State;

  std::unique_ptr<State> state_;
  DeflateTotals totals_;
  int window_bits_;
  bool context_takeover_;
};

class Inflater {
 public:
  /// For what a sender with any window compresses; `context_takeover` is the sender's.
  explicit Inflater(bool context_takeover);
  ~Inflater();

  struct Piece {
    Bytes output = {};     ///< at most 64 KiB, valid until the next call
    std::size_t used = 0;  ///< bytes of the input; fewer than all when the output would be too long
    bool ended = false;    ///< the message is complete
    bool broken = false;   ///< this is no DEFLATE, or refers to more than the window holds
  };

  /// Inflates what comes next in a message; `end`: it ends with `in`. When not all of `in` is used,
  /// the rest is to be given again, with the same `end`. Once `broken`, it is of no more use.
  Piece inflate(ConstBytes in, bool end);

  bool holds_state() const { return state_ != nullptr; }

  /// Between two messages: gives all memory back but the window, as far as the next message may
  /// refer to it.
  void release();

  DeflateTotals totals() const { return totals_; }

 private:
  struct State;

  void resume();
  bool end_message();

  std::unique_ptr<State> state_;
  std::vector<std::uint8_t> window_;  // between release() and the next message
  DeflateTotals totals_;
  bool context_takeover_;
};

}  // namespace ws
