#include "event_log.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/check.h"
#include "base/text.h"
#include "encode.h"

namespace stream_echo {

std::uint64_t EventLog::append(std::string_view type, std::string_view data) {
  if (ends_.empty()) ends_.resize(kMaxCount);
  if (next_ - first_ == kMaxCount) drop_first();
  const std::string id = id_of(next_);
  encode_or_die(bytes_, {.id = id, .type = type, .data = data});
  const std::uint64_t end = begin_ + bytes_.size();
  ends_[next_ % kMaxCount] = end;
  ++next_;
  while (end - begin_ > kMaxSize && first_ + 1 < next_) drop_first();
  return next_ - 1;
}

void EventLog::drop_first() {
  const std::uint64_t end = end_of(first_);
  bytes_.sent(static_cast<std::size_t>(end - begin_));
  begin_ = end;
  ++first_;
}

std::string EventLog::id_of(std::uint64_t number) const {
  return fmt::format("{}-{}", epoch_, number);
}

EventLog::Position EventLog::find(std::string_view last_event_id) const {
  if (last_event_id.empty()) return {.next = next_};
  std::uint64_t had = 0;
  if (last_event_id != "0") {
    const std::size_t dash = std::min(last_event_id.find('-'), last_event_id.size());
    const auto number =
        parse_integer(last_event_id.substr(std::min(dash + 1, last_event_id.size())));
    if (last_event_id.substr(0, dash) != epoch_ || !number || *number >= next_) {
      return {.next = first_, .gap = Gap::unknown};
    }
    had = *number;
  }
  if (had + 1 < first_) return {.next = first_, .gap = Gap::lost};
  return {.next = had + 1};
}

EventLog::Batch EventLog::from(std::uint64_t number, std::size_t limit) const {
  CHECK(number >= first_ && number <= next_);
  if (number == next_) return {.next = next_};
  const std::uint64_t begin = end_of(number - 1);
  // The last one whose end is within the limit: ends grow with the numbers.
  std::uint64_t last = number;
  for (std::uint64_t beyond = next_; last + 1 < beyond;) {
    const std::uint64_t middle = last + (beyond - last) / 2;
    (end_of(middle) - begin <= limit ? last : beyond) = middle;
  }
  const auto size = static_cast<std::size_t>(end_of(last) - begin);
  const auto at = static_cast<std::size_t>(begin - begin_);
  return {.bytes = bytes_.view().subspan(at, size), .next = last + 1};
}

ConstBytes EventLog::rest_of(std::uint64_t number, std::size_t offset) const {
  CHECK(number >= first_ && number < next_);
  const std::uint64_t begin = end_of(number - 1) + offset;
  const std::uint64_t end = end_of(number);
  CHECK(begin <= end);
  const auto at = static_cast<std::size_t>(begin - begin_);
  return bytes_.view().subspan(at, static_cast<std::size_t>(end - begin));
}

std::uint64_t EventLog::end_of(std::uint64_t number) const {
  return number < first_ ? begin_ : ends_[number % kMaxCount];
}

}  // namespace stream_echo
