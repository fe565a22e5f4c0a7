#include "cli/term.h"

#include <cerrno>
#include <cstdlib>

#include <poll.h>
#include <unistd.h>

#include <cstdio>

#include <fmt/format.h>

namespace cli {
namespace {

std::string_view environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view{} : std::string_view{value};
}

}  // namespace

Look look_of(int fd, ColorMode mode) {
  const bool terminal = ::isatty(fd) == 1;
  switch (mode) {
    case ColorMode::always: return {.terminal = terminal, .color = true};
    case ColorMode::never: return {.terminal = terminal, .color = false};
    case ColorMode::automatic: break;
  }
  const bool wanted = environment("NO_COLOR").empty() && environment("TERM") != "dumb";
  return {.terminal = terminal, .color = terminal && wanted};
}

bool print(std::string_view text) {
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() &&
         std::fflush(stdout) == 0;
}

void Talk::error(std::string_view message, std::string_view hint) {
  if (silent_) return;
  if (look_.color) {
    write_line(fmt::format("{}{}:{} {}", kErrorMark, tool_, kPlainMark, message));
    if (!hint.empty()) write_line(fmt::format("{}hint: {}{}", kDimMark, hint, kPlainMark));
  } else {
    write_line(fmt::format("{}: {}", tool_, message));
    if (!hint.empty()) write_line(fmt::format("hint: {}", hint));
  }
}

void Talk::note(std::string_view message) {
  if (!silent_) write_line(fmt::format("{}: {}", tool_, message));
}

void Talk::plain(std::string_view text) {
  if (!silent_) write_line(text);
}

void Talk::verbose(std::string_view text) {
  if (verbosity_ > 0) write_line(text);
}

void Talk::report(std::string_view text) {
  write_line(text);
}

void Talk::write_line(std::string_view line) {
  write(std::string(line) + '\n');
}

void Talk::write(std::string_view text) {
  if (before_line_) before_line_();
  std::string_view rest = text;
  while (!rest.empty()) {
    const ssize_t count = ::write(fd_, rest.data(), rest.size());
    if (count >= 0) {
      rest.remove_prefix(static_cast<std::size_t>(count));
    } else if (errno == EAGAIN) {
      // Standard error may share its description with an input that was made non-blocking.
      pollfd wait{.fd = fd_, .events = POLLOUT, .revents = 0};
      ::poll(&wait, 1, -1);
    } else if (errno != EINTR) {
      return;
    }
  }
}

}  // namespace cli
