#include "outlet.h"

#include <unistd.h>

#include <utility>
#include <vector>

#include "metric.h"

namespace sse_tail {
namespace {

constexpr std::size_t kMaxQueued = std::size_t{1} << 20;

// Of the text of one write; one large event need not cost memory for ever.
constexpr std::size_t kKept = std::size_t{1} << 20;

std::uint64_t ms_of(Duration duration) {
  return static_cast<std::uint64_t>(duration.count()) / 1000;
}

}  // namespace

Format format_of(const Args& args) {
  if (args.to) return *args.to;
  if (args.has_text()) return Format::text;
  return cli::look_of(STDOUT_FILENO, args.talk.color).terminal ? Format::pretty : Format::data;
}

Outlet::Outlet(net::Loop& loop, const Args& args, Time started)
    : loop_(loop),
      started_(started),
      format_(format_of(args)),
      look_(cli::look_of(STDOUT_FILENO, args.talk.color)),
      quiet_(!args.each.empty() && !args.to),
      output_(loop, STDOUT_FILENO),
      printer_(format_, look_, args.full),
      text_printer_(look_) {}

void Outlet::message(const sse::Event& message) {
  if (quiet_ || is_raw() || format_ == Format::text) return;
  if (json()) {
    cli::event_line(text_, stamp('<'), message.type, message.last_id, message.data);
  } else {
    printer_.message(message, text_);
  }
}

void Outlet::comment(std::string_view text) {
  if (quiet_ || is_raw() || format_ == Format::text) return;
  if (json()) {
    cli::comment_line(text_, stamp('<'), text);
  } else {
    printer_.comment(text, text_);
  }
}

void Outlet::delta(const Delta& delta, const ToolCall* call) {
  if (quiet_ || format_ != Format::text) return;
  const std::size_t before = text_.size();
  text_printer_.delta(delta, call, text_);
  if (!look_.terminal && text_.size() > before) inside_text_ = !text_.ends_with('\n');
}

void Outlet::end_text() {
  end_line();
  if (std::exchange(inside_text_, false)) text_ += '\n';
}

void Outlet::raw(ConstBytes body) {
  if (!quiet_) printer_.raw(as_text(body), text_);
}

void Outlet::opened(const net::HttpAnswer& answer) {
  if (!json()) return;
  cli::open_line(text_, stamp('<'),
                 {.status = answer.status,
                  .protocol = answer.version == "2"     ? "h2"
                              : answer.version == "1.0" ? "http/1.0"
                                                        : "http/1.1",
                  .url = answer.url});
}

void Outlet::retry(std::uint64_t ms) {
  if (json()) cli::retry_line(text_, stamp('<'), ms);
}

void Outlet::violation(const diag::Violation& violation) {
  if (json()) cli::violation_line(text_, stamp('<'), violation);
}

void Outlet::ended(std::string_view by, std::string_view unfinished) {
  if (json()) cli::end_line(text_, stamp(by == "us" ? '>' : '<'), by, unfinished);
}

void Outlet::reconnect(Duration wait) {
  if (json()) cli::reconnect_line(text_, stamp(0), ms_of(wait));
}

void Outlet::error(int exit_code, std::string_view message) {
  if (json()) cli::error_line(text_, stamp(0), exit_code, message);
}

void Outlet::timing(std::uint64_t run, const TimingReport& report) {
  if (!json()) return;
  std::vector<cli::TimingNumber> numbers;
  for (const Metric& metric : metrics()) {
    const auto value = metric.value(report);
    if (!value) continue;
    const bool time = metric.unit == Unit::time;
    numbers.push_back({.key = std::string(metric.name) + (time ? "_us" : ""),
                       .value = *value,
                       .whole = time || metric.unit == Unit::count});
  }
  cli::timing_line(text_, stamp(0), run, numbers);
}

void Outlet::flush() {
  output_.flush(as_bytes(text_));
  text_.clear();
  if (text_.capacity() > kKept) std::string().swap(text_);
}

bool Outlet::congested() const {
  return output_.queued() > kMaxQueued;
}

cli::Stamp Outlet::stamp(char dir) const {
  return {.since_start = loop_.now() - started_, .conn = conn_, .dir = dir};
}

}  // namespace sse_tail
