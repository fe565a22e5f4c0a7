// What the .cc files of net/loop share: the libuv handles of a Loop, and the one way in which every
// handle ends. Included by nobody else.
#pragma once

#include <uv.h>

#include "net/loop.h"

namespace net {

struct Loop::Handles {
  uv_loop_t loop = {};
  uv_prepare_t before_poll = {};
  uv_check_t after_poll = {};
  uv_idle_t busy = {};     // active while `later` work waits: makes the poll return at once
  bool in_timers = false;  // a timer callback is running
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
