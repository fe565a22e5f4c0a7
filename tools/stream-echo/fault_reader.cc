#include "fault.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "base/text.h"
#include "cli/escape.h"
#include "cli/suggest.h"
#include "http/field.h"
#include "http/url.h"
#include "sse_request.h"

namespace stream_echo {
namespace {

// Of a query: one is enough for a slip, and a query of other things is not to fill the log.
constexpr std::size_t kMaxDoubts = 4;

std::string quoted(std::string_view text) {
  return fmt::format("\"{}\"", cli::escape(text, cli::Escape::line));
}

Error bad(std::string_view name, std::string_view value, std::string_view wanted) {
  return {fmt::format("fault {}: {} is not {}", name, quoted(value), wanted), {}};
}

/// SIZE, SIZE/TIME; a size may end in B here, because 1B/10ms reads well.
bool read_slices(std::string_view value, Fault& fault) {
  const auto slices = parse_slices(value);
  if (!slices) return false;
  fault.number = slices->size;
  fault.time = slices->pause;
  return true;
}

bool read_status(std::string_view value, Fault& fault) {
  constexpr std::string_view kRetryAfter = "retry-after=";
  const std::size_t comma = std::min(value.find(','), value.size());
  const auto number = parse_integer(value.substr(0, comma));
  if (!number) return false;
  fault.number = *number;
  if (comma == value.size()) return true;
  const std::string_view rest = value.substr(comma + 1);
  if (!rest.starts_with(kRetryAfter)) return false;
  fault.text = rest.substr(kRetryAfter.size());
  return !fault.text.empty() && http::is_field_value(fault.text);
}

bool read_close(std::string_view value, Fault& fault) {
  const std::size_t comma = std::min(value.find(','), value.size());
  const auto number = parse_integer(value.substr(0, comma));
  if (!number) return false;
  fault.number = *number;
  if (comma < value.size()) fault.text = value.substr(comma + 1);
  constexpr std::size_t kMaxReason = 123;  // RFC 6455 5.5: 125 with the code
  return fault.text.size() <= kMaxReason;
}

bool read_target(std::string_view value, Fault& fault) {
  if (const auto count = parse_integer(value)) {
    fault.number = *count;
    return true;
  }
  const auto url = http::parse_url(value, "ws");
  if (value.find("://") == value.npos || !url || !http::is_loopback(url->host)) return false;
  // Where clients see another host than we do: browsers take a backslash for a slash, and decode
  // the host's name.
  if (url->user || url->host.find('%') != url->host.npos) return false;
  fault.text = url->text();
  return true;
}

bool read_hex(std::string_view value, Fault& fault) {
  const auto bytes = from_hex(value);
  if (!bytes || bytes->empty()) return false;
  fault.text = as_text(*bytes);
  return true;
}

bool is_choice(std::string_view choices, std::string_view value) {
  while (!choices.empty()) {
    const std::string_view one = choices.substr(0, choices.find('|'));
    if (one == value) return true;
    choices.remove_prefix(std::min(one.size() + 1, choices.size()));
  }
  return false;
}

bool read_value(const WordInfo& row, std::string_view value, Fault& fault) {
  switch (row.takes) {
    case Takes::nothing: return false;
    case Takes::number:
    case Takes::size: {
      const auto number = row.takes == Takes::size ? parse_size(value) : parse_integer(value);
      fault.number = number.value_or(0);
      return number.has_value();
    }
    case Takes::time: {
      const auto time = parse_duration(value);
      fault.time = time.value_or(Duration(0));
      return time && *time > Duration(0);
    }
    case Takes::slices: return read_slices(value, fault);
    case Takes::close_code: return read_close(value, fault);
    case Takes::http_status: return read_status(value, fault);
    case Takes::user: fault.text = value; return value.find(':') != value.npos;
    case Takes::target: return read_target(value, fault);
    case Takes::bytes: return read_hex(value, fault);
    case Takes::text: fault.text = value; return true;
    case Takes::field_value: fault.text = value; return http::is_field_value(value);
    case Takes::choice: fault.text = value; return is_choice(row.arg, value);
    case Takes::maybe: fault.text = value; return row.arg == fmt::format("[={}]", value);
  }
  return false;
}

std::string_view wanted(const WordInfo& row) {
  switch (row.takes) {
    case Takes::target: return "a count or a URL on this machine";
    case Takes::time: return "a time such as 250ms";
    case Takes::size: return "a size such as 64k";
    case Takes::slices: return "a size and a time such as 16B/5ms";
    case Takes::maybe: return row.arg.substr(2, row.arg.size() - 3);  // of [=WORD]
    case Takes::field_value: return "the value of an HTTP field";
    default: return row.arg;
  }
}

Result<Fault> parse_fault(const WordInfo& row, std::optional<std::string_view> value) {
  Fault fault{.word = row.word};
  const bool needs_value = row.takes != Takes::nothing && row.takes != Takes::maybe;
  // Many who put a query together from names and values know no name alone: `hang=`.
  if (!needs_value && value.value_or("").empty()) return fault;
  if (!value) {
    return Error{fmt::format("fault {}: needs a value {}", row.name, row.arg), {}};
  }
  if (row.takes == Takes::nothing) {
    return Error{fmt::format("fault {}: takes no value", row.name), {}};
  }
  if (!read_value(row, *value, fault)) {
    return bad(row.name, *value, wanted(row));
  }
  if (fault.number < row.min || fault.number > row.max) {
    return bad(row.name, *value, fmt::format("between {} and {}", row.min, row.max));
  }
  return fault;
}

/// "2" messages, "250ms" of time, "100B" of payload.
Result<Trigger> parse_trigger(std::string_view value) {
  if (const auto messages = parse_integer(value)) return Trigger{.messages = *messages};
  if (value.ends_with('B')) {
    if (const auto bytes = parse_size(value.substr(0, value.size() - 1))) {
      return Trigger{.bytes = *bytes};
    }
  }
  if (const auto time = parse_duration(value)) return Trigger{.time = *time};
  return bad("after", value, "a count of messages, a time such as 250ms, or a size such as 100B");
}

Result<double> parse_probability(std::string_view value) {
  double number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  const bool whole = error == std::errc() && end == value.data() + value.size();
  if (whole && number >= 0 && number <= 1) return number;
  return bad("prob", value, "a number from 0 to 1");
}

/// Reads the words of one text, one after the other.
class PlanReader {
 public:
  PlanReader(Unknown unknown, Speaks speaks) : unknown_(unknown), speaks_(speaks) {}

