#include "pretty.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <ctime>

#include <fmt/format.h>

#include "cli/escape.h"
#include "cli/term.h"
#include "width.h"

namespace sse_tail {
namespace {

// A type or an ID that is longer is shortened; most are words or numbers.
constexpr std::size_t kMaxColumn = 28;

// Where the terminal is too narrow for the columns, the data still gets this much.
constexpr std::size_t kLeastData = 16;

std::uint64_t ms_of_day() {
  using std::chrono::milliseconds;
  const auto now = std::chrono::system_clock::now();
  const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
  std::tm day = {};
  localtime_r(&seconds, &day);
  const auto ms = std::chrono::duration_cast<milliseconds>(now.time_since_epoch()).count() % 1000;
  return static_cast<std::uint64_t>(((day.tm_hour * 60 + day.tm_min) * 60 + day.tm_sec) * 1000 +
                                    ms);
}

std::size_t terminal_width() {
  winsize size = {};
  const bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return known ? size.ws_col : 80;
}

}  // namespace

void PrettyPrinter::message(const sse::Event& message, std::string& out) {
  begin_line(out);
  column(out, message.type, type_, message.type == "message" ? cli::kDimMark : cli::kCyanMark);
  if (!message.last_id.empty() || id_.width > 0) {
    column(out, message.last_id, id_, cli::kYellowMark);
  }
  rest(out, message.data);
}

void PrettyPrinter::comment(std::string_view text, std::string& out) {
  begin_line(out);
  column(out, ":", type_, cli::kDimMark);
  if (id_.width > 0) column(out, "", id_, cli::kDimMark);
  paint(out, cli::kDimMark);
  rest(out, text.substr(text.starts_with(' ') ? 1 : 0));
}

void PrettyPrinter::begin_line(std::string& out) {
  const std::uint64_t ms = fixed_ms_ != UINT64_MAX ? fixed_ms_ : ms_of_day();
  paint(out, cli::kDimMark);
  fmt::format_to(std::back_inserter(out), "{:02}:{:02}:{:02}.{:03}", ms / 3600000, ms / 60000 % 60,
                 ms / 1000 % 60, ms % 1000);
  paint(out, cli::kPlainMark);
  used_ = 12;
}

/// Two spaces, and the text filled up to the column's width, which grows with what comes.
void PrettyPrinter::column(std::string& out, std::string_view text, Column& column,
                           std::string_view color) {
  out += "  ";
  paint(out, color);
  std::size_t columns = 0;
  if (full_ || !look_.terminal) {
    const std::size_t begin = out.size();
    cli::append_escaped(out, text, cli::Escape::line);
    columns = width_of(std::string_view(out).substr(begin));
  } else {
    columns = append_shortened(out, text, kMaxColumn);
  }
  paint(out, cli::kPlainMark);
  column.width = std::max(column.width, std::min(columns, kMaxColumn));
  if (columns < column.width) out.append(column.width - columns, ' ');
  used_ += 2 + std::max(columns, column.width);
}

void PrettyPrinter::rest(std::string& out, std::string_view text) {
  out += "  ";
  used_ += 2;
  if (full_ || !look_.terminal) {
    cli::append_escaped(out, text, cli::Escape::line);
  } else {
    const std::size_t width = fixed_width_ > 0 ? fixed_width_ : terminal_width();
    append_shortened(out, text, std::max(width, used_ + kLeastData) - used_);
  }
  paint(out, cli::kPlainMark);
  out += '\n';
}

}  // namespace sse_tail
