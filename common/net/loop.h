// The event loop: libuv used as a readiness loop. It says when a descriptor is ready, a time has
// come, a signal was caught or a child has ended; reading and writing is the caller's business.
// This is the only public face of libuv, and no uv type shows. One loop belongs to one thread; only
// post() may be called from others. Everything here may be destroyed at any time, in its own
// callback too, but before its Loop.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"

namespace net {

class Loop {
 public:
  Loop();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  /// Runs until stop(), or until no Poll, Timer, Child or `later` work is left. Signals and posts
  /// do not count.
  void run();

  /// Makes run() return at the end of this turn; `later` work that waits then is still done, once.
  void stop();

  /// The steady clock as it was when this turn first asked; refresh() reads it again. Outside run()
  /// it is read each time.
  Time now() const;
  Time refresh();

  /// Does `work` at the end of this turn, before the loop blocks again: the place to delete a
  /// connection, and where a stream with leftovers gets its next go. Work that asks for `later`
  /// again keeps the loop from blocking, but never from looking after the other descriptors.
  void later(std::function<void()> work);

  /// The one thing for other threads: does `work` soon, in the thread of this loop, and in the
  /// order of the calls. What comes when run() has returned waits for run_posted(), or is dropped
  /// with the loop, which outlives the call.
  void post(std::function<void()> work);

  /// Does at once what has been posted.
  void run_posted();

  /// One read buffer of kSharedBufferSize for everybody on this loop, with kHeadroom bytes in front
  /// of it that may be written to. What is in it is good until the current callback returns.
  Bytes shared_buffer();

  static constexpr std::size_t kSharedBufferSize = 512 * 1024;
  static constexpr std::size_t kReadSize = 64 * 1024;  ///< of it for an ordinary read
  static constexpr std::size_t kHeadroom = 16;  // the longest WebSocket frame header is 14 bytes

  /// What everybody on this loop keeps of what was read and cannot be passed on yet, in bytes.
  std::size_t kept() const { return kept_; }
  void change_kept(std::size_t from, std::size_t to) { kept_ = kept_ - from + to; }

 private:
  friend class Poll;
  friend class Timer;
  friend class Signal;
  friend class Child;
  struct Handles;

  void run_later();
  void arm_timers();
  void run_timers();

  std::unique_ptr<Handles> handles_;
  std::vector<std::function<void()>> waiting_;
  std::vector<std::function<void()>> running_;
  std::mutex posted_mutex_;
  std::vector<std::function<void()>> posted_;
  mutable std::optional<Time> now_;
  bool in_run_ = false;
  bool stopped_ = false;
  std::size_t kept_ = 0;
  std::unique_ptr<std::uint8_t[]> buffer_;
};

/// Readiness of a descriptor, level-triggered. Does not own the descriptor, which must stay open
/// for as long as this lives and has at most one Poll. Its O_NONBLOCK flag is left as it was.
class Poll {
 public:
  using Ready = std::function<void(bool readable, bool writable)>;

  /// `fd` is one that epoll takes: no regular file, not /dev/null. Watches nothing yet.
  Poll(Loop& loop, int fd, Ready ready);
  ~Poll();
  Poll(const Poll&) = delete;
  Poll& operator=(const Poll&) = delete;

  /// What to report from now on; neither means nothing. An error or a hang-up is reported as
  /// everything that is watched: the next read or write tells which it is. `end` asks for the end
  /// of what the peer sends, ahead of what is still to be read, and reports it as readable.
  void watch(bool readable, bool writable, bool end = false);

 private:
  struct State;
  State* state_ = nullptr;  // libuv keeps it until the close callback, which deletes it
};

/// Fires once for each start(), never early, at most about a millisecond late on an idle loop.
class Timer {
 public:
  Timer(Loop& loop, std::function<void()> fired);
  ~Timer();
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  /// Replaces an earlier time. Moving a deadline further away costs next to nothing.
  void start(Time at);
  void stop();

 private:
  friend class Loop;
  friend class TimerQueue;
  static constexpr std::size_t kNowhere = SIZE_MAX;

  Loop& loop_;
  std::function<void()> fired_;
  Time at_ = {};                  // when the owner wants to be called
  Time queued_at_ = {};           // when the loop looks at it, never later than `at_`
  std::size_t place_ = kNowhere;  // in the loop's queue
};

/// Calls back in the loop for every `signum` the process gets; does not keep run() going. With
/// `once` only the first is caught and the next does what it does by default, at once, even when
/// something that does not come to its end keeps the loop from calling back.
class Signal {
 public:
  Signal(Loop& loop, int signum, std::function<void()> caught, bool once = false);
  ~Signal();
  Signal(const Signal&) = delete;
  Signal& operator=(const Signal&) = delete;

 private:
  struct State;
  State* state_ = nullptr;
};

/// A child process with our standard output and error, and our standard input or another.
/// Destroying this forgets the process without ending it; it is still reaped while the loop runs.
class Child {
 public:
  using Exited = std::function<void(int exit_code)>;  ///< 128 + the signal when it was killed

  /// Looks argv[0] up in PATH. `extra_env` goes on top of our own environment. `input` is needed
  /// during the call only.
  static Result<std::unique_ptr<Child>> spawn(
      Loop& loop, const std::vector<std::string>& argv,
      const std::vector<std::pair<std::string, std::string>>& extra_env, Exited exited,
      int input = 0);
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  /// Sends `signum`; nothing happens when the process has ended.
  void kill(int signum);

 private:
  struct State;
  explicit Child(State* state) : state_(state) {}
  State* state_ = nullptr;
};

}  // namespace net
