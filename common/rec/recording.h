// A recording: the transport bytes of connections, after TLS and in both directions, as JSON Lines.
// streamrec(5) describes the format for people; this is its data, and how it is read back. Making
// one is rec/writer's part. What the bytes mean is nobody's business here.
//
//   {"streamrec":1,"tool":"ws-cat 0.1.0","side":"client","url":"ws://127.0.0.1:9001/", ...}
//   [0,"x","open"]
//   [12,">","R0VUIC8gSFRUUC8xLjEN..."]
//   [412,"<","gQVIZWxsbw=="]
//   [9120,"x","<eof"]
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/time.h"

namespace rec {

inline constexpr unsigned kVersion = 1;

/// Bytes in one line. The largest read buffer there is fits; a longer write becomes several lines.
inline constexpr std::size_t kMaxChunkSize = std::size_t{512} << 10;

/// A line of kMaxChunkSize bytes in base64 has 700 KiB. What is longer is no recording, and a
/// reader must not collect it in memory to find that out.
inline constexpr std::size_t kMaxLineSize = std::size_t{1} << 20;

/// Ten years: nobody records for longer, and sums of such times stay far from any overflow.
inline constexpr Duration kMaxTime = std::chrono::hours(24 * 3653);

/// Who wrote it: the client of the connections, or their server.
enum class Side : std::uint8_t { client, server };

/// The first line. Empty texts are left out.
struct Header {
  std::string tool = {};  ///< "ws-cat 0.1.0"
  Side side = Side::client;
  std::string url = {};      ///< asked for by a client, served by a server
  std::string started = {};  ///< UTC, "2026-11-22T20:00:00Z": when `t` was 0
  std::string via = {};      ///< "h2" when the bytes are HTTP/1.1-shaped but were not sent so
};

enum class Kind : std::uint8_t {
  received,
  sent,
  opened,          ///< the connection is made
  received_end,    ///< the peer has sent everything (FIN)
  sent_end,        ///< so has this side
  received_reset,  ///< the peer has cut the connection (RST)
  sent_reset,      ///< this side has
};

struct Record {
  Duration t = Duration(0);  ///< since the start, never less than in the line before
  bool clamped = false;      ///< the line's own time was impossible: `t` is that of the line before
  std::uint64_t conn = 1;
  Kind kind = Kind::received;
  ConstBytes bytes = {};  ///< of received and sent; until the reader's next call
};

/// Where a recording stops making sense, and why.
struct Damage {
  std::uint64_t line = 0;    ///< counted from 1
  std::uint64_t offset = 0;  ///< of the line's first byte in the file
  std::string why;

  /// "line 3 (byte 812): it is cut short"
  std::string text() const;
};

/// The line for `header`, with its line end.
void append_header(std::string& out, const Header& header);

/// The line for `record`, with its line end; at most kMaxChunkSize bytes.
void append_record(std::string& out, const Record& record);

class Reader {
 public:
  using Item = std::variant<Header, Record, Damage>;

  /// Takes bytes off the front of `in`, up to the next item; nullopt: `in` is used up. A Header
  /// comes first, or Damage; after Damage everything is swallowed. Keys that are not known are
  /// skipped.
  std::optional<Item> next(ConstBytes& in);

  /// The file has ended: what its last line gives when that has no line end, or Damage.
  std::optional<Item> finish();

 private:
  Item take_line(std::string_view line);
  Item take_header(std::string_view line);
  Item take_record(std::string_view line);
  Item damage(std::string why);

  std::string line_;  // LineBuffer: of a line that is cut, at most kMaxLineSize
  std::uint64_t number_ = 1;
  std::uint64_t offset_ = 0;  // of the current line
  Duration last_time_ = Duration(0);
  bool broken_ = false;
  std::vector<std::uint8_t> bytes_;  // of the latest record
};

}  // namespace rec
