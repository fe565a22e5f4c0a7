#include "model_reader.h"

#include <algorithm>
#include <utility>

namespace sse_tail {
namespace {

using rec::Json;

// What is shown to people of what the server says.
constexpr std::size_t kMaxWord = 200;
constexpr std::size_t kMaxMessage = 1000;

// An error page in JSON; what is longer is none.
constexpr std::size_t kMaxStray = std::size_t{16} << 10;

const std::string& text_of(const Json& value) {
  return value.get_ref<const std::string&>();
}

std::string dump(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// Of a text or a number.
std::string word_of(const Json& value, std::size_t most) {
  const std::string word = value.is_string() ? text_of(value) : dump(value);
  return word.substr(0, most);
}

std::uint64_t count_characters(std::string_view text) {
  return static_cast<std::uint64_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<std::uint8_t>(c) & 0xC0) != 0x80;
  }));
}

}  // namespace

ModelReader::ModelReader(Kind kind) : kind_(std::move(kind)) {
  for (const JsonPointer& pointer : kind_.text) {
    rows_.push_back({.row = {.part = Part::text}, .at = pointer, .any_value = true});
  }
  if (!kind_.judged) return;
  for (const Row& row : error_rows()) error_rows_.push_back(compile(row));
  if (kind_.preset != nullptr) {
    choose(*kind_.preset);
    return;
  }
  recogniser_.emplace();
}

void ModelReader::choose(const Preset& preset) {
  kind_.preset = &preset;
  choice_ = compile_pointer(preset.choice);
  const auto add = [this](std::vector<CompiledRow>& to, std::span<const Row> rows) {
    for (const Row& row : rows) {
      if (kind_.text.empty() || row.part != Part::text) to.push_back(compile(row));
    }
  };
  whole_rows_ = rows_;
  add(rows_, preset.rows);
  add(whole_rows_, preset.whole);
}

/// Text that is cut within a character is read, too: joined() puts it together.
std::optional<Json> ModelReader::parse(std::string_view data) {
  auto json = rec::parse_json(data);
  halves_hidden_ = false;
  if (json || data.find("\\u") == data.npos) return json;
  json = rec::parse_json(hide_halves(data));
  halves_hidden_ = json.has_value();
  return json;
}

/// `text` with whole characters alone.
std::string_view ModelReader::joined(const Delta& delta, std::string_view text) {
  const bool goes_on = joiner_.waiting() && delta.part == half_of_.part &&
                       delta.choice == half_of_.choice && delta.call == half_of_.call;
  if (!halves_hidden_ && !goes_on) return text;
  if (!goes_on) joiner_ = {};
  half_of_ = delta;
  std::string& whole = texts_.emplace_back();
  joiner_.append(whole, text);
  return whole;
}

void ModelReader::begin_event() {
  deltas_.clear();
  documents_.clear();
  texts_.clear();
}

std::span<const Delta> ModelReader::take(std::string_view type, std::string_view data) {
  begin_event();
  if (over()) return {};
  if (known()) {
    read(type, data);
    return deltas_;
  }
  const auto json = parse(data);
  if (!json) {
    const auto known_ends = presets();
    ended_ = std::any_of(known_ends.begin(), known_ends.end(), [&](const Preset& preset) {
      return !preset.end_data.empty() && data.starts_with(preset.end_data);
    });
    if (!ended_ && !data.empty() && type == "message") ++odd_events_;
    return {};
  }
  const Preset* const found = recogniser_->recognise(*json);
  if (found == nullptr) {
    hold(type, data, *json);
    return {};
  }
  choose(*found);
  const std::vector<Held> held = std::exchange(held_, {});
  for (const Held& event : held) read(event.type, event.data);
  read(type, data);
  return deltas_;
}

void ModelReader::hold(std::string_view type, std::string_view data, const Json& json) {
  apply(error_rows_, json);
  if (failed_) return;
  held_size_ += type.size() + data.size();
  if (held_.size() == kMaxHeldEvents || held_size_ > kMaxHeld) {
    failed_ = true;
    held_.clear();
    return;
  }
  held_.push_back({std::string(type), std::string(data)});
}

/// One event, now that it is known what the rows are.
void ModelReader::read(std::string_view type, std::string_view data) {
  if (over() || data.empty()) return;
  if (kind_.preset != nullptr && type == kind_.preset->other_type) return;
  auto json = parse(data);
  if (!json) {
    if (!take_end_data(data)) ++odd_events_;
    return;
  }
  const std::size_t before = deltas_.size();
  documents_.push_back(std::move(*json));
  apply(rows_, documents_.back());
  apply(error_rows_, documents_.back());
  if (deltas_.size() > before) ++chunks_;
}

bool ModelReader::take_end_data(std::string_view data) {
  if (kind_.preset == nullptr || kind_.preset->end_data.empty()) return false;
  ended_ = data.starts_with(kind_.preset->end_data);
  return ended_;
}

std::span<const Delta> ModelReader::take_whole(std::string_view body) {
  begin_event();
  auto json = parse(body);
  if (!json) ++odd_events_;
  if (over() || !json) return {};
  documents_.push_back(std::move(*json));
  const Json& document = documents_.back();
  const bool is_array = document.is_array() && !document.empty();
  if (!known()) {
    const Preset* const found = recogniser_->recognise(is_array ? document.front() : document);
    if (found != nullptr) choose(*found);
  }
  const auto read_one = [this](const std::vector<CompiledRow>& rows, const Json& one) {
    const std::size_t before = deltas_.size();
    apply(rows, one);
    apply(error_rows_, one);
    if (deltas_.size() > before) ++chunks_;
  };
  if (is_array) {
    for (const Json& one : document) read_one(rows_, one);
  } else {
    read_one(whole_rows_, document);
  }
  if (!known()) failed_ = true;  // and nothing is to come that could tell more
  ended_ = !failed_;
  return deltas_;
}

