#include "whole_file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include <fmt/format.h>

#include "net/fd.h"

namespace stream_echo {

Result<void> write_whole_file(const std::string& path, std::string_view text) {
  const auto failed = [&] {
    return Error{fmt::format("cannot write {}: {}", path, net::errno_text(errno)), {}};
  };
  std::string temporary = path + ".XXXXXX";
  net::Fd fd(mkostemp(temporary.data(), O_CLOEXEC));
  if (!fd) return failed();
  const bool written = fchmod(fd.value(), 0644) == 0 &&
                       write(fd.value(), text.data(), text.size()) == std::ssize(text) &&
                       rename(temporary.c_str(), path.c_str()) == 0;
  if (written) return {};
  const Error error = failed();
  unlink(temporary.c_str());
  return error;
}

}  // namespace stream_echo
