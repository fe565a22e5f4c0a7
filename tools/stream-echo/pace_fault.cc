#include "pace_fault.h"

#include <algorithm>

namespace stream_echo {
namespace {

using std::chrono::microseconds;

// Of `rate` without `slice`: writes a second.
constexpr std::uint64_t kWritesPerSecond = 20;

}  // namespace

void PaceFaults::begin_answer(std::size_t size, std::optional<Fault> dribble) {
  answer_left_ = size;
  dribble_ = std::move(dribble);
}

void PaceFaults::add(const Fault& fault) {
  std::erase_if(faults_, [&](const Fault& one) { return one.word == fault.word; });
  faults_.push_back(fault);
}

void PaceFaults::announce(std::size_t size, Duration pause) {
  if (apart_) pieces_.push_back({size, pause});
}

const Fault* PaceFaults::find(Word word) const {
  const auto found = std::ranges::find(faults_, word, &Fault::word);
  return found == faults_.end() ? nullptr : &*found;
}

net::Pacer::Slice PaceFaults::next(std::size_t waiting) {
  net::Pacer::Slice slice{.size = waiting};
  if (answer_left_ > 0) {
    slice.size = answer_left_;
    if (dribble_) {
      slice = {.size = std::min<std::size_t>(dribble_->number, answer_left_),
               .pause = dribble_->time};
    }
    answer_left_ -= slice.size;
    return slice;
  }
  if (!pieces_.empty()) {
    slice = {.size = pieces_.front().size, .pause = pieces_.front().pause};
    pieces_.pop_front();
  } else if (const Fault* pieces = find(Word::slice)) {
    slice = {.size = std::min<std::size_t>(pieces->number, waiting), .pause = pieces->time};
  }
  if (const Fault* rate = find(Word::rate)) {
    const std::uint64_t share = std::max<std::uint64_t>(rate->number / kWritesPerSecond, 1);
    if (!apart_) slice.size = std::min<std::size_t>(slice.size, share);
    slice.pause += microseconds(slice.size * 1'000'000 / rate->number);
  }
  if (const Fault* jitter = find(Word::jitter)) {
    const auto most = static_cast<std::uint64_t>(jitter->time.count());
    slice.pause += microseconds(random_(most + 1));
  }
  return slice;
}

}  // namespace stream_echo
