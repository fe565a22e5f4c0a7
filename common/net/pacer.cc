#include "net/pacer.h"

#include <algorithm>
#include <utility>

namespace net {

void Pacer::set(Pace pace) {
  pace_ = std::move(pace);
  left_ = 0;
  pause_end_.reset();
}

bool Pacer::pauses(Time now) {
  if (pause_end_ && *pause_end_ <= now) pause_end_.reset();
  return pause_end_.has_value();
}

ConstBytes Pacer::next(ConstBytes waiting, std::size_t refused) {
  if (!pace_) return waiting;
  if (left_ == 0) {
    const Slice slice = pace_(waiting.size());
    left_ = std::clamp<std::size_t>(std::max(slice.size, refused), 1, waiting.size());
    pause_ = slice.pause;
  }
  return waiting.first(std::min(left_, waiting.size()));
}

void Pacer::sent(std::size_t size, Time now) {
  if (!pace_) return;
  left_ -= size;
  if (left_ == 0 && pause_ > Duration(0)) pause_end_ = now + pause_;
}

}  // namespace net