  Result<void> take(std::string_view item) {
    const std::size_t equals = item.find('=');
    const auto decoded = http::percent_decoded(item.substr(0, equals));
    std::optional<std::string> text;
    if (equals != item.npos) text = http::percent_decoded(item.substr(equals + 1));
    if (!decoded || (equals != item.npos && !text)) {
      if (unknown_ == Unknown::ignored) return {};
      return Error{
          fmt::format("fault {}: % is not followed by two hexadecimal digits", quoted(item)), {}};
    }
    const std::optional<std::string_view> value = text;
    if (*decoded == "after" || *decoded == "prob" || *decoded == "seed") {
      return modify(*decoded, value.value_or(""));
    }
    const auto row = std::ranges::find(all_words(), std::string_view(*decoded), &WordInfo::name);
    if (row == all_words().end()) return unknown(*decoded);
    if (!has_meaning(row->part, speaks_)) return meaningless(*row);
    auto fault = parse_fault(*row, value);
    if (!fault) return fault.error();
    skipped_ = false;
    plan_.faults.push_back(std::move(*fault));
    own_probability_.push_back(false);
    return {};
  }

  Result<FaultPlan> finish() {
    for (std::size_t i = 0; i < plan_.faults.size(); ++i) {
      Fault& fault = plan_.faults[i];
      const WordInfo& row = info(fault.word);
      if (fault.word == Word::drop_after) fault.after = Trigger{.messages = fault.number};
      if (is_opening(row.part)) {
        if (fault.after) {
          return Error{fmt::format("fault {}: comes before the first message, after= has no "
                                   "meaning",
                                   row.name),
                       "delay= waits before the answer"};
        }
      } else if (!fault.after) {
        fault.after = after_;
      }
      if (!own_probability_[i]) fault.probability = probability_;
    }
    return std::move(plan_);
  }

 private:
  Result<void> modify(std::string_view name, std::string_view value) {
    if (skipped_ && name != "seed") return {};
    Fault* const last = plan_.faults.empty() ? nullptr : &plan_.faults.back();
    if (name == "after") {
      const auto trigger = parse_trigger(value);
      if (!trigger) return trigger.error();
      (last != nullptr ? last->after : after_) = *trigger;
    } else if (name == "prob") {
      const auto probability = parse_probability(value);
      if (!probability) return probability.error();
      (last != nullptr ? last->probability : probability_) = *probability;
      if (last != nullptr) own_probability_.back() = true;
    } else {
      const auto seed = parse_integer(value);
      if (!seed) return bad(name, value, "a whole number");
      plan_.seed = *seed;
    }
    return {};
  }

  Result<void> unknown(std::string_view name) {
    std::vector<std::string_view> names;
    for (const WordInfo& row : all_words()) names.push_back(row.name);
    const std::string_view near = cli::nearest(name, names);
    if (unknown_ == Unknown::ignored) {
      if (!near.empty() && !is_sse_parameter(name) && plan_.doubts.size() < kMaxDoubts) {
        plan_.doubts.push_back(fmt::format("{} is no fault; {} is one", quoted(name), near));
      }
      return {};
    }
    return Error{fmt::format("fault {}: is unknown", quoted(name)),
                 near.empty() ? "stream-echo --help faults lists the words"
                              : fmt::format("did you mean {}?", near)};
  }

  /// With what belongs to it.
  Result<void> meaningless(const WordInfo& row) {
    skipped_ = true;
    if (unknown_ == Unknown::ignored) return {};
    return Error{fmt::format("fault {}: means nothing to {}", row.name,
                             speaks_ == Speaks::events ? "an event stream" : "a WebSocket"),
                 {}};
  }

  Unknown unknown_;
  Speaks speaks_;
  bool skipped_ = false;  // the latest word
  FaultPlan plan_;
  std::vector<bool> own_probability_;  // of each fault
  std::optional<Trigger> after_;       // for those without one
  double probability_ = 1;
};

}  // namespace

Result<FaultPlan> parse_faults(std::string_view text, Unknown unknown, Speaks speaks) {
  PlanReader reader(unknown, speaks);
  while (!text.empty()) {
    const std::size_t size = std::min(text.find('&'), text.size());
    const std::string_view item = text.substr(0, size);
    text.remove_prefix(std::min(size + 1, text.size()));
    if (item.empty()) continue;
    if (auto taken = reader.take(item); !taken) return taken.error();
  }
  return reader.finish();
}

}  // namespace stream_echo
