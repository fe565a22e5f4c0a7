#include "fail_if.h"

#include <charconv>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.h"
#include "cli/escape.h"
#include "cli/suggest.h"

namespace sse_tail {
namespace {

using Op = FailIf::Op;

Error bad(std::string_view text, std::string_view what) {
  return {fmt::format("option --fail-if: \"{}\" {}", cli::escape(text, cli::Escape::line), what),
          {}};
}

Error unknown_name(std::string_view text, std::string_view name) {
  std::vector<std::string_view> names;
  for (const Metric& metric : metrics()) names.push_back(metric.name);
  Error error = bad(text, fmt::format("names none of {}", fmt::join(names, ", ")));
  const std::string_view near = cli::nearest(name, names);
  if (!near.empty()) error.hint = fmt::format("did you mean {}?", near);
  return error;
}

/// Decimal digits and a point.
std::optional<double> parse_number(std::string_view text) {
  if (text.empty() || text.find_first_not_of("0123456789.") != text.npos) return std::nullopt;
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

bool breaks(Op op, double value, double limit) {
  switch (op) {
    case Op::more: return value > limit;
    case Op::not_less: return value >= limit;
    case Op::less: return value < limit;
    case Op::not_more: return value <= limit;
  }
  return true;
}

std::string_view words(Op op) {
  switch (op) {
    case Op::more: return "more than";
    case Op::not_less: return "not under";
    case Op::less: return "less than";
    case Op::not_more: return "not over";
  }
  return {};
}

}  // namespace

Result<FailIf> parse_fail_if(std::string_view text) {
  const std::size_t at = text.find_first_of("<>");
  if (at == text.npos) return bad(text, "is not NAME>VALUE, with >, >=, < or <=");
  const std::string_view name = trim_spaces(text.substr(0, at));
  const bool equal = text.substr(at + 1).starts_with('=');
  const std::string_view value = trim_spaces(text.substr(at + (equal ? 2 : 1)));

  FailIf limit{.metric = find_metric(name), .text = std::string(text)};
  if (limit.metric == nullptr) return unknown_name(text, name);
  if (text[at] == '>') {
    limit.op = equal ? Op::not_less : Op::more;
  } else {
    limit.op = equal ? Op::not_more : Op::less;
  }
  if (limit.metric->unit == Unit::time) {
    const auto time = parse_duration(value);
    if (!time) return bad(text, "does not end with a time such as 2, 0.5 or 250ms");
    limit.limit = static_cast<double>(time->count());
  } else {
    const auto number = parse_number(value);
    if (!number) return bad(text, "does not end with a number");
    limit.limit = *number;
  }
  return limit;
}

std::optional<std::string> failure(const FailIf& limit, const TimingReport& report) {
  const std::string option =
      fmt::format("(--fail-if '{}')", cli::escape(limit.text, cli::Escape::line));
  const Metric& metric = *limit.metric;
  const auto value = metric.value(report);
  if (!value) {
    return fmt::format("{} is not known{} {}", metric.name,
                       report.chunks == 0 ? ": no content came" : "", option);
  }
  if (!breaks(limit.op, *value, limit.limit)) return std::nullopt;
  const auto [is, than] = value_texts(metric.unit, *value, limit.limit);
  return fmt::format("{} is {}, {} {} {}", metric.name, is, words(limit.op), than, option);
}

}  // namespace sse_tail
