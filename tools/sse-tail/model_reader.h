// Reads the events of a language model's or an agent's stream: which preset fits them, which of its
// rows are held against which event, and how the stream fails where no row can say so. What is
// found is model_answer's. No I/O.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "json_pointer.h"
#include "model_answer.h"
#include "model_preset.h"
#include "model_rows.h"
#include "stray_json.h"

namespace sse_tail {

class ModelReader {
 public:
  /// What is kept, while no event has told which preset it is: more means that none will.
  static constexpr std::size_t kMaxHeld = std::size_t{1} << 20;
  static constexpr std::size_t kMaxHeldEvents = 64;

  struct Kind {
    bool judged = true;                  ///< errors and end marks count: --llm
    const Preset* preset = nullptr;      ///< nullptr: the one that fits, or, if not judged, none
    std::vector<JsonPointer> text = {};  ///< where the text is, instead of where the preset has it
  };
  explicit ModelReader(Kind kind);

  /// What is wrong with the stream.
  enum class Failure : std::uint8_t {
    none,
    reported,   ///< the stream itself says that something is
    no_preset,  ///< none fits what comes
    no_answer,  ///< a body that is no stream is no answer either, or not all of one
    too_large,  ///< rec::is_too_large()
  };

  /// An event of type `type`, which is `shown` or not. What it brings; while the preset is not
  /// known, nothing but what pointers find, and with the event that tells it all that came before.
  std::span<const Delta> take(std::string_view type, std::string_view data, bool shown = true);

  /// A body that is no stream, but one JSON value: the whole answer, or an array of events.
  std::span<const Delta> take_whole(std::string_view body);

  /// A line of an event stream that is no field: perhaps of an error that is written into it as it
  /// is. Returns what now is none, and no part of one, as StrayJson does.
  std::string take_stray(std::string_view line);

  /// An event, or the end, comes after such lines: those that did not become JSON.
  std::string drop_stray() { return stray_.drop(); }

  /// The body is over, though the stream may go on over another connection. What that makes
  /// complete.
  std::span<const Delta> end_body();

  /// Whether `data` would be the end mark, if its event were complete.
  bool is_end_data(std::string_view data) const;

  const Preset* preset() const { return kind_.preset; }
  bool known() const { return kind_.preset != nullptr || !kind_.judged; }
  bool judged() const { return kind_.judged; }

  Failure failure() const { return answer_.failed() ? Failure::reported : failure_; }
  bool failed() const { return failure() != Failure::none; }
  bool over() const { return answer_.ended() || failed(); }

  const ModelAnswer& answer() const { return answer_; }
  std::uint64_t odd_events() const { return odd_events_; }  ///< whose data is no JSON

 private:
  struct Event {
    std::string_view type = {};
    std::string_view data = {};
    bool shown = true;
    bool again = false;    // pointers have been followed in it
    bool counted = false;  // and have found something
  };
  struct Held {
    std::string type = {};
    std::string data = {};
    bool shown = true;
    bool counted = false;
  };
  using Rows = std::vector<CompiledRow>;

  void choose(const Preset& preset);
  bool recognise(const Event& event);
  void hold(const Event& event);
  void read(const Event& event, const Rows& rows);
  bool read_values(const Event& event, const Rows& rows);
  bool read_value(const Event& event, const Rows& rows, std::string_view value);
  std::vector<std::string_view> values_of(std::string_view data) const;
  void take_error_event(const Event& event);
  void take_odd(const Event& event);

  Kind kind_;
  Rows rows_;  // of the preset
  Rows whole_rows_;
  Rows error_rows_;
  Rows error_event_rows_;
  std::optional<Recogniser> recogniser_;  // while no preset is chosen

  std::vector<Held> held_;
  std::size_t held_size_ = 0;
  StrayJson stray_;

  ModelAnswer answer_;
  Failure failure_ = Failure::none;
  std::uint64_t odd_events_ = 0;
};

}  // namespace sse_tail
