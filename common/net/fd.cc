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

std::string errno_text(int error) {
  return std::generic_category().message(error);
}

}  // namespace net
