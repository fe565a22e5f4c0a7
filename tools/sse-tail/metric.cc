#include "metric.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"

namespace sse_tail {
namespace {

using Report = TimingReport;
using Value = std::optional<double>;

Value us(const std::optional<Duration>& time) {
  if (!time) return std::nullopt;
  return static_cast<double>(time->count());
}

Value of(const std::optional<std::uint64_t>& number) {
  if (!number) return std::nullopt;
  return static_cast<double>(*number);
}

Value number(std::uint64_t count) {
  return static_cast<double>(count);
}

/// What can be said only of a stream that has content.
Value with_content(const Report& report, double value) {
  if (report.chunks == 0) return std::nullopt;
  return value;
}

/// So many in one second of `time`.
Value rate(double count, const std::optional<Duration>& time) {
  if (!time || *time <= Duration(0)) return std::nullopt;
  return count / std::chrono::duration<double>(*time).count();
}

template <double GapSummary::*Which>
Value gap(const Report& report) {
  if (!report.gaps) return std::nullopt;
  return (*report.gaps).*Which;
}

template <std::optional<Duration> Report::*Which>
Value time(const Report& report) {
  return us(report.*Which);
}

/// Between the first and the last content.
std::optional<Duration> flow(const Report& report) {
  if (!report.ttft) return std::nullopt;
  return *report.last_content - *report.ttft;
}

/// Time for each token after the first: (last content - first) / (n - 1). Tokens of reasoning are
/// no content, and n is without them; where the server does not say how many they were, their time
/// counts as well.
Value time_per_token(const Report& report) {
  if (!report.usage.output_tokens || !report.ttft) return std::nullopt;
  const std::uint64_t reasoning = report.usage.reasoning_tokens.value_or(0);
  const std::uint64_t all = *report.usage.output_tokens;
  const std::uint64_t tokens = all - std::min(all, reasoning);
  if (tokens < 2) return std::nullopt;
  Duration first = *report.ttft;
  if (!report.usage.reasoning_tokens && report.ttft_reasoning) {
    first = std::min(first, *report.ttft_reasoning);
  }
  return static_cast<double>((*report.last_content - first).count()) /
         static_cast<double>(tokens - 1);
}

Value decode_rate(const Report& report) {
  const Value tpot = time_per_token(report);
  if (!tpot || *tpot <= 0) return std::nullopt;
  return 1e6 / *tpot;
}

Value whole_rate(const Report& report) {
  if (!report.usage.output_tokens) return std::nullopt;
  return rate(static_cast<double>(*report.usage.output_tokens), report.end);
}

constexpr std::array kMetrics = {
    Metric{"redirect", Unit::time, time<&Report::redirect>},
    Metric{"dns", Unit::time, time<&Report::dns>},
    Metric{"connect", Unit::time, time<&Report::connect>},
    Metric{"tls", Unit::time, time<&Report::tls>},
    Metric{"sent", Unit::time, time<&Report::sent>},
    Metric{"ttfb", Unit::time, time<&Report::ttfb>},
    Metric{"first_byte", Unit::time, time<&Report::first_byte>},
    Metric{"first_comment", Unit::time, time<&Report::first_comment>},
    Metric{"first_event", Unit::time, time<&Report::first_event>},
    Metric{"ttft_reasoning", Unit::time, time<&Report::ttft_reasoning>},
    Metric{"ttft", Unit::time, time<&Report::ttft>},
    Metric{"last_content", Unit::time, time<&Report::last_content>},
    Metric{"end", Unit::time, time<&Report::end>},
    Metric{"bytes", Unit::count, [](const Report& r) { return number(r.bytes); }},
    Metric{"events", Unit::count, [](const Report& r) { return number(r.events); }},
    Metric{"chunks", Unit::count, [](const Report& r) { return number(r.chunks); }},
    Metric{"chars", Unit::count, [](const Report& r) { return number(r.chars); }},
    Metric{"gap_min", Unit::time, gap<&GapSummary::min>},
    Metric{"gap_mean", Unit::time, gap<&GapSummary::mean>},
    Metric{"gap_p50", Unit::time, gap<&GapSummary::p50>},
    Metric{"gap_p90", Unit::time, gap<&GapSummary::p90>},
    Metric{"gap_p95", Unit::time, gap<&GapSummary::p95>},
    Metric{"gap_p99", Unit::time, gap<&GapSummary::p99>},
    Metric{"gap_max", Unit::time, gap<&GapSummary::max>},
    Metric{"stalls", Unit::count,
           [](const Report& r) { return with_content(r, static_cast<double>(r.stalls)); }},
    Metric{"stall_max", Unit::time,
           [](const Report& r) { return with_content(r, *us(r.stall_max)); }},
    Metric{"stall_at", Unit::count,
           [](const Report& r) { return with_content(r, static_cast<double>(r.stall_at)); }},
    Metric{"coalesced", Unit::share,
           [](const Report& r) {
             return with_content(r, static_cast<double>(r.coalesced) /
                                        static_cast<double>(std::max<std::uint64_t>(r.chunks, 1)));
           }},
    Metric{"buffered", Unit::count,
           [](const Report& r) { return with_content(r, r.buffered() ? 1 : 0); }},
    Metric{"bytes_per_s", Unit::rate,
           [](const Report& r) { return rate(static_cast<double>(r.bytes), r.end); }},
    Metric{"events_per_s", Unit::rate,
           [](const Report& r) { return rate(static_cast<double>(r.events), r.end); }},
    Metric{"chunks_per_s", Unit::rate,
           [](const Report& r) { return rate(static_cast<double>(r.chunks) - 1, flow(r)); }},
    Metric{"chars_per_s", Unit::rate,
           [](const Report& r) {
             return rate(static_cast<double>(r.chars - r.first_chars), flow(r));
           }},
    Metric{"input_tokens", Unit::count, [](const Report& r) { return of(r.usage.input_tokens); }},
    Metric{"output_tokens", Unit::count, [](const Report& r) { return of(r.usage.output_tokens); }},
    Metric{"reasoning_tokens", Unit::count,
           [](const Report& r) { return of(r.usage.reasoning_tokens); }},
    Metric{"tpot", Unit::time, time_per_token},
    Metric{"decode_tok_per_s", Unit::rate, decode_rate},
    Metric{"e2e_tok_per_s", Unit::rate, whole_rate},
};

}  // namespace

std::span<const Metric> metrics() {
  return kMetrics;
}

const Metric* find_metric(std::string_view name) {
  const auto* const found = std::find_if(kMetrics.begin(), kMetrics.end(),
                                         [&](const Metric& metric) { return metric.name == name; });
  return found == kMetrics.end() ? nullptr : found;
}

std::string time_text_of(double us, int digits) {
  if (us < 0.5 && digits == kUsualDigits) return "0 ms";
  if (us < 999'500) return fmt::format("{:.{}g} ms", us / 1e3, digits);
  if (us < 999'500'000) return fmt::format("{:.{}g} s", us / 1e6, digits);
  return fmt::format("{:.{}f} s", us / 1e6, digits - kUsualDigits);
}

std::string value_text(Unit unit, double value, int digits) {
  switch (unit) {
    case Unit::time: return time_text_of(value, digits);
    case Unit::count: return fmt::format("{:.{}f}", value, digits - kUsualDigits);
    case Unit::rate:
      if (value < 99.95) return fmt::format("{:.{}g}", value, digits);
      return fmt::format("{:.{}f}", value, digits - kUsualDigits);
    case Unit::share: return fmt::format("{:.{}g} %", value * 100, digits);
  }
  return {};
}

std::pair<std::string, std::string> value_texts(Unit unit, double a, double b) {
  constexpr int kMostDigits = 17;  // a double has no more
  for (int digits = kUsualDigits;; ++digits) {
    auto texts = std::pair(value_text(unit, a, digits), value_text(unit, b, digits));
    if (texts.first != texts.second || a == b || digits == kMostDigits) return texts;
  }
}

std::string plain_text(Unit unit, double value) {
  switch (unit) {
    case Unit::time: return fmt::format("{:.6f}", value / 1e6);
    case Unit::count: return fmt::format("{:.0f}", value);
    case Unit::rate:
    case Unit::share: return decimal_text(value, 4);
  }
  return {};
}

}  // namespace sse_tail
