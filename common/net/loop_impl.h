// What the .cc files of net/loop share: the libuv handles of a Loop, and the one way in which every
// handle ends. Included by nobody else.
#pragma once

#include <uv.h>

#include "net/loop.h"

namespace net {

/// The started Timers, the earliest first.
class TimerQueue {
 public:
  Timer* first() const { return heap_.empty() ? nullptr : heap_.front(); }
  std::size_t size() const { return heap_.size(); }
  void insert(Timer& timer);  ///< by its queued_at_
  void remove(Timer& timer);

 private:
  void rise(std::size_t place, Timer* timer);
  void sink(std::size_t place, Timer* timer);
  void put(std::size_t place, Timer* timer);

  std::vector<Timer*> heap_;
};

struct Loop::Handles {
  uv_loop_t loop = {};
  uv_prepare_t before_poll = {};
  uv_check_t after_poll = {};
  uv_idle_t busy = {};  // active while `later` work waits: makes the poll return at once
  uv_async_t posted = {};
  uv_timer_t timer = {};  // for the first of `timers`
  TimerQueue timers;
  bool in_timers = false;                        // their callbacks are running
  uv_close_cb delete_forgotten_child = nullptr;  // set once there has been a child
};

/// Every State starts with a `handle` whose data points back to the State. libuv lets go of a
/// handle only in the close callback, so that is where the State is deleted, with the callback in
/// it.
template <typename State>
void close_and_delete(State* state) {
  uv_close(reinterpret_cast<uv_handle_t*>(&state->handle),
           [](uv_handle_t* handle) { delete static_cast<State*>(handle->data); });
}

template <typename Handle>
uv_handle_t* as_handle(Handle* handle) {
  return reinterpret_cast<uv_handle_t*>(handle);
}

}  // namespace net
