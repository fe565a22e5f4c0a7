// What a connection reports and sends, as lines of text, so that runs over the same bytes, cut
// differently, can be compared and a difference can be read:
//
//   text "hello"          a message, when it is complete; its pieces are joined
//   binary 5 0001020304   more than 256 bytes of either kind: binary 65536 sha256:510b12...
//   ping 31               payloads of control frames in hexadecimal
//   close 1000 "bye"      1005: no code
//   violation ws-rsv @12
//   ended peer 1000 "bye"
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "ws/connection.h"

namespace test {

/// The sizes of the pieces that a stream is handed over in.
using Pieces = std::vector<std::size_t>;

Pieces whole(std::size_t size);
Pieces cut_at(std::size_t first, std::size_t size);

/// One byte at a time; beyond 4096 bytes only the first 64, the rest in pieces of 1000.
Pieces byte_by_byte(std::size_t size);

/// Whole, in two at every byte, byte by byte. Beyond 4096 bytes the cuts are those near both ends
/// and 64 others, the same in every run.
std::vector<Pieces> all_splits(std::size_t size);

/// `two pieces, cut at 7`: for a failure's message.
std::string describe(const Pieces& pieces);

/// Calls `feed` with one piece after another, each a fresh copy of exactly its size: unmasking
/// changes it, and a sanitizer sees every step beyond it.
template <typename Feed>
void feed_pieces(ConstBytes stream, const Pieces& pieces, Feed feed) {
  for (const std::size_t size : pieces) {
    const ConstBytes part = take_front(stream, size);
    std::vector<std::uint8_t> copy(part.begin(), part.end());
    feed(Bytes(copy));
  }
}

std::string show_message(ws::MessageKind kind, ConstBytes payload);
std::string show_message(ws::MessageKind kind, std::uint64_t size, std::string_view sha256);
std::string show_close(ws::CloseCode code, std::string_view reason);

class EventLog {
 public:
  void add(const ws::Event& event);

  /// A line of its own for what should not be.
  void complain(std::string_view what);

  /// A line for each event so far, each with its line end.
  const std::string& text() const { return text_; }
  const std::optional<diag::Violation>& violation() const { return violation_; }

  /// A message has begun and its last piece has not come.
  bool message_open() const { return message_open_; }

 private:
  std::string text_;
  std::vector<std::uint8_t> message_;
  bool message_open_ = false;
  std::optional<diag::Violation> violation_;
};

/// The frames in `output`, a line each: control frames as above, data as `text "hello"`, and with
/// `more` behind the opcode when FIN is not set: `text more "hel"`, `cont "lo"`. What `sender` must
/// not send is named in the line: an unmasked frame of a client, a key other than `key`, a cut
/// frame.
std::string show_frames(ConstBytes output, ws::Role sender, ws::MaskKey key = {1, 2, 3, 4});

/// Takes events until there is none; then `in` has to be used up.
void drain(ws::Connection& connection, Bytes in, EventLog& log);

/// A mask source that always gives {1, 2, 3, 4}.
ws::MaskKey fixed_mask();

}  // namespace test
