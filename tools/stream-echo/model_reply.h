// What the model would answer, whole, and how each interface writes it: as a stream, block by
// block, or as one JSON value. A row of functions for each; model_chat, model_responses,
// model_messages and model_ollama have them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/output_buffer.h"
#include "base/time.h"
#include "model_request.h"

namespace stream_echo {

struct ReplyPart {
  enum class Kind : std::uint8_t { reasoning, text, call };
  Kind kind = Kind::text;
  std::string text = {};  ///< of `call` the arguments: a JSON object
};

/// What a reply depends on beside the request.
struct ReplySettings {
  std::string_view reasoning = {};        ///< comes before the text; valid UTF-8
  Duration first_after = {};              ///< before the first word
  Duration interval = {};                 ///< between two words
  std::optional<Duration> duration = {};  ///< of all words; `interval` follows from it
  std::uint64_t number = 0;               ///< of the connection, for ids
  std::uint64_t created = 0;              ///< seconds since 1970
};

struct ModelReply {
  std::string model = {};
  std::string tool = {};              ///< of the part `call`
  std::vector<ReplyPart> parts = {};  ///< at least one
  bool cut_short = false;             ///< the request wanted no more words
  bool wants_usage = false;
  std::uint64_t input_words = 0;
  std::uint64_t output_words = 0;
  std::uint64_t reasoning_words = 0;  ///< of these
  Duration first_after = {};
  Duration interval = {};
  std::uint64_t number = 0;
  std::uint64_t created = 0;

  bool calls() const { return parts.back().kind == ReplyPart::Kind::call; }
};

ModelReply make_reply(ModelRequest request, const ReplySettings& settings);

/// Where in the stream of a reply a block stands.
struct ReplyPosition {
  enum class Moment : std::uint8_t {
    begin,
    open,   ///< of a part
    delta,  ///< a word of it
    close,  ///< of a part
    finish,
    end,  ///< the end mark, one block
  };
  Moment moment = Moment::begin;
  unsigned nth = 0;             ///< of the blocks at that moment
  std::size_t part = 0;         ///< from `open` to `close`
  std::string_view delta = {};  ///< the word
  std::uint64_t block = 0;      ///< counts all blocks, from 0

  const ReplyPart& part_of(const ModelReply& reply) const { return reply.parts[part]; }
};

struct ModelFormat {
  bool is_event_stream = true;  ///< or lines of JSON
  bool calls_in_one = false;    ///< the arguments of a tool come in one piece
  /// The blocks at a moment: of begin, open, close and finish.
  unsigned (*count)(const ModelReply& reply, const ReplyPosition& position) = nullptr;
  /// Appends one block.
  void (*write)(OutputBuffer& out, const ModelReply& reply,
                const ReplyPosition& position) = nullptr;
  /// The answer to who wants no stream.
  std::string (*whole)(const ModelReply& reply) = nullptr;
  /// The body of an answer that is an error.
  std::string (*error)(std::string_view message, unsigned status) = nullptr;
  /// The block that ends a stream with an error; `block` is its number. A text that can be a type
  /// is both.
  void (*write_error)(OutputBuffer& out, std::string_view text, std::uint64_t block) = nullptr;
};

const ModelFormat& format_of(ModelApi api);

extern const ModelFormat kChatFormat;
extern const ModelFormat kResponsesFormat;
extern const ModelFormat kMessagesFormat;
extern const ModelFormat kOllamaChatFormat;
extern const ModelFormat kOllamaGenerateFormat;

/// `text`, valid UTF-8, as a JSON string, with its quotes.
std::string json_string(std::string_view text);

/// Appends an event whose JSON names its type, too. `fields` is empty or begins with a comma.
void append_typed_event(OutputBuffer& out, std::string_view type, std::string_view fields);

/// The type of an error with that text: the text itself if it has no spaces, or `fallback`.
std::string_view error_type(std::string_view text, std::string_view fallback);

/// The body of OpenAI's errors, and the type of one with that status.
std::string openai_error(std::string_view message, std::string_view type);
std::string openai_status_error(std::string_view message, unsigned status);

}  // namespace stream_echo
