#include "cli/value.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>

#include <fcntl.h>
#include <unistd.h>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.h"
#include "cli/escape.h"
#include "cli/suggest.h"

namespace cli {
namespace {

Error bad_value(std::string_view option, std::string_view text, std::string_view wanted) {
  return {.message = fmt::format("option --{}: \"{}\" is not {}", option,
                                 escape(text, Escape::line), wanted),
          .hint = {}};
}

// " between 1 and 9", " of at least 1", " of at most 9", or nothing.
std::string range(std::uint64_t min, std::uint64_t max) {
  if (min > 0 && max < UINT64_MAX) return fmt::format(" between {} and {}", min, max);
  if (min > 0) return fmt::format(" of at least {}", min);
  if (max < UINT64_MAX) return fmt::format(" of at most {}", max);
  return {};
}

Error file_error(std::string_view what, std::string_view path, int number) {
  return {.message = fmt::format("cannot {} {}: {}", what, escape(path, Escape::line),
                                 std::strerror(number)),
          .hint = {}};
}

Result<std::string> read_all(int fd, std::string_view path) {
  std::string content;
  std::array<char, 65536> buffer{};
  for (;;) {
    const ssize_t count = ::read(fd, buffer.data(), buffer.size());
    if (count == 0) return content;
    if (count > 0) {
      content.append(buffer.data(), static_cast<std::size_t>(count));
    } else if (errno != EINTR) {
      return file_error("read", path, errno);
    }
  }
}

}  // namespace

Result<std::uint64_t> integer(std::string_view option, std::string_view text, std::uint64_t min,
                              std::uint64_t max) {
  const std::optional<std::uint64_t> number = parse_integer(text, max);
  if (number && *number >= min) return *number;
  return bad_value(option, text, "a whole number" + range(min, max));
}

Result<std::uint64_t> size(std::string_view option, std::string_view text, std::uint64_t min,
                           std::uint64_t max) {
  const std::optional<std::uint64_t> number = parse_size(text);
  if (!number) return bad_value(option, text, "a size such as 4096, 64k or 10M");
  if (*number >= min && *number <= max) return *number;
  return bad_value(option, text, "a size" + range(min, max));
}

Result<Duration> duration(std::string_view option, std::string_view text) {
  if (const std::optional<Duration> time = parse_duration(text)) return *time;
  return bad_value(option, text, "a time such as 2, 0.5, 250ms or 1m");
}

Result<std::size_t> choice(std::string_view option, std::string_view text,
                           std::span<const std::string_view> words) {
  const auto found = std::ranges::find(words, text);
  if (found != words.end()) return static_cast<std::size_t>(found - words.begin());
  Error error = bad_value(option, text, fmt::format("one of {}", fmt::join(words, ", ")));
  const std::string_view near = nearest(text, words);
  if (!near.empty()) error.hint = fmt::format("did you mean {}?", near);
  return error;
}

Result<std::size_t> choice(const Option& option, std::string_view text) {
  return choice(option.name, text, words_of(option));
}

Result<std::string> output_file(std::string_view option, std::string_view path) {
  if (!path.empty() && path != "-") return std::string(path);
  return Error{fmt::format("option --{}: needs a file, not standard output", option),
               "a file, or a named pipe; in bash also >(COMMAND)"};
}

Result<std::string> read_file(const std::string& path) {
  if (path == "-") return read_all(STDIN_FILENO, "standard input");
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return file_error("open", path, errno);
  Result<std::string> content = read_all(fd, path);
  ::close(fd);
  return content;
}

}  // namespace cli
