// Writes what passes through streams into a recording, a file of lines as streamrec(5) describes
// it: one write a turn of the loop, so that a crash leaves whole lines but for the last. A pipe
// whose reader is slow holds the program up, as one at curl's --trace does, but no signal.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "net/fd.h"
#include "net/loop.h"
#include "net/stream.h"
#include "net/tap.h"
#include "rec/recording.h"
#include "rec/writer.h"

namespace net {

class Recorder {
 public:
  /// Overwrites the file at `path`; a new one can be read by its owner only. `header` without
  /// `started`, which is now; in its URL secrets are overwritten too unless they are kept. The
  /// header is written at once. A FIFO is waited for until somebody reads it, so call this before
  /// signals have handlers. The loop and the recorder outlive every tap.
  static Result<std::unique_ptr<Recorder>> open(Loop& loop, const std::string& path,
                                                rec::Header header, rec::Secrets secrets);
  ~Recorder();
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  /// Records what it is called with as connection `conn`.
  TapStream::Tap tap(std::uint64_t conn);

  /// `stream`, recorded as connection `conn`.
  std::unique_ptr<Stream> tap(std::unique_ptr<Stream> stream, std::uint64_t conn);

  /// Called once when the file cannot be written any more, with a sentence that names it. From then
  /// on nothing is recorded. It must not destroy the recorder or a stream.
  void on_failed(std::function<void(const Error&)> failed) { failed_ = std::move(failed); }
  bool failed() const { return !file_; }

  void flush();

 private:
  Recorder(Loop& loop, std::string path, Fd file, rec::Secrets secrets);

  void schedule_flush();
  Result<void> write_out();
  bool wait_for_room();

  Loop& loop_;
  std::string path_;
  Fd file_;
  rec::Secrets secrets_;
  Time started_;
  std::string text_;  // of this turn, hardly more than kMaxPending
  std::function<void(const Error&)> failed_;
  std::shared_ptr<Recorder*> self_;  // shared with a flush that waits in the loop
  bool flush_waits_ = false;
  bool interrupted_ = false;  // while waiting for the reader of a pipe, and nothing went since
};

}  // namespace net
