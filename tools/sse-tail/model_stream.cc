#include "model_stream.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/check.h"
#include "base/text.h"
#include "cli/escape.h"
#include "cli/exit.h"
#include "width.h"

namespace sse_tail {
namespace {

// Of what a model says, in a line for people.
constexpr std::size_t kKeptRefusal = 1000;
constexpr std::size_t kShownCalls = 5;

std::string escaped(std::string_view text) {
  return cli::escape(text, cli::Escape::line);
}

std::string name_of(const ToolCall& call) {
  return call.name.empty() ? "a tool" : escaped(call.name);
}

ModelReader::Kind kind_of(const Args& args) {
  ModelReader::Kind kind{.judged = args.judges(), .preset = find_preset(args.llm)};
  for (const std::string& text : args.pointers) {
    auto pointer = JsonPointer::parse(text);
    CHECK(pointer.has_value());  // options.cc has looked at it
    kind.text.push_back(std::move(*pointer));
  }
  return kind;
}

/// "9 tokens in, 12 out, 5 of them for reasoning"; empty: nothing is known.
std::string usage_text(const Usage& usage) {
  std::string text;
  if (usage.input_tokens) text = count_text(*usage.input_tokens, "token") + " in";
  if (!usage.output_tokens) return text;
  text += text.empty() ? count_text(*usage.output_tokens, "token") + " out"
                       : fmt::format(", {} out", *usage.output_tokens);
  if (usage.reasoning_tokens.value_or(0) > 0) {
    text += fmt::format(" ({} of them reasoning)", *usage.reasoning_tokens);
  }
  return text;
}

}  // namespace

ModelStream::ModelStream(const Args& args, cli::Talk& talk, Outlet& outlet)
    : talk_(talk), outlet_(outlet), reader_(kind_of(args)) {}

std::optional<Stop> ModelStream::take(const sse::Event& message, bool shown) {
  deal_with(reader_.take(message.type, message.data, shown));
  tell_odd(message);
  return verdict();
}

std::optional<Stop> ModelStream::take_whole(const sse::Event& body) {
  deal_with(reader_.take_whole(body.data));
  if (reader_.failure() == ModelReader::Failure::no_answer) body_ = in_quotes(body.data);
  tell_odd(body);
  return verdict();
}

void ModelStream::deal_with(std::span<const Delta> deltas) {
  for (const Delta& delta : deltas) {
    const bool of_tool = delta.part >= Part::tool_name;
    if (delta.shown) outlet_.delta(delta, of_tool ? &answer().calls()[delta.call] : nullptr);
    tell(delta);
    if (delta.choice != 0) continue;
    if (delta.part == Part::text && calls_.content) calls_.content(delta.text);
    if (delta.part == Part::reasoning && calls_.reasoning) calls_.reasoning(delta.text);
  }
  if (calls_.usage) calls_.usage(answer().usage());
}

bool ModelStream::take_unfinished(std::string_view data) {
  end_mark_cut_ = !reader_.over() && reader_.is_end_data(data);
  return end_mark_cut_;
}

void ModelStream::tell_odd(const sse::Event& message) {
  if (reader_.odd_events() == 0) return;
  if (std::exchange(odd_event_told_, true)) return;
  talk_.note(
      fmt::format("the data of an event is no JSON, and passed over: {}", in_quotes(message.data)));
}

void ModelStream::tell(const Delta& delta) {
  if (delta.part == Part::refusal && refusal_.size() < kKeptRefusal) {
    refusal_ += delta.text.substr(0, kKeptRefusal);
  }
  if (delta.breaks) {
    talk_.note(fmt::format("the arguments of {} are no JSON from chunk {} on: {}",
                           name_of(answer().calls()[delta.call]), answer().chunks(),
                           in_quotes(delta.text)));
  }
  if (delta.choice == 0 || !outlet_.writes_text_alone()) return;
  if (!std::exchange(other_answers_told_, true)) {
    talk_.note("there are several answers; only the first is written");
  }
}

std::optional<Stop> ModelStream::verdict() const {
  if (!reader_.over()) return std::nullopt;
  Stop stop{.exit_code = to_int(cli::Exit::stream_error)};
  switch (reader_.failure()) {
    case ModelReader::Failure::none: return Stop{};
    case ModelReader::Failure::reported: stop.message = reported(); break;
    case ModelReader::Failure::no_preset:
      stop.message = "none of the presets fits what comes";
      stop.hint = "--llm PRESET says which it is, --pointer /a/b where the text is";
      break;
    case ModelReader::Failure::no_answer:
      stop.message =
          fmt::format("the answer is no answer of {}: {}", reader_.preset()->name, body_);
      break;
    case ModelReader::Failure::too_large:
      stop.exit_code = to_int(cli::Exit::limit);
      stop.message =
          fmt::format("the JSON of an event has more than {} values", rec::kMaxJsonValues);
      break;
  }
  return stop;
}

std::string ModelStream::reported() const {
  const std::string& message = answer().error_message();
  const std::string& code = answer().error_code();
  std::string text = "the stream reports an error";
  if (!message.empty()) text += ": " + escaped(message);
  if (!code.empty() && code != message) text += fmt::format(" ({})", escaped(code));
  const bool came = answer().chunks() > 0 || !answer().finish_reason().empty();
  return came ? text + "; that was " + pending() : text;
}

Stop ModelStream::at_end(const net::HttpEnd& end) const {
  if (const auto stop = verdict()) return *stop;
  const bool whole = end.how == net::HttpEnd::How::whole;
  if (whole && answer().may_end()) return {};
  Stop stop{.exit_code = to_int(cli::Exit::stream_error)};
  if (whole && end_mark_cut_) {
    stop.message = "the end mark [DONE] has no blank line behind it, and so is no event";
    return stop;
  }
  stop.message = whole ? "the stream ended" : judge_end(end).what + "; that was";
  if (!reader_.known()) {
    stop.message += " before an event told which preset fits";
  } else {
    if (const auto mark = reader_.preset()->end_name; !mark.empty()) {
      stop.message += fmt::format(" before {}{}", mark, whole ? ":" : ",");
    }
    stop.message += " " + pending();
  }
  return stop;
}

/// What there was, and what is missing: "after 12 chunks, without a finish reason; ...".
std::string ModelStream::pending() const {
  std::string text = "after " + count_text(answer().chunks(), "chunk");
  text += answer().finish_reason().empty()
              ? ", without a finish reason"
              : fmt::format(", with the finish reason {}", escaped(answer().finish_reason()));
  for (const ToolCall& call : answer().calls()) {
    if (call.complete() || call.broken) continue;
    text += fmt::format("; the arguments of {} {}", name_of(call),
                        call.empty() ? "have not come" : "are incomplete");
    break;
  }
  return text;
}

std::string ModelStream::summary() const {
  if (answer().chunks() == 0 && answer().finish_reason().empty() && !answer().ended()) return {};
  std::string text = fmt::format("{}, {}", count_text(answer().chunks(), "chunk"),
                                 count_text(answer().characters(), "character"));
  if (const std::string usage = usage_text(answer().usage()); !usage.empty()) text += ", " + usage;
  if (!answer().finish_reason().empty()) {
    text = fmt::format("finish reason {}; {}", escaped(answer().finish_reason()), text);
  }
  const std::vector<ToolCall>& calls = answer().calls();
  for (std::size_t at = 0; at < std::min(calls.size(), kShownCalls); ++at) {
    text += fmt::format("{}{}", at == 0 ? "; calls " : ", ", name_of(calls[at]));
    const bool cut = !calls[at].complete() && !calls[at].broken && !calls[at].arguments.empty();
    if (cut) text += " (its arguments are incomplete)";
  }
  if (calls.size() > kShownCalls) text += fmt::format(" and {} more", calls.size() - kShownCalls);
  if (!refusal_.empty()) text += "; the model refused: " + in_quotes(refusal_);
  return text;
}

}  // namespace sse_tail
