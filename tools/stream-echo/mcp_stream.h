// The answer to one request of MCP as a stream of events: a first one that only has an id,
// progress, and the response. It follows from the request, so that nothing of it is kept as it was
// sent: any event can be made again for a client that comes back with Last-Event-ID, at the time
// when it would have had it, or at once when that has passed.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/output_buffer.h"
#include "base/time.h"

namespace stream_echo {

/// Of any thread; but for the atomic ones nothing changes once it is shared.
struct McpStream {
  std::uint64_t number = 0;   ///< in its session; 0: the one of messages that nobody asked for
  std::string id = {};        ///< of the request, JSON
  std::string response = {};  ///< JSON; empty: an echo of `text`
  std::string progress_token = {};  ///< JSON; empty: no progress is told
  std::string text = {};            ///< valid UTF-8
  bool tells_words = false;  ///< as the messages of the progress, those of `text`; or numbers
  std::uint64_t steps = 0;   ///< before the response
  Time started = {};
  Duration first_after = Duration(0);  ///< before the first step, or the response
  Duration interval = Duration(0);     ///< between steps, and before the response

  std::atomic<bool> over = false;          ///< cancelled, or the session is
  std::atomic<std::uint64_t> reading = 0;  ///< how many connections have begun to read it

  /// Nobody asked for anything: nothing comes, and it stays open.
  bool is_silent() const { return number == 0; }

  /// Events are numbered from 0, the one that has only an id.
  std::uint64_t last() const { return is_silent() ? 0 : progress_count() + 1; }
  std::uint64_t progress_count() const { return progress_token.empty() ? 0 : steps; }
  Time due(std::uint64_t event) const;

  /// The last event, JSON.
  std::string whole_response() const;

  /// Bytes that are kept for it.
  std::size_t size() const {
    return id.size() + response.size() + text.size() + progress_token.size();
  }
};

/// "3-7": event 7 of stream 3.
struct McpEventId {
  std::uint64_t stream = 0;
  std::uint64_t event = 0;
};
std::string event_id(const McpEventId& id);
std::optional<McpEventId> parse_event_id(std::string_view text);

/// Writes a stream's events one after the other.
class McpWriter {
 public:
  /// `stream` outlives this; the first event is number `next`.
  McpWriter(const McpStream& stream, std::uint64_t next);

  std::uint64_t next() const { return next_; }
  bool finished() const { return next_ > stream_.last(); }

  /// Appends the event. There is one.
  void append(OutputBuffer& out);

 private:
  std::string progress(std::uint64_t step);

  const McpStream& stream_;
  std::uint64_t next_;
  std::string_view rest_;  // of the text, behind the words that were told
};

}  // namespace stream_echo
