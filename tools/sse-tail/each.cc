#include "each.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "net/fd.h"

namespace sse_tail {
namespace {

// The kernel refuses strings of 128 KiB and more, so that no command would start; the server, which
// decides what stands here, is not to decide that.
constexpr std::size_t kMaxVariable = std::size_t{64} << 10;

std::string variable(std::string_view text) {
  return std::string(text.size() > kMaxVariable ? "" : text);
}

/// A file in memory: a command that does not read it all, or not at once, holds nobody up.
net::Fd input_of(std::string_view data) {
  net::Fd file(memfd_create("event", MFD_CLOEXEC));
  const bool ready = file && net::write_all(file.value(), data) &&
                     net::write_all(file.value(), "\n") && lseek(file.value(), 0, SEEK_SET) == 0;
  if (!ready) file.reset();
  return file;
}

}  // namespace

Each::Each(net::Loop& loop, std::string command, std::string url, Done done)
    : loop_(loop), command_(std::move(command)), url_(std::move(url)), done_(std::move(done)) {}

Result<void> Each::run(const sse::Event& message) {
  const net::Fd input = input_of(message.data);
  if (!input) return Error{fmt::format("cannot run --each: {}", net::errno_text(errno)), {}};
  auto child = net::Child::spawn(
      loop_, {"sh", "-c", command_},
      {{"SSE_EVENT", variable(message.type)},
       {"SSE_ID", variable(message.last_id)},
       {"SSE_COUNT", std::to_string(++count_)},
       {"SSE_URL", url_}},
      [this](int exit_code) {
        // Later, because the next one takes the place of the child that this comes from.
        loop_.later([this, exit_code] {
          running_ = false;
          done_(exit_code);
        });
      },
      input.value());
  if (!child) return child.error();
  child_ = std::move(*child);
  running_ = true;
  return {};
}

}  // namespace sse_tail
