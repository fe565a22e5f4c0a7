#include "status_line.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <utility>

#include "cli/term.h"
#include "width.h"

namespace sse_tail {
namespace {

constexpr Duration kMoment = std::chrono::milliseconds(300);
constexpr Duration kSecond = std::chrono::seconds(1);

constexpr std::string_view kErase = "\r\x1b[K";

/// A line that is as wide as the terminal would wrap.
std::size_t room() {
  winsize size = {};
  const bool known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return known ? size.ws_col - 1 : 79;
}

void write_out(std::string_view text) {
  // Nobody is hurt when it is lost.
  [[maybe_unused]] const ssize_t size = ::write(STDERR_FILENO, text.data(), text.size());
}

}  // namespace

StatusLine::StatusLine(net::Loop& loop, bool enabled)
    : loop_(loop), enabled_(enabled), timer_(loop, [this] { draw(); }) {}

void StatusLine::show(Text text) {
  if (!enabled_) return;
  text_ = std::move(text);
  if (visible_) return draw();
  timer_.start(loop_.now() + kMoment);
}

void StatusLine::erase() {
  if (!enabled_) return;
  timer_.stop();
  if (std::exchange(visible_, false)) write_out(kErase);
}

void StatusLine::draw() {
  std::string line(kErase);
  line += cli::kDimMark;
  append_shortened(line, text_(loop_.now()), room());
  line += cli::kPlainMark;
  write_out(line);
  visible_ = true;
  timer_.start(loop_.now() + kSecond);
}

}  // namespace sse_tail
