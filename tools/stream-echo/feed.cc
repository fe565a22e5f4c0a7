#include "feed.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/bytes.h"
#include "base/utf8.h"
#include "endpoint.h"

namespace stream_echo {
namespace {

// Events at a time: many, because each costs every subscriber a write, but fewer than are kept.
constexpr std::size_t kAtOnce = EventLog::kMaxCount / 4;

}  // namespace

Feed::Feed(net::Loop& loop, Subscribers& subscribers, std::string channel,
           std::function<void(std::string_view)> tell)
    : subscribers_(subscribers),
      channel_(std::move(channel)),
      tell_(std::move(tell)),
      input_(
          loop, STDIN_FILENO, [this](Bytes bytes) { take(bytes); },
          [this](const std::optional<std::string>& error) {
            ended();
            tell_(error ? fmt::format("cannot read standard input: {}", *error)
                        : "standard input has ended");
          }) {}

void Feed::take(ConstBytes bytes) {
  while (!bytes.empty()) {
    const auto line_end = std::ranges::find(bytes, std::uint8_t{'\n'});
    const bool whole = line_end != bytes.end();
    const auto size = static_cast<std::size_t>(line_end - bytes.begin());
    const std::string_view piece = as_text(take_front(bytes, size));
    if (line_.size() + piece.size() > kMaxBody) {
      too_long_ = true;
      line_.clear();
    }
    if (!too_long_) line_ += piece;
    if (!whole) return;
    bytes = bytes.subspan(1);
    end_line();
  }
}

void Feed::end_line() {
  if (std::exchange(too_long_, false)) {
    return tell_(fmt::format("a line of more than {} bytes is left out", kMaxBody));
  }
  if (line_.ends_with('\r')) line_.pop_back();
  text_.clear();
  append_valid_utf8(text_, as_bytes(line_));
  line_.clear();
  const auto published = subscribers_.channels().publish(channel_, {}, text_);
  if (!published) return tell_(published.error().message);
  if (++undelivered_ < kAtOnce) return;
  undelivered_ = 0;
  subscribers_.deliver();
}

/// What stands behind the last line end is a line, too.
void Feed::ended() {
  if (!line_.empty() || too_long_) end_line();
}

}  // namespace stream_echo
