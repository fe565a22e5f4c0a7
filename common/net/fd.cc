#include "net/fd.h"

#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace net {

void Fd::reset() {
  if (fd_ < 0) return;
  const int saved = errno;
  ::close(fd_);
  errno = saved;
  fd_ = -1;
}

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t size = ::write(fd, text.data(), text.size());
    if (size < 0 && errno != EINTR) return false;
    if (size > 0) text.remove_prefix(static_cast<std::size_t>(size));
  }
  return true;
}

std::string errno_text(int error) {
  return std::generic_category().message(error);
}

}  // namespace net
