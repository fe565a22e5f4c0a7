// The Timers of a Loop: a binary heap of their times, and one libuv timer for the earliest. A
// connection has a Timer each, so that one of libuv's would be too large.
#include <uv.h>

#include <algorithm>
#include <utility>

#include "net/loop_impl.h"

namespace net {

void TimerQueue::insert(Timer& timer) {
  heap_.push_back(&timer);
  rise(heap_.size() - 1, &timer);
}

void TimerQueue::remove(Timer& timer) {
  const std::size_t place = timer.place_;
  Timer* const last = heap_.back();
  heap_.pop_back();
  if (last != &timer) {
    rise(place, last);
    sink(last->place_, last);
  }
  timer.place_ = Timer::kNowhere;
}

/// Puts `timer`, which belongs at `place` or further up, where it belongs.
void TimerQueue::rise(std::size_t place, Timer* timer) {
  while (place > 0) {
    Timer* const parent = heap_[(place - 1) / 2];
    if (parent->queued_at_ <= timer->queued_at_) break;
    put(place, parent);
    place = (place - 1) / 2;
  }
  put(place, timer);
}

/// The same for `place` or further down.
void TimerQueue::sink(std::size_t place, Timer* timer) {
  for (;;) {
    std::size_t child = 2 * place + 1;
    if (child >= heap_.size()) break;
    const bool has_sibling = child + 1 < heap_.size();
    if (has_sibling && heap_[child + 1]->queued_at_ < heap_[child]->queued_at_) ++child;
    if (timer->queued_at_ <= heap_[child]->queued_at_) break;
    put(place, heap_[child]);
    place = child;
  }
  put(place, timer);
}

void TimerQueue::put(std::size_t place, Timer* timer) {
  heap_[place] = timer;
  timer->place_ = place;
}

void Loop::arm_timers() {
  Handles& h = *handles_;
  const Timer* const first = h.timers.first();
  if (first == nullptr) {
    uv_timer_stop(&h.timer);
    return;
  }
  // libuv counts whole milliseconds of the same clock; rounding up means never early.
  const std::int64_t due_ms = (first->queued_at_.time_since_epoch().count() + 999) / 1000;
  const auto now_ms = static_cast<std::int64_t>(uv_now(&h.loop));
  // libuv runs timers until none is due, so one that restarts itself with a time in the past would
  // never let go of the loop.
  const std::int64_t least_ms = h.in_timers ? 1 : 0;
  const auto delay_ms = static_cast<std::uint64_t>(std::max(due_ms - now_ms, least_ms));
  uv_timer_start(
      &h.timer, [](uv_timer_t* timer) { static_cast<Loop*>(timer->data)->run_timers(); }, delay_ms,
      0);
}

void Loop::run_timers() {
  Handles& h = *handles_;
  h.in_timers = true;
  const Time due = now();
  // Each at most once, however often it restarts itself.
  for (std::size_t left = h.timers.size(); left > 0;) {
    Timer* const timer = h.timers.first();
    if (timer == nullptr || timer->queued_at_ > due) break;
    h.timers.remove(*timer);
    if (timer->at_ > timer->queued_at_) {  // the owner has moved the time since
      timer->queued_at_ = timer->at_;
      h.timers.insert(*timer);
      continue;
    }
    --left;
    const std::function<void()> fired = timer->fired_;  // may destroy the Timer
    fired();
  }
  arm_timers();
  h.in_timers = false;
}

Timer::Timer(Loop& loop, std::function<void()> fired) : loop_(loop), fired_(std::move(fired)) {}

Timer::~Timer() {
  stop();
}

void Timer::start(Time at) {
  TimerQueue& queue = loop_.handles_->timers;
  at_ = at;
  if (place_ != kNowhere) {
    if (queued_at_ <= at) return;  // run_timers() looks at `at_` again
    queue.remove(*this);
  }
  queued_at_ = at;
  queue.insert(*this);
  if (place_ == 0) loop_.arm_timers();
}

void Timer::stop() {
  if (place_ == kNowhere) return;
  const bool was_first = place_ == 0;
  loop_.handles_->timers.remove(*this);
  if (was_first) loop_.arm_timers();
}

}  // namespace net
