// From the bytes of an event stream to its messages (HTML Living Standard 9.2.5 and 9.2.6), exactly
// as a browser reads them, and to what a browser keeps to itself: comments, retry times when they
// come, what was ignored and why, what the end cut off. It connects to nothing, and it does not
// reconnect: that is decided in sse/reconnect.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "diag/rule.h"
#include "sse/field_buffer.h"

namespace sse {

/// Bytes; as large as a WebSocket message may be: what a debugging tool may meet.
inline constexpr std::uint64_t kMaxEventSize = std::uint64_t{64} << 20;

enum class EventKind : std::uint8_t { message, comment, retry, note, violation };

/// One thing that happened, flat. The views live until the next call of the parser, or of whoever
/// owns the bytes. Text is valid UTF-8: U+FFFD stands for what was not. In a message that comes
/// after a note that says so.
struct Event {
  EventKind kind = EventKind::message;
  diag::Rule rule = diag::Rule::sse_field;  ///< note, violation
  std::string_view type = "message";        ///< message: the event type
  /// message: its data, lines joined with LF. comment: what follows the colon, a space too. note:
  /// the line, as it came.
  std::string_view data = {};
  std::string_view last_id = {};  ///< message: the last event ID string, its own or an earlier one
  /// From the start of the stream: of the first line that the message is made of, of the comment or
  /// retry; note, violation: of the byte that shows it.
  std::uint64_t offset = 0;
  /// retry: the reconnection time in milliseconds. note, violation: the value that broke the rule.
  std::uint64_t number = 0;

  diag::Violation violation() const { return {rule, offset, number}; }
};
// g++ clears what is larger with an instruction that takes longer than a short line does.
static_assert(sizeof(std::optional<Event>) <= 80);

/// What the end of the stream drops. The views live until the next call of the parser.
struct Unfinished {
  /// A message whose blank line has not come, as it would have been: lines that were complete.
  bool has_data = false;
  std::string_view type = "message";
  std::string_view data = {};
  std::string_view last_id = {};  ///< not used, nor kept
  std::string_view line = {};     ///< a line without its end, as it came
  std::uint64_t offset = 0;       ///< of the first line that is dropped
};

class Parser {
 public:
  /// `last_id` is the last event ID string that an earlier connection left. `max_event` limits, in
  /// bytes without line ends, the data, event and id lines of a message together with the line that
  /// is being read; text with U+FFFD counts as what it becomes. Memory grows to about twice that,
  /// and by up to three times a line that is not UTF-8 while that is looked at.
  explicit Parser(std::string_view last_id = {}, std::uint64_t max_event = kMaxEventSize);

  /// Takes bytes off the front of `in` up to the next event; nullopt: `in` is used up. A message
  /// that lies in one piece of input is not copied, but for its id. Between calls nothing refers to
  /// the caller's bytes. After a violation (only a limit is one) or the end all is swallowed.
  std::optional<Event> next(ConstBytes& in);

  /// The stream has ended; tells what is dropped. After a violation nothing is.
  std::optional<Unfinished> end();

  /// Another connection begins: as new, but for the last event ID string.
  void reset();

  /// The last event ID string: the one to reconnect with. A block without data changes it too.
  const std::string& last_id() const { return last_id_; }

  /// How many bytes have been taken.
  std::uint64_t offset() const { return offset_; }

 private:
  struct MessageField {
    FieldBuffer* field = nullptr;
    std::size_t name_size = 0;
  };

  ConstBytes join_line(ConstBytes rest);
  void take_line(ConstBytes line, bool ascii, std::uint64_t offset, std::optional<Event>& event);
  MessageField message_field(ConstBytes line);
  void take_other(ConstBytes line, std::uint64_t offset, std::optional<Event>& event);
  void take_comment(ConstBytes line, std::uint64_t offset, std::optional<Event>& event);
  void take_retry(ConstBytes line, std::size_t begin, std::uint64_t offset,
                  std::optional<Event>& event);
  void dispatch(std::optional<Event>& event);
  std::string_view repaired(ConstBytes text);
  void fail(std::uint64_t offset, std::optional<Event>& event);

  /// A data, event or id line has come since the last blank line.
  bool is_open() const { return message_size_ != 0; }

  std::uint64_t max_event_;
  std::uint64_t offset_ = 0;  // of the next byte
  bool finished_ = false;     // after a violation or the end
  bool after_cr_ = false;     // an LF that comes now belongs to the CR before it

  // The message that is being read: the buffers of HTML 9.2.6. The one for the last event ID is
  // last_id_ until an id comes.
  FieldBuffer type_;
  FieldBuffer data_;
  FieldBuffer id_;
  std::uint64_t message_size_ = 0;    // as max_event counts
  std::uint64_t message_offset_ = 0;  // of its first line
  std::string last_id_;

  std::string line_;      // LineBuffer: a line whose end has not come
  std::string cut_;       // a line that was begun in line_, complete
  std::string repaired_;  // text with U+FFFD
};

}  // namespace sse
