#include "id_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>

#include <fmt/format.h>

#include "cli/value.h"
#include "net/fd.h"

namespace sse_tail {
namespace {

// More than any ID that can be sent; the file of somebody else need not be read into memory.
constexpr off_t kMaxSize = off_t{1} << 20;

// As many as Linux follows.
constexpr int kMaxLinks = 40;

/// What symbolic links lead to, whether it is there or not.
std::string target_of(const std::string& path) {
  std::filesystem::path target = path;
  std::error_code error;
  for (int i = 0; i < kMaxLinks && std::filesystem::is_symlink(target, error); ++i) {
    const auto link = std::filesystem::read_symlink(target, error);
    if (error) break;
    target = target.parent_path() / link;
  }
  return target.string();
}

std::string folder_of(const std::string& target) {
  const std::string folder = std::filesystem::path(target).parent_path().string();
  return folder.empty() ? "." : folder;
}

/// `info` of the file that it will replace; mode 0: there is none.
bool write_fresh(const std::string& fresh, const struct stat& info, std::string_view content) {
  const bool replaces = info.st_mode != 0;
  const mode_t mode = replaces ? 0600 : 0666;
  const net::Fd file(
      open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode));
  if (!file) return false;
  if (replaces) {
    // Only root can give a file away, and only root has to.
    [[maybe_unused]] const int given = fchown(file.value(), info.st_uid, info.st_gid);
    if (fchmod(file.value(), info.st_mode & 07777) != 0) return false;
  }
  return net::write_all(file.value(), content);
}

bool write_in_place(const std::string& target, std::string_view content) {
  // Not to wait for somebody who reads a FIFO.
  const net::Fd file(open(target.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  return file && net::write_all(file.value(), content);
}

Error write_error(const std::string& path) {
  return {fmt::format("cannot write {}: {}", path, net::errno_text(errno)), {}};
}

}  // namespace

Result<std::string> read_id_file(const std::string& path) {
  struct stat info = {};
  if (stat(path.c_str(), &info) != 0 && errno == ENOENT) return std::string();
  const bool other = info.st_mode != 0 && !S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode);
  if (other) return std::string();  // a FIFO, or a device, may have no end
  if (info.st_size > kMaxSize) {
    return Error{fmt::format("option --id-file: {} is too large for an ID", path), {}};
  }
  auto content = cli::read_file(path);
  if (!content) return content;
  if (content->ends_with('\n')) content->pop_back();
  if (content->find_first_of(std::string_view("\r\n\0", 3)) != content->npos) {
    return Error{fmt::format("option --id-file: there is no ID in {}", path),
                 "one line is wanted, as sse-tail writes it"};
  }
  return content;
}

Result<void> check_id_file(const std::string& path) {
  const std::string target = target_of(path);
  struct stat info = {};
  const bool there = stat(target.c_str(), &info) == 0;
  if (there && S_ISDIR(info.st_mode)) errno = EISDIR;
  if (there && (S_ISDIR(info.st_mode) || access(target.c_str(), W_OK) != 0)) {
    return write_error(path);
  }
  const bool replaced = !there || S_ISREG(info.st_mode);
  if (replaced && access(folder_of(target).c_str(), W_OK | X_OK) != 0) return write_error(path);
  return {};
}

Result<void> IdFile::save(std::string_view id) {
  if (path_.empty() || id == id_) return {};
  id_ = id;
  const std::string content = id_ + '\n';
  const std::string target = target_of(path_);
  struct stat info = {};
  const bool there = stat(target.c_str(), &info) == 0;
  if (there && !S_ISREG(info.st_mode)) {
    if (write_in_place(target, content)) return {};
  } else {
    const std::string fresh = fmt::format("{}.{}.new", target, getpid());
    const bool written = write_fresh(fresh, info, content);
    if (written && rename(fresh.c_str(), target.c_str()) == 0) return {};
    const int error = errno;
    unlink(fresh.c_str());
    errno = error;
  }
  const Error error = write_error(path_);
  path_.clear();
  return error;
}

}  // namespace sse_tail
