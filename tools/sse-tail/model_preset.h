// What the streams of language models and agents look like: for each kind a table of rows that say
// where in the JSON of an event something stands, and what that is. Another provider is another
// row; nothing here decides anything, model_reader does.
//
// Pointers are JSON Pointers (RFC 6901) into the data of an event, except that `*` stands for each
// element of an array. In the pointers that go with another one (Row::call, Row::id,
// Preset::choice, When::pointer) it is the element that the other one is at.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace sse_tail {

/// What stands at a pointer.
enum class Part : std::uint8_t {
  text,            ///< of the answer
  reasoning,       ///< text that leads to it
  refusal,         ///< text in its place
  progress,        ///< a sentence on how far it is
  tool_name,       ///< of the tool that is called
  tool_arguments,  ///< a piece of their JSON, or, if it is no text, all of it
  tool_input,      ///< a piece of what is given to a tool, in a language of its own
  finish,          ///< why the answer ends here
  input_tokens,
  output_tokens,  ///< those of reasoning among them
  answer_tokens,  ///< output tokens without those of reasoning
  reasoning_tokens,
  error,  ///< an error, unless it is empty or false; a text is its message
  error_code,
  end,      ///< whatever stands there: nothing comes after this event
  may_end,  ///< likewise: the stream may end after this event, though more may come
  goes_on,  ///< likewise: it may not, whatever came before
};

/// A condition on an event. An empty pointer: none.
struct When {
  std::string_view pointer = {};
  /// The text or truth value that has to stand there, or several with `|` between, of which one has
  /// to; one that ends with `*` has to begin so. Empty: anything but null.
  std::string_view value = {};
  bool negated = false;  ///< it must not
};

struct Row {
  Part part = Part::text;
  std::string_view at = {};
  When when = {};
  /// Where the call of a tool has its number, which tells it from others; empty: it has none, see
  /// ToolCalls::of().
  std::string_view call = {};
  std::string_view id = {};  ///< where it has its ID; another one under one number is another call
  bool otherwise = false;    ///< only if the row before has found nothing in this event
  bool first = false;  ///< only if no event before has brought such a part, of the same call if it
                       ///< is one: whole parts that may come behind their pieces
};

struct Preset {
  std::string_view name = {};
  std::span<const Row> rows = {};    ///< of an event
  std::span<const Row> whole = {};   ///< of an answer that is one JSON value and no stream; it is
                                     ///< one only if it has its end or may end
  std::span<const When> signs = {};  ///< an event that meets one of them belongs to this preset
  std::string_view end_data = {};    ///< an event whose data begins so, and is no JSON, is the last
  std::string_view end_name = {};    ///< of the end mark, for people; empty: there is none
  std::string_view choice = {};      ///< where the number of the answer is, when there are several
  std::string_view other_type = {};  ///< events of this type are no JSON
};

/// In the order in which `--llm auto` tries them.
std::span<const Preset> presets();

/// nullptr: there is none of this name.
const Preset* find_preset(std::string_view name);

/// Where all of them have errors: before the rows of their own.
std::span<const Row> error_rows();

/// Where an event has one whose type says that it is an error.
std::span<const Row> error_event_rows();

}  // namespace sse_tail
