// What a misbehaving server does to its own event stream on its way out: well-formed blocks go in,
// what the active faults make of them comes out. No I/O and no clock; the words are those of
// fault.h with Part::stream, and `gzip` and `bom`, which begin with the stream.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "fault.h"
#include "ws/deflate.h"

namespace stream_echo {

/// A body that is being compressed (RFC 1952).
struct Gzip {
  ws::Deflater deflater{15, true};
  bool late = false;
  std::string held = {};  ///< of `late`: not compressed yet
  std::uint32_t checksum = 0;
  std::uint32_t size = 0;
  bool begun = false;
};

class StreamDistortion {
 public:
  /// `happens` throws the dice: true with the given probability. What is no event stream has lines
  /// in the place of blocks.
  explicit StreamDistortion(std::function<bool(double)> happens, bool is_event_stream = true)
      : happens_(std::move(happens)), is_event_stream_(is_event_stream) {}

  /// From now on; instead of an earlier fault of the same word.
  void add(const Fault& fault);

  enum class Kind {
    event,
    last_event,  ///< the end comes behind it
    end,         ///< what a stream ends with: a mark, or an error
    other,       ///< a comment, the reconnection time, and what stands around the words of a model
  };
  /// `block` is a whole block, or lines, as sse::encode() writes them. Returns what belongs into
  /// the body instead.
  std::string rewrite(std::string_view block, Kind kind);

  /// What stands at the end instead of the end mark; empty: nothing; nullopt: no fault says so.
  std::optional<std::string> end_mark() const;

  /// `cut` has happened: the stream is to end after what came out.
  bool cut() const { return cut_; }

  /// The size of chunks and the pause between them; nullopt: as it comes.
  std::optional<Slices> chunks() const;

  bool is_event_stream() const { return is_event_stream_; }
  bool compresses() const { return gzip_.has_value(); }

  /// What is still to be sent at the end.
  std::string finish();

 private:
  const Fault* roll(Word word) const;
  std::string with_line_ends(std::string_view text, std::string_view how);
  std::string compressed(std::string_view text, bool last);

  std::function<bool(double)> happens_;
  std::vector<Fault> faults_;
  bool is_event_stream_;
  std::optional<Gzip> gzip_;
  bool bom_ = false;            // is still to be sent
  bool after_cr_ = false;       // of `eol`: the line end before
  std::size_t line_count_ = 0;  // of `eol`
  bool cut_ = false;
};

}  // namespace stream_echo
