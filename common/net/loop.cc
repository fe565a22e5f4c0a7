#include "net/loop.h"

#include <fcntl.h>
#include <uv.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <utility>

#include "base/check.h"
#include "net/loop_impl.h"

namespace net {

Loop::Loop() : handles_(std::make_unique<Handles>()) {
  Handles& h = *handles_;
  CHECK(uv_loop_init(&h.loop) == 0);
  uv_prepare_init(&h.loop, &h.before_poll);
  uv_check_init(&h.loop, &h.after_poll);
  uv_idle_init(&h.loop, &h.busy);
  uv_timer_init(&h.loop, &h.timer);
  h.timer.data = this;
  CHECK(uv_async_init(&h.loop, &h.posted, [](uv_async_t* handle) {
          static_cast<Loop*>(handle->data)->run_posted();
        }) == 0);
  h.before_poll.data = h.after_poll.data = h.posted.data = this;
  // `later` work runs on both sides of the poll: after it for what descriptors asked for, before it
  // for what timers asked for. So nothing outlives the batch of callbacks that gave it up.
  uv_prepare_start(&h.before_poll,
                   [](uv_prepare_t* handle) { static_cast<Loop*>(handle->data)->run_later(); });
  uv_check_start(&h.after_poll,
                 [](uv_check_t* handle) { static_cast<Loop*>(handle->data)->run_later(); });
  uv_unref(as_handle(&h.before_poll));
  uv_unref(as_handle(&h.after_poll));
  uv_unref(as_handle(&h.posted));
}

Loop::~Loop() {
  waiting_.clear();
  posted_.clear();
  Handles& h = *handles_;
  uv_close(as_handle(&h.before_poll), nullptr);
  uv_close(as_handle(&h.after_poll), nullptr);
  uv_close(as_handle(&h.busy), nullptr);
  uv_close(as_handle(&h.timer), nullptr);
  uv_close(as_handle(&h.posted), nullptr);
  // A child that was forgotten while it ran is all that may be left; its State goes with it.
  uv_walk(
      &h.loop,
      [](uv_handle_t* handle, void* handles) {
        if (uv_is_closing(handle)) return;
        CHECK(handle->type == UV_PROCESS);
        uv_close(handle, static_cast<Handles*>(handles)->delete_forgotten_child);
      },
      &h);
  // A stop() from outside run() is still to be obeyed, by the first of these.
  while (uv_run(&h.loop, UV_RUN_DEFAULT) != 0) {
  }
  CHECK(uv_loop_close(&h.loop) == 0);
}

void Loop::run() {
  in_run_ = true;
  now_.reset();
  uv_run(&handles_->loop, UV_RUN_DEFAULT);
  stopped_ = false;
  run_later();
  // What stops the loop from there has nothing left to stop, and is not for the next run().
  if (std::exchange(stopped_, false)) uv_run(&handles_->loop, UV_RUN_NOWAIT);
  now_.reset();
  in_run_ = false;
}

void Loop::stop() {
  stopped_ = true;
  uv_stop(&handles_->loop);
}

Time Loop::now() const {
  if (now_) return *now_;
  const Time now = std::chrono::time_point_cast<Duration>(std::chrono::steady_clock::now());
  if (in_run_) now_ = now;
  return now;
}

Time Loop::refresh() {
  now_.reset();
  return now();
}

void Loop::later(std::function<void()> work) {
  if (waiting_.empty()) uv_idle_start(&handles_->busy, [](uv_idle_t*) {});
  waiting_.push_back(std::move(work));
}

void Loop::run_later() {
  now_.reset();
  if (waiting_.empty()) return;
  running_.swap(waiting_);
  for (std::function<void()>& work : running_) work();
  running_.clear();
  if (waiting_.empty()) uv_idle_stop(&handles_->busy);
  now_.reset();
}

void Loop::post(std::function<void()> work) {
  {
    const std::lock_guard lock(posted_mutex_);
    posted_.push_back(std::move(work));
  }
  uv_async_send(&handles_->posted);
}

void Loop::run_posted() {
  std::vector<std::function<void()>> posted;
  {
    const std::lock_guard lock(posted_mutex_);
    posted.swap(posted_);
  }
  for (std::function<void()>& work : posted) work();
}

Bytes Loop::shared_buffer() {
  if (!buffer_) {
    buffer_ = std::make_unique_for_overwrite<std::uint8_t[]>(kHeadroom + kSharedBufferSize);
  }
  return {buffer_.get() + kHeadroom, kSharedBufferSize};
}

struct Poll::State {
  uv_poll_t handle = {};
  Ready ready;
  int wanted = 0;  // UV_READABLE and so on
  bool armed = false;

  void arm() {
    if (wanted != 0) {
      CHECK(uv_poll_start(&handle, wanted, on_event) == 0);
    } else if (armed) {
      uv_poll_stop(&handle);
    }
    armed = wanted != 0;
  }

  void tell(int events) {
    ready((events & (UV_READABLE | UV_DISCONNECT)) != 0, (events & UV_WRITABLE) != 0);
  }

  static void on_event(uv_poll_t* handle, int status, int events) {
    auto* state = static_cast<State*>(handle->data);
    if (status == 0) return state->tell(events);
    // POLLERR: libuv has stopped the handle. What is wrong is for the owner's next read or write to
    // find out; until the owner reacts we keep telling, as epoll would.
    state->armed = false;
    state->tell(state->wanted);
    if (!state->armed && !uv_is_closing(as_handle(handle))) state->arm();
  }
};

Poll::Poll(Loop& loop, int fd, Ready ready) : state_(new State) {
  state_->ready = std::move(ready);
  state_->handle.data = state_;
  // uv_poll_init makes the descriptor non-blocking. On an inherited one that would change it for
  // every process that shares it, so it is put back at once.
  const int flags = fcntl(fd, F_GETFL);
  CHECK(uv_poll_init(&loop.handles_->loop, &state_->handle, fd) == 0);
  if ((flags & O_NONBLOCK) == 0) fcntl(fd, F_SETFL, flags);
}

Poll::~Poll() {
  close_and_delete(state_);
}

void Poll::watch(bool readable, bool writable, bool end) {
  const int wanted =
      (readable ? UV_READABLE : 0) | (writable ? UV_WRITABLE : 0) | (end ? UV_DISCONNECT : 0);
  if (state_->armed == (wanted != 0) && state_->wanted == wanted) return;
  state_->wanted = wanted;
  state_->arm();
}

struct Signal::State {
  uv_signal_t handle = {};
  std::function<void()> caught;
};

Signal::Signal(Loop& loop, int signum, std::function<void()> caught, bool once)
    : state_(new State) {
  state_->caught = std::move(caught);
  state_->handle.data = state_;
  CHECK(uv_signal_init(&loop.handles_->loop, &state_->handle) == 0);
  const auto on_signal = [](uv_signal_t* handle, int) {
    static_cast<State*>(handle->data)->caught();
  };
  const auto start = once ? uv_signal_start_oneshot : uv_signal_start;
  CHECK(start(&state_->handle, on_signal, signum) == 0);
  uv_unref(as_handle(&state_->handle));
}

Signal::~Signal() {
  close_and_delete(state_);
}

}  // namespace net
