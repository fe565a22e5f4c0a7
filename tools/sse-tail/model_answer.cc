#include "model_answer.h"

#include <algorithm>
#include <utility>

namespace sse_tail {
namespace {

using rec::Json;

// What is shown to people of what the server says.
constexpr std::size_t kMaxWord = 200;
constexpr std::size_t kMaxMessage = 1000;

// Texts whose last half may wait at a time: the server decides how many there are.
constexpr std::size_t kMaxHalves = 64;

constexpr std::string_view kReplacement = "\uFFFD";

const std::string& text_of(const Json& value) {
  return value.get_ref<const std::string&>();
}

std::string dump(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string whole_characters(std::string_view text) {
  std::string whole;
  HalfJoiner joiner;
  joiner.append(whole, text);
  joiner.end(whole);
  return whole;
}

bool begins_character(char c) {
  return (static_cast<std::uint8_t>(c) & 0xC0) != 0x80;
}

std::string shortened(std::string_view text, std::size_t most) {
  if (text.size() <= most) return std::string(text);
  while (most > 0 && !begins_character(text[most])) --most;
  return std::string(text.substr(0, most));
}

/// Of a text, or of anything else as JSON.
std::string word_of(const Json& value, bool halves_hidden, std::size_t most) {
  const std::string word = value.is_string() ? text_of(value) : dump(value);
  return shortened(halves_hidden ? whole_characters(word) : word, most);
}

std::uint64_t count_characters(std::string_view text) {
  return static_cast<std::uint64_t>(std::count_if(text.begin(), text.end(), begins_character));
}

unsigned bit_of(Part part) {
  return 1U << static_cast<unsigned>(part);
}

bool is_of_tool(Part part) {
  return part == Part::tool_name || part == Part::tool_arguments || part == Part::tool_input;
}

/// Servers also have a field for errors in which there is none.
bool is_error(const Json& value) {
  if (value.is_string()) return !text_of(value).empty();
  return value.is_structured() ? !value.empty() : value == true;
}

}  // namespace

std::optional<ModelAnswer::Document> ModelAnswer::parse(std::string_view json) {
  auto parsed = rec::parse_json(json);
  if (parsed) return Document{.json = std::move(*parsed)};
  if (json.find("\\u") == json.npos) return std::nullopt;
  // Text that is cut within a character is read, too: joined() puts it together.
  parsed = rec::parse_json(hide_halves(json));
  if (!parsed) return std::nullopt;
  return Document{.json = std::move(*parsed), .halves_hidden = true};
}

void ModelAnswer::begin() {
  deltas_.clear();
  kept_.clear();
  texts_.clear();
}

void ModelAnswer::begin_event(bool shown) {
  ++event_;
  event_begin_ = deltas_.size();
  shown_ = shown;
}

void ModelAnswer::end_event(bool counted) {
  const auto first = deltas_.begin() + static_cast<std::ptrdiff_t>(event_begin_);
  if (first != deltas_.end() && !counted) ++chunks_;
  std::stable_sort(first, deltas_.end(),
                   [](const Delta& a, const Delta& b) { return a.places < b.places; });
  std::for_each(first, deltas_.end(),
                [this](const Delta& delta) { parts_before_ |= bit_of(delta.part); });
  if (failed_ && error_message_.empty()) error_message_ = error_detail_;
  if (ended_ || failed_) end_halves();
}

void ModelAnswer::apply(const std::vector<CompiledRow>& rows, const Document& document) {
  bool found = false;
  for (const CompiledRow& row : rows) {
    if (row.row.otherwise && found) continue;
    found = false;
    row.at.each(document.json, [&](const Json& value, const Places& places) {
      if (!row.condition.meets(document.json, places)) return;
      if (take_value({.row = row, .document = document, .places = places}, value)) found = true;
    });
  }
}

void ModelAnswer::take_found(const JsonPointer& pointer, std::string_view json) {
  Delta delta{.text = json, .shown = shown_};
  bool halves_hidden = false;
  if (json.starts_with('"')) {
    auto document = parse(json);
    if (!document) return;
    halves_hidden = document->halves_hidden;
    delta.text = text_of(keep(std::move(*document)).json);
  }
  delta.text = joined(&pointer, delta, delta.text, halves_hidden);
  add(delta);
}

void ModelAnswer::end() {
  ended_ = true;
  end_halves();
}

void ModelAnswer::fail(std::string_view message) {
  failed_ = true;
  if (error_message_.empty()) error_message_ = shortened(message, kMaxMessage);
  end_halves();
}

void ModelAnswer::end_halves() {
  for (const Half& half : std::exchange(halves_, {})) {
    Delta delta = half.delta;
    delta.text = kReplacement;
    add(delta);
  }
}

/// Whether it was of use.
bool ModelAnswer::take_value(const Source& source, const Json& value) {
  const Part part = source.row.row.part;
  const bool hidden = source.document.halves_hidden;
  switch (part) {
    case Part::text:
    case Part::reasoning:
    case Part::refusal:
    case Part::progress:
    case Part::tool_name:
    case Part::tool_arguments:
    case Part::tool_input: return take_piece(source, value);
    case Part::input_tokens:
    case Part::output_tokens:
    case Part::answer_tokens:
    case Part::reasoning_tokens: return take_tokens(part, value);
    case Part::error: return take_error(source, value);
    case Part::error_code:
      if (error_code_.empty() && !value.is_structured()) {
        error_code_ = word_of(value, hidden, kMaxMessage);
      }
      return !value.is_structured();
    case Part::end: ended_ = true; return true;
    case Part::may_end:
      if (is_first_choice(source)) may_end_ = true;
      return true;
    case Part::goes_on:
      may_end_ = false;
      finish_reason_.clear();
      return true;
    case Part::finish: {
      if (!value.is_string() || text_of(value).empty()) return false;
      if (is_first_choice(source)) finish_reason_ = word_of(value, hidden, kMaxWord);
      return true;
    }
  }
  return false;
}

bool ModelAnswer::take_piece(const Source& source, const Json& value) {
  const Row& row = source.row.row;
  Delta delta{.part = row.part, .shown = shown_, .places = source.places};
  const bool hidden = source.document.halves_hidden;
  std::string_view text;
  if (value.is_string()) {
    text = text_of(value);
  } else if (row.part == Part::tool_arguments) {
    text = texts_.emplace_back(hidden ? whole_characters(dump(value)) : dump(value));
  }
  const Json* const choice = choice_.find(source.document.json, source.places);
  if (choice != nullptr && choice->is_number_unsigned()) {
    delta.choice = choice->get<std::uint64_t>();
  }
  if (text.empty()) return false;
  if (is_of_tool(row.part)) {
    const auto call = calls_.of(mark_of(source, delta.choice), row.part == Part::tool_name);
    if (!call) return false;
    delta.call = *call;
  }
  if (row.first && !is_news(delta)) return false;
  delta.text = joined(&source.row, delta, text, hidden && value.is_string());
  return add(delta);
}

/// Nothing like it has come before this event.
bool ModelAnswer::is_news(const Delta& delta) {
  return is_of_tool(delta.part) ? calls_.at(delta.call).empty()
                                : (parts_before_ & bit_of(delta.part)) == 0;
}

bool ModelAnswer::is_first_choice(const Source& source) const {
  const Json* const choice = choice_.find(source.document.json, source.places);
  return choice == nullptr || !choice->is_number_unsigned() || *choice == 0;
}

CallMark ModelAnswer::mark_of(const Source& source, std::uint64_t choice) const {
  const auto word = [&](std::string_view text, const JsonPointer& pointer) {
    const Json* const found =
        text.empty() ? nullptr : pointer.find(source.document.json, source.places);
    return found == nullptr ? "" : word_of(*found, source.document.halves_hidden, kMaxWord);
  };
  return {.choice = choice,
          .number = word(source.row.row.call, source.row.call),
          .id = word(source.row.row.id, source.row.id),
          .event = event_,
          .places = source.places};
}

/// `text` with whole characters alone.
std::string_view ModelAnswer::joined(const void* source, const Delta& delta, std::string_view text,
                                     bool halves_hidden) {
  const auto waiting = std::find_if(halves_.begin(), halves_.end(), [&](const Half& half) {
    return half.source == source && half.delta.choice == delta.choice &&
           half.delta.call == delta.call;
  });
  if (text.empty() || (waiting == halves_.end() && !halves_hidden)) return text;
  Half half{.source = source, .delta = delta};
  if (waiting != halves_.end()) {
    half.joiner = waiting->joiner;
    halves_.erase(waiting);
  }
  std::string& whole = texts_.emplace_back();
  half.joiner.append(whole, text);
  if (halves_.size() == kMaxHalves) half.joiner.end(whole);
  if (half.joiner.waiting()) halves_.push_back(half);
  return whole;
}

/// Whether it is a piece.
bool ModelAnswer::add(Delta delta) {
  if (delta.text.empty()) return false;
  if (delta.part == Part::text && delta.choice == 0) characters_ += count_characters(delta.text);
  if (is_of_tool(delta.part)) {
    ToolCall& call = calls_.at(delta.call);
    if (delta.part == Part::tool_name) {
      if (!call.name.empty()) return false;  // said again
      call.name = shortened(delta.text, kMaxWord);
    } else if (delta.part == Part::tool_input) {
      call.is_json = false;
    } else if (!call.broken && !call.arguments.take(delta.text)) {
      call.broken = delta.breaks = true;
    }
  }
  deltas_.push_back(delta);
  return true;
}

bool ModelAnswer::take_tokens(Part part, const Json& value) {
  if (!value.is_number_unsigned()) return false;
  const auto count = value.get<std::uint64_t>();
  switch (part) {
    case Part::input_tokens: usage_.input_tokens = count; break;
    case Part::output_tokens: usage_.output_tokens = count; break;
    case Part::answer_tokens: answer_tokens_ = count; break;
    default: usage_.reasoning_tokens = count;
  }
  return true;
}

/// The first text is the message. Without one, what stands for the error is shown as it is, unless
/// that is the whole event.
bool ModelAnswer::take_error(const Source& source, const Json& value) {
  if (!is_error(value)) return false;
  failed_ = true;
  const bool hidden = source.document.halves_hidden;
  if (value.is_string()) {
    if (error_message_.empty()) error_message_ = word_of(value, hidden, kMaxMessage);
  } else if (!source.row.row.at.empty() && error_detail_.empty()) {
    error_detail_ = word_of(value, hidden, kMaxWord);
  }
  return value.is_string();
}

Usage ModelAnswer::usage() const {
  Usage usage = usage_;
  if (answer_tokens_) {
    const std::uint64_t reasoning = usage.reasoning_tokens.value_or(0);
    usage.output_tokens =
        *answer_tokens_ > UINT64_MAX - reasoning ? UINT64_MAX : *answer_tokens_ + reasoning;
  }
  return usage;
}

}  // namespace sse_tail
