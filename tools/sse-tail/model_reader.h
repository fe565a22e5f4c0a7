// Reads the events of a language model's or an agent's stream: what of each is text, reasoning or
// the call of a tool, what the model's server says of the whole, whether it reports an error, and
// whether its end mark has come. Where all that stands is in the tables of model_preset. No I/O.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "json_check.h"
#include "json_pointer.h"
#include "model_preset.h"
#include "model_rows.h"
#include "rec/json.h"
#include "surrogate.h"
#include "usage.h"

namespace sse_tail {

/// A piece of the answer. The views live until the next call of the reader.
struct Delta {
  Part part = Part::text;      ///< text to tool_input
  std::uint64_t choice = 0;    ///< which of several answers to one question
  std::size_t call = 0;        ///< tool_*: an index into ModelReader::calls()
  std::string_view text = {};  ///< not empty; valid UTF-8
  bool breaks = false;  ///< tool_arguments: with this piece what has come of them cannot be JSON
};

/// A tool that the model wants to be called.
struct ToolCall {
  std::string name = {};  ///< at most its first 200 bytes; empty: it has not come
  std::uint64_t choice = 0;
  std::string id = {};  ///< that tells it from others, if they have any
  JsonCheck arguments = {};
  bool is_json = true;  ///< its arguments are
  bool broken = false;
  bool complete() const { return !is_json || arguments.complete(); }
};

class ModelReader {
 public:
  /// Calls of tools that are kept apart; what belongs to later ones is passed over.
  static constexpr std::size_t kMaxCalls = 256;
  /// What is kept, while no event has told which preset it is: more means that none will.
  static constexpr std::size_t kMaxHeld = std::size_t{1} << 20;
  static constexpr std::size_t kMaxHeldEvents = 64;

  struct Kind {
    bool judged = true;                  ///< errors and end marks count: --llm
    const Preset* preset = nullptr;      ///< nullptr: the one that fits, or, if not judged, none
    std::vector<JsonPointer> text = {};  ///< where the text is, instead of where the preset has it
  };
  explicit ModelReader(Kind kind);

  /// An event of type `type`. What it brings; while the preset is not known, nothing, and with the
  /// event that tells it all that came before.
  std::span<const Delta> take(std::string_view type, std::string_view data);

  /// A body that is no stream, but one JSON value: the whole answer, or an array of events.
  std::span<const Delta> take_whole(std::string_view body);

  /// A line of an event stream that is no field: perhaps of an error that is written into it as it
  /// is. Whether it may be part of some JSON.
  bool take_stray(std::string_view line);

  const Preset* preset() const { return kind_.preset; }
  bool known() const { return kind_.preset != nullptr || !kind_.judged; }
  bool judged() const { return kind_.judged; }

  bool ended() const { return ended_; }    ///< the end mark has come
  bool failed() const { return failed_; }  ///< an error has
  bool over() const { return ended_ || failed_; }

  /// failed(): what the server says, each at most 1000 bytes, as it came; empty: nothing.
  const std::string& error_message() const { return error_message_; }
  const std::string& error_code() const { return error_code_; }

  /// Of the first choice, at most 200 bytes, as it came; empty: none.
  const std::string& finish_reason() const { return finish_reason_; }
  const std::vector<ToolCall>& calls() const { return calls_; }
  Usage usage() const;
  std::uint64_t chunks() const { return chunks_; }          ///< events that brought something
  std::uint64_t characters() const { return characters_; }  ///< of the text of the first choice
  std::uint64_t odd_events() const { return odd_events_; }  ///< whose data is no JSON

 private:
  struct Held {
    std::string type = {};
    std::string data = {};
  };
  using Places = JsonPointer::Places;

  std::optional<rec::Json> parse(std::string_view data);
  std::string_view joined(const Delta& delta, std::string_view text);
  void begin_event();
  void choose(const Preset& preset);
  void read(std::string_view type, std::string_view data);
  bool take_end_data(std::string_view data);
  void hold(std::string_view type, std::string_view data, const rec::Json& json);
  void apply(const std::vector<CompiledRow>& rows, const rec::Json& json);
  bool take_value(const CompiledRow& row, const rec::Json& value, const rec::Json& json,
                  const Places& places);
  bool take_piece(const CompiledRow& row, const rec::Json& value, const rec::Json& json,
                  const Places& places);
  bool take_tool_piece(Delta delta, const CompiledRow& row, const std::string& id);
  std::optional<std::size_t> call_of(const CompiledRow& row, std::uint64_t choice,
                                     const std::string& id);
  bool take_tokens(Part part, const rec::Json& value);
  bool take_error(const rec::Json& value);

  Kind kind_;
  std::vector<CompiledRow> rows_;
  std::vector<CompiledRow> whole_rows_;
  std::vector<CompiledRow> error_rows_;
  std::optional<Recogniser> recogniser_;  // while no preset is chosen
  JsonPointer choice_;

  std::vector<Held> held_;
  std::size_t held_size_ = 0;
  std::string stray_;  // lines that may become JSON, at most kMaxStray

  std::vector<Delta> deltas_;
  std::deque<rec::Json> documents_;  // which the deltas point into
  std::deque<std::string> texts_;    // likewise

  bool halves_hidden_ = false;  // in this event
  HalfJoiner joiner_;           // of the text of half_of_, whose last half waits for the next event
  Delta half_of_;
  bool ended_ = false;
  bool failed_ = false;
  std::string error_message_;
  std::string error_code_;
  std::string finish_reason_;
  std::vector<ToolCall> calls_;
  Usage usage_;
  std::optional<std::uint64_t> answer_tokens_;
  std::uint64_t chunks_ = 0;
  std::uint64_t characters_ = 0;
  std::uint64_t odd_events_ = 0;
};

}  // namespace sse_tail
