#include "fault_script.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "base/text.h"
#include "cli/escape.h"
#include "rec/json.h"

namespace stream_echo {
namespace {

/// One line, read key by key; what is left over at the end is unknown.
class Line {
 public:
  explicit Line(rec::Json json) : json_(std::move(json)) {}

  std::optional<std::string> text(const char* key) {
    const auto found = json_.find(key);
    if (found == json_.end() || !found->is_string()) return std::nullopt;
    auto text = found->get<std::string>();
    json_.erase(found);
    return text;
  }

  std::optional<std::uint64_t> number(const char* key) {
    const auto found = json_.find(key);
    if (found == json_.end() || !found->is_number_unsigned()) return std::nullopt;
    const auto number = found->get<std::uint64_t>();
    json_.erase(found);
    return number;
  }

  std::optional<bool> flag(const char* key) {
    const auto found = json_.find(key);
    if (found == json_.end() || !found->is_boolean()) return std::nullopt;
    const bool value = found->get<bool>();
    json_.erase(found);
    return value;
  }

  bool has(const char* key) const { return json_.contains(key); }

  std::string left_over() const { return json_.empty() ? "" : json_.begin().key(); }

 private:
  rec::Json json_;
};

Error wrong(std::string why) {
  return {std::move(why), {}};
}

Result<void> read_occasion(Line& line, ScriptStep& step) {
  const auto on = line.text("on");
  if (on == "open") {
    step.on = ScriptStep::On::open;
  } else if (on == "message") {
    const bool given_n = line.has("n");
    step.on = ScriptStep::On::message;
    step.message = line.number("n").value_or(0);
    if (line.has("n") || (given_n && step.message == 0)) {
      return wrong("\"n\" is no number of a message, which count from 1");
    }
  } else if (on == "time") {
    step.on = ScriptStep::On::time;
    const auto at = parse_duration(line.text("at").value_or(""));
    if (!at) return wrong("\"on\":\"time\" needs \"at\" with a time such as \"250ms\"");
    step.time = *at;
  } else {
    return wrong("\"on\" has to be open, message or time");
  }
  return {};
}

Result<void> read_action(Line& line, ScriptStep& step) {
  if (const auto sleep = line.text("sleep")) {
    const auto time = parse_duration(*sleep);
    if (!time) return wrong("\"sleep\" is no time such as \"250ms\"");
    step.action = Sleep{*time};
  } else if (const auto hex = line.text("send_hex")) {
    const auto bytes = from_hex(*hex);
    if (!bytes || bytes->empty()) return wrong("\"send_hex\" is not hexadecimal");
    step.action = SendBytes{std::string(as_text(*bytes))};
  } else if (auto text = line.text("send_text")) {
    step.action = SendText{std::move(*text)};
  } else if (const auto code = line.number("close")) {
    if (*code > UINT16_MAX) return wrong("\"close\" is no close code");
    const Fault close{
        .word = Word::close, .number = *code, .text = line.text("reason").value_or("")};
    step.action = FaultPlan{.faults = {close}, .seed = {}};
  } else if (const auto fault = line.text("fault")) {
    auto plan = parse_faults(*fault, Unknown::refused, Speaks::websocket);
    if (!plan) return plan.error();
    const auto opening = [](const Fault& one) { return is_opening(info(one.word).part); };
    if (std::ranges::any_of(plan->faults, opening)) {
      return wrong("\"fault\" has a word for the opening handshake, which is over by then");
    }
    const auto waits = [](const Fault& one) { return one.after.has_value(); };
    if (std::ranges::any_of(plan->faults, waits)) {
      return wrong("\"fault\" has an after=, but \"on\" says when it happens");
    }
    step.action = std::move(*plan);
  } else {
    for (const char* key : {"sleep", "send_hex", "send_text", "fault"}) {
      if (line.has(key)) return wrong(fmt::format("\"{}\" is no text in quotes", key));
    }
    if (line.has("close")) return wrong("\"close\" is no number");
    return wrong("needs one of sleep, send_hex, send_text, close, fault");
  }
  return {};
}

Result<void> read_line(std::string_view text, FaultScript& script) {
  auto json = rec::parse_json(text);
  if (!json || !json->is_object()) return wrong("is not a JSON object");
  Line line(std::move(*json));
  if (const auto echo = line.flag("echo")) {
    script.echo = *echo;
  } else {
    ScriptStep step;
    if (auto done = read_occasion(line, step); !done) return done;
    if (auto done = read_action(line, step); !done) return done;
    script.steps.push_back(std::move(step));
  }
  const std::string left_over = line.left_over();
  if (left_over.empty()) return {};
  return wrong(fmt::format("\"{}\" has no place there, or a value of the wrong type",
                           cli::escape(left_over, cli::Escape::line)));
}

}  // namespace

Result<FaultScript> parse_fault_script(std::string_view text) {
  FaultScript script;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t size = std::min(text.find('\n'), text.size());
    const std::string_view line = trim_spaces(text.substr(0, size));
    text.remove_prefix(std::min(size + 1, text.size()));
    if (line.empty() || line.front() == '#') continue;
    if (auto done = read_line(line, script); !done) {
      return Error{fmt::format("line {}: {}", number, done.error().message), done.error().hint};
    }
  }
  return script;
}

}  // namespace stream_echo
