#include "net/stdio.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "base/output_buffer.h"
#include "net/stream.h"

namespace net {
namespace {

/// Regular files, directories and devices such as /dev/null have no readiness; epoll says so
/// itself, which is surer than guessing from the kind of file.
bool can_be_polled(int fd) {
  const Fd epoll(epoll_create1(EPOLL_CLOEXEC));
  epoll_event event = {};
  event.events = EPOLLIN;
  return epoll && epoll_ctl(epoll.value(), EPOLL_CTL_ADD, fd, &event) == 0;
}

bool is_kind(int fd, mode_t kind) {
  struct stat info = {};
  return fstat(fd, &info) == 0 && (info.st_mode & S_IFMT) == kind;
}

}  // namespace

struct Input::State : std::enable_shared_from_this<Input::State> {
  State(Loop& its_loop, int its_fd) : loop(its_loop), fd(its_fd) {}

  Loop& loop;
  int fd = -1;
  Arrived arrived;
  Ended ended;
  std::optional<Poll> poll;  // without it reading never waits, and takes one `later` a turn
  bool paused = false;
  bool over = false;  // ended, or the Input is gone
  bool scheduled = false;

  void wait() {
    if (poll) {
      poll->watch(!over && !paused, false);
    } else if (!over && !paused && !scheduled) {
      scheduled = true;
      loop.later([self = shared_from_this()] {
        self->scheduled = false;
        if (!self->over && !self->paused) self->turn();
      });
    }
  }

  void turn() {
    const auto self = shared_from_this();  // a callback may destroy the Input
    const Bytes into = loop.shared_buffer().first(Loop::kReadSize);
    // The descriptor has just been ready, so this does not block although it may be a blocking one.
    const ssize_t size = ::read(fd, into.data(), into.size());
    if (size > 0) {
      arrived(into.first(static_cast<std::size_t>(size)));
    } else if (size == 0 || errno == EBADF) {
      end(0);
    } else if (errno != EAGAIN && errno != EINTR) {  // EAGAIN: another process was quicker
      end(errno);
    }
    wait();
  }

  void end(int error) {
    over = true;
    if (error == 0) {
      ended(std::nullopt);
    } else {
      ended(errno_text(error));
    }
  }
};

void fill_standard_descriptors() {
  int fd = 0;
  do {
    fd = open("/dev/null", O_RDWR);
  } while (fd >= 0 && fd <= STDERR_FILENO);
  if (fd >= 0) ::close(fd);
}

Input::Input(Loop& loop, int fd, Arrived arrived, Ended ended)
    : state_(std::make_shared<State>(loop, fd)) {
  state_->arrived = std::move(arrived);
  state_->ended = std::move(ended);
  if (can_be_polled(fd)) {
    state_->poll.emplace(loop, fd, [state = state_.get()](bool, bool) { state->turn(); });
  }
  state_->wait();
}

Input::~Input() {
  state_->over = true;
  state_->poll.reset();
}

void Input::pause() {
  state_->paused = true;
  state_->wait();
}

void Input::resume() {
  state_->paused = false;
  state_->wait();
}

struct Output::State : std::enable_shared_from_this<Output::State> {
  State(Loop& its_loop, int its_fd) : loop(its_loop), fd(its_fd) {}

  Loop& loop;
  int fd = -1;
  Fd own;  // the same pipe or terminal, opened anew so that O_NONBLOCK is ours alone
  bool is_socket = false;
  std::optional<Poll> poll;  // made when something had to wait for the first time
  OutputBuffer queue{OutputBuffer::kKeptByOne};
  bool dead = false;  // failed, or the Output is gone
  std::function<void()> drained;
  std::function<void(std::string, bool)> failed;

  ssize_t write_once(ConstBytes bytes) const {
    if (is_socket) return send(fd, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    return ::write(own ? own.value() : fd, bytes.data(), bytes.size());
  }

  void flush(ConstBytes more = {}) {
    while (!dead) {
      const bool from_queue = queue.size() > 0;
      const ConstBytes bytes = from_queue ? queue.view() : more;
      if (bytes.empty()) return;
      const ssize_t size = write_once(bytes);
      if (size >= 0) {
        const auto gone = static_cast<std::size_t>(size);
        from_queue ? queue.sent(gone) : void(take_front(more, gone));
      } else if (errno == EAGAIN) {
        queue.append(more);
        return wait();
      } else if (errno != EINTR) {
        fail(errno);
      }
    }
    queue.sent(queue.size());
  }

  void wait() {
    if (!poll) {
      poll.emplace(loop, own ? own.value() : fd, [this](bool, bool) { go_on(); });
    }
    poll->watch(false, true);
  }

  /// Stays the only place that ends waiting, also when a flush() of the owner was quicker: whoever
  /// waits for `drained` would wait for ever otherwise.
  void go_on() {
    const auto self = shared_from_this();  // the callback may destroy the Output
    flush();
    if (queue.size() > 0) return;
    poll->watch(false, false);
    if (dead || !drained) return;
    const std::function<void()> callback = drained;
    callback();
  }

  void fail(int error) {
    dead = true;
    loop.later([weak = weak_from_this(), error] {
      const auto self = weak.lock();
      if (!self || !self->failed) return;
      const auto callback = std::exchange(self->failed, nullptr);
      callback(errno_text(error), error == EPIPE || error == ECONNRESET);
    });
  }
};

Output::Output(Loop& loop, int fd) : state_(std::make_shared<State>(loop, fd)) {
  state_->is_socket = is_kind(fd, S_IFSOCK);
  if (is_kind(fd, S_IFIFO) || isatty(fd) != 0) {
    const std::string path = "/proc/self/fd/" + std::to_string(fd);
    state_->own = Fd(open(path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
  }
}

Output::~Output() {
  state_->dead = true;
  state_->poll.reset();
}

void Output::write(ConstBytes bytes) {
  if (!state_->dead) state_->queue.append(bytes);
}

std::size_t Output::queued() const {
  return state_->dead ? 0 : state_->queue.size();
}

bool Output::failed() const {
  return state_->dead;
}

void Output::flush(ConstBytes more) {
  state_->flush(more);
}

void Output::on_drained(std::function<void()> drained) {
  state_->drained = std::move(drained);
}

void Output::on_failed(std::function<void(std::string, bool)> failed) {
  state_->failed = std::move(failed);
}

}  // namespace net
