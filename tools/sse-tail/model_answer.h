// What has come of the answer of a language model or an agent: the pieces of an event, the calls of
// tools, what the server says of the whole, and whether it reports an error or the end. Which rows
// are held against which event is model_reader's. No I/O.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "json_pointer.h"
#include "model_preset.h"
#include "model_rows.h"
#include "rec/json.h"
#include "surrogate.h"
#include "tool_calls.h"
#include "usage.h"

namespace sse_tail {

/// A piece of the answer. `text` lives until the next ModelAnswer::begin(), and no longer than what
/// was read.
struct Delta {
  Part part = Part::text;      ///< text to tool_input
  std::uint64_t choice = 0;    ///< which of several answers to one question
  std::size_t call = 0;        ///< tool_*: an index into ModelAnswer::calls()
  std::string_view text = {};  ///< not empty; valid UTF-8
  bool breaks = false;  ///< tool_arguments: with this piece what has come of them cannot be JSON
  bool shown = true;    ///< its event is
  JsonPointer::Places places = {};  ///< where it stands in the arrays of its event
};

class ModelAnswer {
 public:
  /// A JSON value, and whether hide_halves() had to be asked before it could be read.
  struct Document {
    rec::Json json = {};
    bool halves_hidden = false;
  };
  static std::optional<Document> parse(std::string_view json);

  /// Where the number of the answer is, when there are several.
  void set_choice(std::string_view pointer) { choice_ = compile_pointer(pointer); }

  /// Forgets the pieces that there are.
  void begin();

  /// An event begins, and ends. In between come values of it and texts. The pieces come in the
  /// order in which they stand in the arrays of the event, and otherwise in that of the rows.
  /// `counted`: it has been taken for a chunk before.
  void begin_event(bool shown);
  void end_event(bool counted = false);

  /// Keeps a document until begin().
  const Document& keep(Document document) { return kept_.emplace_back(std::move(document)); }

  /// Holds `rows` against `document`, which is kept.
  void apply(const std::vector<CompiledRow>& rows, const Document& document);

  /// What a pointer of the user's has found, as it stands in the JSON of the event: text. Both must
  /// live until begin(), `pointer` longer: what goes on in the next event is told by its address.
  void take_found(const JsonPointer& pointer, std::string_view json);

  /// The end mark; and an error in words, if there is none.
  void end();
  void fail(std::string_view message);

  /// Half characters whose other half has not come become U+FFFD, each a piece.
  void end_halves();

  std::span<const Delta> pieces() const { return deltas_; }
  bool ended() const { return ended_; }    ///< the end mark has come
  bool failed() const { return failed_; }  ///< an error has
  bool may_end() const { return may_end_; }

  /// failed(): what the server says, each at most 1000 bytes, as it came; empty: nothing.
  const std::string& error_message() const { return error_message_; }
  const std::string& error_code() const { return error_code_; }

  /// Of the first choice, at most 200 bytes, as it came; empty: none.
  const std::string& finish_reason() const { return finish_reason_; }
  const std::vector<ToolCall>& calls() const { return calls_.all(); }
  Usage usage() const;
  std::uint64_t chunks() const { return chunks_; }          ///< events that brought something
  std::uint64_t characters() const { return characters_; }  ///< of the text of the first choice

 private:
  using Places = JsonPointer::Places;

  // Of one text, the last half of which waits for the next event.
  struct Half {
    const void* source = nullptr;  // the row or pointer
    Delta delta = {};
    HalfJoiner joiner = {};
  };

  // Of the event that is read.
  struct Source {
    const CompiledRow& row;
    const Document& document;
    const Places& places;
  };

  bool take_value(const Source& source, const rec::Json& value);
  bool take_piece(const Source& source, const rec::Json& value);
  bool take_error(const Source& source, const rec::Json& value);
  bool take_tokens(Part part, const rec::Json& value);
  bool is_first_choice(const Source& source) const;
  bool is_news(const Delta& delta);
  CallMark mark_of(const Source& source, std::uint64_t choice) const;
  std::string_view joined(const void* source, const Delta& delta, std::string_view text,
                          bool halves_hidden);
  bool add(Delta delta);

  JsonPointer choice_;
  std::vector<Delta> deltas_;
  std::deque<Document> kept_;      // which the deltas point into
  std::deque<std::string> texts_;  // likewise
  std::vector<Half> halves_;

  std::uint64_t event_ = 0;
  std::size_t event_begin_ = 0;  // its first delta
  bool shown_ = true;
  unsigned parts_before_ = 0;  // a bit for each Part that events before this one have brought

  bool ended_ = false;
  bool failed_ = false;
  bool may_end_ = false;
  std::string error_message_;
  std::string error_detail_;  // JSON, if nothing else tells
  std::string error_code_;
  std::string finish_reason_;
  ToolCalls calls_;
  Usage usage_;
  std::optional<std::uint64_t> answer_tokens_;
  std::uint64_t chunks_ = 0;
  std::uint64_t characters_ = 0;
};

}  // namespace sse_tail
