#include "timing_text.h"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "base/text.h"
#include "cli/term.h"
#include "metric.h"

namespace sse_tail {
namespace {

constexpr std::size_t kLabelWidth = 19;
constexpr std::size_t kCountWidth = 12;  // "9 of 10 runs"

/// "NAME VALUE", where it is known; empty otherwise.
std::string named(std::string_view label, std::string_view metric, const TimingReport& report) {
  const Metric* const found = find_metric(metric);
  const auto value = found->value(report);
  if (!value) return {};
  return fmt::format("{} {}", label, value_text(found->unit, *value));
}

std::string value_of(std::string_view metric, const TimingReport& report) {
  return named("", metric, report).erase(0, 1);
}

void append_with_comma(std::string& list, std::string_view part) {
  if (part.empty()) return;
  if (!list.empty()) list += ", ";
  list += part;
}

/// Lines of a label and what there is to say.
class Block {
 public:
  explicit Block(bool color) : color_(color) {}

  void title(std::string_view text) { add(text, {}); }

  void line(std::string_view label, std::string_view text, std::string_view remark = {}) {
    if (text.empty()) return;
    std::string rest(text);
    if (!remark.empty()) {
      rest = fmt::format("{:<9} {}{}{}", text, mark(cli::kDimMark), remark, mark(cli::kPlainMark));
    }
    add(fmt::format("  {:<{}} ", label, kLabelWidth), rest);
    ++lines_;
  }

  void warning(std::string_view label, std::string_view text) {
    line(label, fmt::format("{}{}{}", mark(cli::kYellowMark), text, mark(cli::kPlainMark)));
  }

  /// Without any line a title is nothing.
  std::string text() { return lines_ > 0 ? std::move(text_) : std::string(); }

 private:
  std::string_view mark(std::string_view code) const { return color_ ? code : ""; }

  void add(std::string_view label, std::string_view rest) {
    if (!text_.empty()) text_ += '\n';
    text_ += label;
    text_ += rest;
  }

