#include "model_reader.h"

#include <algorithm>
#include <utility>

#include "json_members.h"

namespace sse_tail {
namespace {

// What others than --llm openai may see, too: an end, and nothing to wonder at.
constexpr std::string_view kDone = "[DONE]";

const std::vector<CompiledRow> kNoRows;

}  // namespace

ModelReader::ModelReader(Kind kind) : kind_(std::move(kind)) {
  if (!kind_.judged) return;
  error_rows_ = compile(error_rows());
  error_event_rows_ = compile(error_event_rows());
  if (kind_.preset != nullptr) {
    choose(*kind_.preset);
  } else {
    recogniser_.emplace();
  }
}

void ModelReader::choose(const Preset& preset) {
  kind_.preset = &preset;
  answer_.set_choice(preset.choice);
  rows_ = compile(preset.rows);
  whole_rows_ = compile(preset.whole);
  if (kind_.text.empty()) return;
  const auto is_text = [](const CompiledRow& row) { return row.row.part == Part::text; };
  std::erase_if(rows_, is_text);
  std::erase_if(whole_rows_, is_text);
}

std::span<const Delta> ModelReader::take(std::string_view type, std::string_view data, bool shown) {
  answer_.begin();
  if (over()) return {};
  const Event event{.type = type, .data = data, .shown = shown};
  if (known()) {
    read(event, rows_);
  } else if (!recognise(event)) {
    hold(event);
  } else {
    for (const Held& held : std::exchange(held_, {})) {
      if (over()) break;
      read({.type = held.type,
            .data = held.data,
            .shown = held.shown,
            .again = true,
            .counted = held.counted},
           rows_);
    }
    if (!over()) read(event, rows_);
  }
  return answer_.pieces();
}

/// Whether `event` tells which preset it is.
bool ModelReader::recognise(const Event& event) {
  if (rec::is_too_large(event.data)) return false;
  for (const std::string_view value : values_of(event.data)) {
    const auto document = ModelAnswer::parse(value);
    const Preset* const found = document ? recogniser_->recognise(document->json) : nullptr;
    if (found == nullptr) continue;
    choose(*found);
    return true;
  }
  return false;
}

/// Errors and what pointers find do not wait for the preset.
void ModelReader::hold(const Event& event) {
  const std::uint64_t chunks = answer_.chunks();
  read(event, kNoRows);
  if (over()) return;
  held_size_ += event.type.size() + event.data.size();
  if (held_.size() < kMaxHeldEvents && held_size_ <= kMaxHeld) {
    held_.push_back(
        {std::string(event.type), std::string(event.data), event.shown, answer_.chunks() > chunks});
    return;
  }
  if (kind_.text.empty()) failure_ = Failure::no_preset;
  held_.clear();
}

/// One event.
void ModelReader::read(const Event& event, const Rows& rows) {
  if (kind_.preset != nullptr && event.type == kind_.preset->other_type) return;
  const bool is_json = read_values(event, rows);
  if (failed()) return;
  if (kind_.judged && event.type == "error") {
    take_error_event(event);
  } else if (!is_json) {
    take_odd(event);
  }
}

/// Whether it is JSON, or too much of it.
bool ModelReader::read_values(const Event& event, const Rows& rows) {
  if (kind_.judged && rec::is_too_large(event.data)) {
    failure_ = Failure::too_large;
    return true;
  }
  for (const std::string_view value : values_of(event.data)) {
    if (over()) break;
    if (!read_value(event, rows, value)) return false;
  }
  return true;
}

bool ModelReader::read_value(const Event& event, const Rows& rows, std::string_view value) {
  auto document = kind_.judged ? ModelAnswer::parse(value) : std::nullopt;
  const bool has_text = !kind_.text.empty() && !event.again && is_json(value);
  if (!document && !has_text) return false;
  answer_.begin_event(event.shown);
  if (has_text) {
    for (const JsonPointer& pointer : kind_.text) answer_.take_found(pointer, pointer.cut(value));
  }
  if (document) {
    const ModelAnswer::Document& kept = answer_.keep(std::move(*document));
    answer_.apply(error_rows_, kept);
    answer_.apply(rows, kept);
  }
  answer_.end_event(event.counted);
  return true;
}

/// Who is judged may put several events into an array: MCP's batches, and Gemini without alt=sse.
std::vector<std::string_view> ModelReader::values_of(std::string_view data) const {
  const std::string_view json = trim_json(data);
  if (!kind_.judged || !json.starts_with('[') || !is_json(json)) return {data};
  std::vector<std::string_view> values;
  JsonMembers members(json);
  while (const auto member = members.next()) values.push_back(member->value);
  return values;
}

/// An event that is called error is one, whatever it holds.
void ModelReader::take_error_event(const Event& event) {
  if (auto document = ModelAnswer::parse(event.data)) {
    answer_.begin_event(event.shown);
    answer_.apply(error_event_rows_, answer_.keep(std::move(*document)));
    answer_.end_event();
  }
  answer_.fail(event.data);
}

/// One that is no JSON.
void ModelReader::take_odd(const Event& event) {
  if (event.data.empty()) return;
  if (!kind_.judged) {
    if (!event.data.starts_with(kDone)) ++odd_events_;
  } else if (!is_end_data(event.data)) {
    if (known() || event.type == "message") ++odd_events_;
  } else if (known() || !kind_.text.empty()) {
    answer_.end();
  } else {
    failure_ = Failure::no_preset;
  }
}

bool ModelReader::is_end_data(std::string_view data) const {
  const auto ends = [&](const Preset& preset) {
    return !preset.end_data.empty() && data.starts_with(preset.end_data);
  };
  if (!kind_.judged) return false;
  if (kind_.preset != nullptr) return ends(*kind_.preset);
  const auto all = presets();
  return std::any_of(all.begin(), all.end(), ends);
}

std::span<const Delta> ModelReader::take_whole(std::string_view body) {
  answer_.begin();
  if (over()) return {};
  const Event event{.type = "message", .data = body};
  if (!kind_.judged) {
    read(event, kNoRows);
    return answer_.pieces();
  }
  if (!known()) recognise(event);
  const bool is_array = trim_json(body).starts_with('[');
  read_values(event, !known() ? kNoRows : is_array ? rows_ : whole_rows_);
  if (over()) return answer_.pieces();
  const bool found = !known() && !answer_.pieces().empty();  // by pointers: nobody can tell more
  if (answer_.may_end() || found) {
    answer_.end();
  } else {
    failure_ = known() ? Failure::no_answer : Failure::no_preset;
  }
  return answer_.pieces();
}

std::string ModelReader::take_stray(std::string_view line) {
  if (!kind_.judged || over()) return std::string(line);
  std::string lost = stray_.take(line);
  if (!stray_.complete()) return lost;
  const std::string json = stray_.drop();
  answer_.begin();
  read_values({.type = "message", .data = json, .again = true}, kNoRows);
  if (failed()) return lost;
  if (!lost.empty()) lost += '\n';
  return lost += json;
}

std::span<const Delta> ModelReader::end_body() {
  answer_.begin();
  answer_.end_halves();
  return answer_.pieces();
}

}  // namespace sse_tail
