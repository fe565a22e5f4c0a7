#include "id_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include <fmt/format.h>

#include "cli/value.h"
#include "net/fd.h"

namespace sse_tail {
namespace {

// More than any ID that can be sent; the file of somebody else need not be read into memory.
constexpr off_t kMaxSize = off_t{1} << 20;

/// Where the new content is put before it takes the place of the old one: in the same folder, as
/// rename() wants it, or beside what a symbolic link points to.
std::string target_of(const std::string& path) {
  std::string target = path;
  char* const real = realpath(path.c_str(), nullptr);
  if (real != nullptr) target = real;
  free(real);
  return target;
}

Error write_error(const std::string& path) {
  return {fmt::format("cannot write {}: {}", path, net::errno_text(errno)), {}};
}

}  // namespace

Result<std::string> read_id_file(const std::string& path) {
  struct stat info = {};
  if (stat(path.c_str(), &info) != 0 && errno == ENOENT) return std::string();
  if (S_ISREG(info.st_mode) && info.st_size > kMaxSize) {
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

Result<void> IdFile::save(std::string_view id) {
  if (path_.empty() || id == id_) return {};
  id_ = id;
  const std::string target = target_of(path_);
  const std::string fresh = fmt::format("{}.{}.new", target, getpid());
  net::Fd file(open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0666));
  const bool written = file && net::write_all(file.value(), id_ + '\n');
  if (written && rename(fresh.c_str(), target.c_str()) == 0) return {};
  const Error error = write_error(path_);
  if (file) unlink(fresh.c_str());
  path_.clear();
  return error;
}

}  // namespace sse_tail
