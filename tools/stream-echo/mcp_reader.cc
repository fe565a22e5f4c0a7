// How one connection reads a stream of MCP: from which event on, when, and how long.
#include <algorithm>
#include <utility>

#include "encode.h"
#include "mcp.h"

namespace stream_echo {
namespace {

// Of a stream on which nothing is to come; whatever ends it wakes it.
constexpr Duration kSilence = std::chrono::hours(24);

class Reader {
 public:
  Reader(McpReading reading, net::Loop& loop)
      : reading_(std::move(reading)),
        writer_(*reading_.stream, reading_.next),
        loop_(loop),
        joined_(loop.now()) {}

  /// What a client comes back for too late is due at once.
  Time due() const {
    if (writer_.finished()) return joined_ + kSilence;
    return std::max(stream().due(writer_.next()), joined_);
  }

  /// As PacedStream::Append has it.
  std::optional<Duration> append(OutputBuffer& out) {
    if (watch_->has_ended()) return std::nullopt;
    if (writer_.finished()) return kSilence;
    const Time before = due();
    if (before > loop_.now()) return before - loop_.now();  // woken for nothing
    if (writer_.next() > 0) ++told_;
    writer_.append(out);
    if (writer_.finished()) return stream().is_silent() ? std::optional(kSilence) : std::nullopt;
    if (reading_.close_after && told_ >= *reading_.close_after) {
      encode_or_die(out, {.retry_ms = reading_.retry_ms});
      return std::nullopt;
    }
    return due() - before;
  }

  /// The latest event is more than an id.
  bool is_message() const { return writer_.next() > 1; }

  /// Begins the reading. Transports, "Multiple Connections": a message goes to one of them.
  void watch(std::function<void()> woken) {
    watch_ = std::make_unique<McpSession::Watch>(reading_.session, reading_.stream, loop_,
                                                 std::move(woken));
  }

 private:
  const McpStream& stream() const { return *reading_.stream; }

  McpReading reading_;
  McpWriter writer_;
  net::Loop& loop_;
  Time joined_;
  std::uint64_t told_ = 0;  // messages
  std::unique_ptr<McpSession::Watch> watch_;
};

}  // namespace

std::unique_ptr<PacedStream> read_mcp(McpReading reading, net::Loop& loop) {
  const auto reader = std::make_shared<Reader>(std::move(reading), loop);
  auto stream = std::make_unique<PacedStream>(
      [reader](OutputBuffer& out) { return reader->append(out); }, reader->due(),
      PacedStream::Traits{.is_content = [reader] { return reader->is_message(); },
                          .resumable = true});
  reader->watch([&loop, to = stream.get()] { to->wake(loop.now()); });
  return stream;
}

}  // namespace stream_echo
