#include "net/recorder.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>
#include <utility>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "rec/redact.h"

namespace net {
namespace {

// Of lines that wait for the end of the turn; many connections can have much to tell in one.
constexpr std::size_t kMaxPending = std::size_t{256} << 10;

// Kept for the next turn.
constexpr std::size_t kKeptCapacity = 2 * kMaxPending;

std::string utc_now() {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr)));
}

Fd open_file(const std::string& path) {
  constexpr mode_t kOwnerOnly = 0600;  // private data, though without the known secrets
  return Fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, kOwnerOnly));
}

}  // namespace

Result<std::unique_ptr<Recorder>> Recorder::open(Loop& loop, const std::string& path,
                                                 rec::Header header, rec::Secrets secrets) {
  struct stat info = {};
  const bool is_fifo = stat(path.c_str(), &info) == 0 && S_ISFIFO(info.st_mode);
  Fd file = open_file(path);
  if (!file) return Error{fmt::format("cannot open {}: {}", path, errno_text(errno)), {}};

  // So that it is wait_for_room() that waits, which a signal ends.
  if (is_fifo) fcntl(file.value(), F_SETFL, O_NONBLOCK);

  std::unique_ptr<Recorder> recorder(new Recorder(loop, path, std::move(file), secrets));
  header.started = utc_now();
  if (secrets == rec::Secrets::overwritten) header.url = rec::redacted_url(header.url);
  rec::append_header(recorder->text_, header);
  if (auto written = recorder->write_out(); !written) return written.error();
  return recorder;
}

Recorder::Recorder(Loop& loop, std::string path, Fd file, rec::Secrets secrets)
    : loop_(loop),
      path_(std::move(path)),
      file_(std::move(file)),
      secrets_(secrets),
      started_(loop.now()),
      self_(std::make_shared<Recorder*>(this)) {}

Recorder::~Recorder() {
  *self_ = nullptr;
  flush();
}

TapStream::Tap Recorder::tap(std::uint64_t conn) {
  const auto writer = std::make_shared<rec::Writer>(conn, secrets_);
  return [this, writer](rec::Kind kind, ConstBytes bytes) {
    if (failed()) return;
    writer->append(text_, loop_.now() - started_, kind, bytes);
    if (text_.size() > kMaxPending && !interrupted_) return flush();
    schedule_flush();
  };
}

std::unique_ptr<Stream> Recorder::tap(std::unique_ptr<Stream> stream, std::uint64_t conn) {
  return std::make_unique<TapStream>(std::move(stream), tap(conn));
}

void Recorder::schedule_flush() {
  if (flush_waits_) return;
  flush_waits_ = true;
  loop_.later([self = self_] {
    if (*self == nullptr) return;
    (*self)->flush_waits_ = false;
    (*self)->flush();
  });
}

void Recorder::flush() {
  if (failed()) return;
  const auto written = write_out();
  if (written) {
    // Twice: there is a poll between the two, where what the signal was for happens.
    if (!text_.empty() && *self_ == this)
      loop_.later([this, self = self_] {
        if (*self != nullptr) schedule_flush();
      });
    return;
  }
  file_.reset();
  std::string().swap(text_);
  if (failed_) failed_({written.error().message, "the recording ends here, the rest goes on"});
}

/// Leaves the rest in `text_` when a signal came while a reader held us up. With the second such
/// signal the reader is given up, so that who asks twice gets away.
Result<void> Recorder::write_out() {
  std::size_t written = 0;
  while (written < text_.size()) {
    const ConstBytes rest = as_bytes(text_).subspan(written);
    const ssize_t size = ::write(file_.value(), rest.data(), rest.size());
    if (size >= 0) {
      written += static_cast<std::size_t>(size);
      interrupted_ = false;
    } else if (errno == EAGAIN) {
      if (wait_for_room()) continue;
      if (interrupted_)
        return Error{fmt::format("cannot write {}: its reader takes nothing", path_), {}};
      interrupted_ = true;
      text_.erase(0, written);
      return {};
    } else if (errno != EINTR) {
      return Error{fmt::format("cannot write {}: {}", path_, errno_text(errno)), {}};
    }
  }
  text_.clear();
  if (text_.capacity() > kKeptCapacity) std::string().swap(text_);
  return {};
}

/// False when a signal came first.
bool Recorder::wait_for_room() {
  pollfd ready = {.fd = file_.value(), .events = POLLOUT, .revents = 0};
  return poll(&ready, 1, -1) > 0;
}

}  // namespace net
