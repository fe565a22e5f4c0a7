// Standard input and output, driven by the loop, whatever they are: terminal, pipe, socket, file,
// /dev/null or closed. Neither owns its descriptor or changes its flags, because other processes
// may share it. One Input or Output to a descriptor.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "net/fd.h"
#include "net/loop.h"

namespace net {

/// Opens /dev/null in place of standard descriptors that are closed, so that no socket of ours
/// takes their number. To be called before anything else is opened.
void fill_standard_descriptors();

class Input {
 public:
  /// In the loop's shared buffer, good until the callback returns; may be changed in place.
  using Arrived = std::function<void(Bytes bytes)>;
  using Ended = std::function<void(std::optional<std::string> error)>;

  /// Starts reading. Neither callback runs from within the constructor; each may pause, resume or
  /// destroy the Input. `ended` runs once, without an error at the end of input or when `fd` was
  /// closed from the beginning, and nothing runs after it.
  Input(Loop& loop, int fd, Arrived arrived, Ended ended);
  ~Input();
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;

  void pause();  ///< from now on neither callback runs, until resume()
  void resume();

 private:
  struct State;
  std::shared_ptr<State> state_;  // shared with work that waits in the loop
};

class Output {
 public:
  Output(Loop& loop, int fd);
  ~Output();
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  /// Adds a copy of `bytes` to the queue. Nothing goes out before flush(); after a failure the
  /// bytes are dropped.
  void write(ConstBytes bytes);
  std::size_t queued() const;
  bool idle() const { return queued() == 0; }

  /// Something could not be written, and never will be.
  bool failed() const;

  /// Writes the queue, and then `more`, as far as it goes without waiting, once a turn say; the
  /// rest, copied, goes by itself when there is room. A regular file is waited for, as is a
  /// descriptor that cannot be opened anew.
  void flush(ConstBytes more = {});

  /// Called when a queue that had to wait is empty again.
  void on_drained(std::function<void()> drained);

  /// Called once, never from within flush(). `broken_pipe`: the reader has gone away.
  void on_failed(std::function<void(std::string error, bool broken_pipe)> failed);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace net