bool ModelReader::take_stray(std::string_view line) {
  if (!kind_.judged || over()) return false;
  if (stray_.empty() && !line.starts_with('{') && !line.starts_with('[')) return false;
  if (stray_.size() + line.size() >= kMaxStray) return false;
  stray_ += line;
  stray_ += '\n';
  if (!line.ends_with('}') && !line.ends_with(']')) return true;
  const auto json = rec::parse_json(stray_);
  if (!json) return true;
  stray_.clear();
  apply(error_rows_, json->is_array() && !json->empty() ? json->front() : *json);
  return failed_;
}

void ModelReader::apply(const std::vector<CompiledRow>& rows, const Json& json) {
  bool found = false;
  for (const CompiledRow& row : rows) {
    if (row.row.otherwise && found) continue;
    found = false;
    row.at.each(json, [&](const Json& value, const Places& places) {
      if (row.condition.meets(json, places) && take_value(row, value, json, places)) found = true;
    });
  }
}

/// Whether it was of use.
bool ModelReader::take_value(const CompiledRow& row, const Json& value, const Json& json,
                             const Places& places) {
  switch (row.row.part) {
    case Part::text:
    case Part::reasoning:
    case Part::refusal:
    case Part::progress:
    case Part::tool_name:
    case Part::tool_arguments:
    case Part::tool_input: return take_piece(row, value, json, places);
    case Part::input_tokens:
    case Part::output_tokens:
    case Part::answer_tokens:
    case Part::reasoning_tokens: return take_tokens(row.row.part, value);
    case Part::error: return take_error(value);
    case Part::error_code:
      if (error_code_.empty() && !value.is_structured()) error_code_ = word_of(value, kMaxMessage);
      return !value.is_structured();
    case Part::end: ended_ = true; return true;
    case Part::finish: {
      if (!value.is_string() || text_of(value).empty()) return false;
      const Json* const choice = choice_.find(json, places);
      const bool first = choice == nullptr || !choice->is_number_unsigned() || *choice == 0;
      if (first) finish_reason_ = word_of(value, kMaxWord);
      return true;
    }
  }
  return false;
}

bool ModelReader::take_piece(const CompiledRow& row, const Json& value, const Json& json,
                             const Places& places) {
  Delta delta{.part = row.row.part};
  const bool as_json = row.any_value || row.row.part == Part::tool_arguments;
  if (value.is_string()) {
    delta.text = text_of(value);
  } else if (as_json) {
    delta.text = texts_.emplace_back(dump(value));
  }
  const Json* const choice = choice_.find(json, places);
  if (choice != nullptr && choice->is_number_unsigned()) {
    delta.choice = choice->get<std::uint64_t>();
  }
  delta.text = joined(delta, delta.text);
  if (delta.text.empty()) return false;
  if (delta.part == Part::text && delta.choice == 0) characters_ += count_characters(delta.text);
  if (delta.part < Part::tool_name) {
    deltas_.push_back(delta);
    return true;
  }
  const Json* const id = row.row.call.empty() ? nullptr : row.call.find(json, places);
  return take_tool_piece(delta, row, id == nullptr ? "" : word_of(*id, kMaxWord));
}

bool ModelReader::take_tool_piece(Delta delta, const CompiledRow& row, const std::string& id) {
  const auto at = call_of(row, delta.choice, id);
  if (!at) return false;
  ToolCall& call = calls_[*at];
  delta.call = *at;
  if (delta.part == Part::tool_name) {
    if (!call.name.empty()) return false;  // said again
    call.name = delta.text.substr(0, kMaxWord);
  } else if (delta.part == Part::tool_input) {
    call.is_json = false;
  } else if (!call.broken && !call.arguments.take(delta.text)) {
    call.broken = delta.breaks = true;
  }
  deltas_.push_back(delta);
  return true;
}

/// The call that a piece belongs to, which may be a new one. Without an `id` a name begins one, and
/// arguments go on with the latest. nullopt: there are too many.
std::optional<std::size_t> ModelReader::call_of(const CompiledRow& row, std::uint64_t choice,
                                                const std::string& id) {
  for (std::size_t at = calls_.size(); at-- > 0;) {
    const ToolCall& call = calls_[at];
    if (call.choice != choice) continue;
    if (!id.empty() && call.id == id) return at;
    if (id.empty() && row.row.part != Part::tool_name) return at;
  }
  if (calls_.size() == kMaxCalls) return std::nullopt;
  calls_.push_back({.choice = choice, .id = id});
  return calls_.size() - 1;
}

bool ModelReader::take_tokens(Part part, const Json& value) {
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

bool ModelReader::take_error(const Json& value) {
  failed_ = true;
  if (error_message_.empty() && value.is_string()) error_message_ = word_of(value, kMaxMessage);
  return value.is_string();
}

Usage ModelReader::usage() const {
  Usage usage = usage_;
  if (answer_tokens_) {
    const std::uint64_t reasoning = usage.reasoning_tokens.value_or(0);
    usage.output_tokens =
        *answer_tokens_ > UINT64_MAX - reasoning ? UINT64_MAX : *answer_tokens_ + reasoning;
  }
  return usage;
}

}  // namespace sse_tail
