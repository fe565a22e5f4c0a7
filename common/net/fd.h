// A descriptor with an owner, and the operating system's words for an errno.
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace net {

class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  ~Fd() { reset(); }
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    if (this != &other) {
      reset();
      fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
  }

  int value() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  int release() { return std::exchange(fd_, -1); }
  void reset();  ///< closes it; errno stays as it was

 private:
  int fd_ = -1;
};

/// Writes all of `text` to a file, which is waited for; false: errno says why not.
bool write_all(int fd, std::string_view text);

/// "Address already in use" for EADDRINUSE.
std::string errno_text(int error);

}  // namespace net