  bool color_;
  std::string text_;
  unsigned lines_ = 0;
};

void add_beginning(Block& block, const TimingReport& report) {
  if (report.sent) {
    std::string steps;
    for (const std::string_view name : {"redirect", "dns", "connect", "tls"}) {
      if (find_metric(name)->value(report) > 0) {
        append_with_comma(steps, named(name, name, report));
      }
    }
    block.line("before it", value_of("sent", report), steps);
  }
  const auto point = [&](std::string_view label, std::string_view metric, std::string_view what) {
    block.line(label, value_of(metric, report), what);
  };
  point("ttfb", "ttfb", "the answer");
  point("first byte", "first_byte", "of the body");
  point("first comment", "first_comment", {});
  point("first event", "first_event", {});
  point("ttft, reasoning", "ttft_reasoning", {});
  point("ttft", "ttft", "the first content");
  if (report.chunks > 1) point("last content", "last_content", {});
  point("end", "end", {});
}

void add_gaps(Block& block, const TimingReport& report, Duration stall) {
  if (!report.gaps) return;
  std::string first = count_text(report.gaps->count, "gap");
  for (const std::string_view name : {"mean", "min", "max"}) {
    append_with_comma(first, named(name, fmt::format("gap_{}", name), report));
  }
  std::string second;
  for (const std::string_view name : {"p50", "p90", "p95", "p99"}) {
    append_with_comma(second, named(name, fmt::format("gap_{}", name), report));
  }
  block.line("inter-chunk latency", first);
  block.line("", second);
  if (report.stalls > 0) {
    block.warning("stalls",
                  fmt::format("{} longer than {}, the longest {}, before chunk {}", report.stalls,
                              time_text_of(static_cast<double>(stall.count())),
                              value_of("stall_max", report), report.stall_at));
  }
  block.line("coalesced",
             fmt::format("{}: {} of {} chunks came with the one before",
                         value_of("coalesced", report), report.coalesced, report.chunks));
}

void add_rates(Block& block, const TimingReport& report) {
  std::string rates;
  const auto add = [&](std::string_view metric, std::string_view unit) {
    const std::string value = value_of(metric, report);
    if (!value.empty()) append_with_comma(rates, fmt::format("{} {}/s", value, unit));
  };
  add("chunks_per_s", "chunks");
  add("chars_per_s", "chars");
  add("events_per_s", "events");
  add("bytes_per_s", "bytes");
  block.line("rates", rates);
}

/// Only of what the server has said.
void add_tokens(Block& block, const TimingReport& report) {
  std::string counts = named("in", "input_tokens", report);
  append_with_comma(counts, named("out", "output_tokens", report));
  append_with_comma(counts, named("reasoning", "reasoning_tokens", report));
  block.line("tokens", counts);
  std::string speed = named("tpot", "tpot", report);
  const auto add = [&](std::string_view metric, std::string_view what) {
    const std::string value = value_of(metric, report);
    if (!value.empty()) append_with_comma(speed, fmt::format("{} tok/s {}", value, what));
  };
  add("decode_tok_per_s", "after the first");
  add("e2e_tok_per_s", "in all");
  block.line("", speed);
}

}  // namespace

std::string timing_text(const TimingReport& report, Duration stall, bool color) {
  Block block(color);
  block.title("timing since the request was sent");
  add_beginning(block, report);
  add_gaps(block, report, stall);
  add_rates(block, report);
  add_tokens(block, report);
  if (report.buffered()) {
    block.warning("looks buffered",
                  fmt::format("{} in {}, after {} of silence", count_text(report.chunks, "chunk"),
                              count_text(report.chunks - report.coalesced, "read"),
                              time_text_of(static_cast<double>(report.silence.count()))));
    block.line("", "hint: proxies pass on what has X-Accel-Buffering: no");
  }
  return block.text();
}

std::string run_text(std::uint64_t run, int exit_code, const TimingReport& report, bool color) {
  std::string text;
  append_with_comma(text, named("ttfb", "ttfb", report));
  append_with_comma(text, named("ttft", "ttft", report));
  append_with_comma(text, named("gap p50", "gap_p50", report));
  append_with_comma(text, named("p99", "gap_p99", report));
  append_with_comma(text, named("tpot", "tpot", report));
  append_with_comma(text, named("end", "end", report));
  if (text.empty()) text = "no answer";
  if (report.buffered()) {
    text += fmt::format(", {}looks buffered{}", color ? cli::kYellowMark : "",
                        color ? cli::kPlainMark : "");
  }
  const std::string failed = exit_code == 0 ? "" : fmt::format("failed ({}): ", exit_code);
  return fmt::format("run {}: {}{}", run, failed, text);
}

void RunTotals::add(const TimingReport& report) {
  ++runs_;
  const auto add = [&](std::vector<double>& values, std::string_view metric) {
    if (const auto value = find_metric(metric)->value(report)) values.push_back(*value);
  };
  add(ttft_, "ttft");
  add(tpot_, "tpot");
  add(gap_mean_, "gap_mean");
}

std::string RunTotals::text(bool color) const {
  std::string text;
  const auto add = [&](std::string_view label, std::vector<double> values) {
    if (values.empty()) return;
    std::sort(values.begin(), values.end());
    text += fmt::format("\n  {:<{}}", label, kCountWidth - 2);
    for (const double q : {0.5, 0.9, 0.99, 0.0, 1.0}) {
      text += fmt::format("  {:>8}", time_text_of(percentile(values, q)));
    }
    if (values.size() < runs_) text += fmt::format("  of {}", count_text(values.size(), "run"));
  };
  add("ttft", ttft_);
  if (tpot_.empty()) {
    add("mean gap", gap_mean_);
  } else {
    add("tpot", tpot_);
  }
  if (text.empty()) return text;
  std::string count = count_text(runs_ + failed_, "run");
  if (failed_ > 0) count = fmt::format("{} of {}", runs_, count);
  const std::string head = fmt::format("{:<{}}  {:>8}  {:>8}  {:>8}  {:>8}  {:>8}", count,
                                       kCountWidth, "p50", "p90", "p99", "min", "max");
  return fmt::format("{}{}{}{}", color ? cli::kDimMark : "", head, color ? cli::kPlainMark : "",
                     text);
}

}  // namespace sse_tail
