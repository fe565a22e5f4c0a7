#include "sse/parser.h"

#include <algorithm>
#include <cstring>

#include "base/text.h"
#include "base/utf8.h"
#include "sse/line.h"

namespace sse {

using diag::Rule;

namespace {

constexpr std::string_view kByteOrderMark = "\uFEFF";

bool starts_with(ConstBytes line, std::string_view start) {
  return line.size() >= start.size() && std::memcmp(line.data(), start.data(), start.size()) == 0;
}

/// Names are compared literally and end at the first colon or with the line (HTML 9.2.6).
bool is_field(ConstBytes line, std::string_view name) {
  return starts_with(line, name) && (line.size() == name.size() || line[name.size()] == ':');
}

/// Where the value begins behind a name of `name_size`: one space after the colon is no part of it.
std::size_t value_begin(ConstBytes line, std::size_t name_size) {
  const std::size_t at = std::min(name_size + 1, line.size());
  return at < line.size() && line[at] == ' ' ? at + 1 : at;
}

/// HTML 9.2.5: one byte order mark, and only as the first three bytes of the stream. Returns the
/// offset of what is left of `line`, which began at `offset`.
std::uint64_t skip_byte_order_mark(ConstBytes& line, std::uint64_t offset) {
  if (offset != 0 || !starts_with(line, kByteOrderMark)) return offset;
  take_front(line, kByteOrderMark.size());
  return kByteOrderMark.size();
}

/// The first byte that is not UTF-8; the end when something is missing there.
diag::Violation utf8_violation(ConstBytes text, std::uint64_t offset) {
  Utf8Validator validator;
  const std::size_t bad = validator.feed(text).value_or(text.size());
  return {Rule::sse_utf8, offset + bad, bad < text.size() ? text[bad] : std::uint64_t{0}};
}

void report(std::optional<Event>& event, EventKind kind, const diag::Violation& what,
            ConstBytes line = {}) {
  event.emplace();
  event->kind = kind;
  event->rule = what.rule;
  event->data = as_text(line);
  event->offset = what.offset;
  event->number = what.got;
}

}  // namespace

Parser::Parser(std::string_view last_id, std::uint64_t max_event)
    : max_event_(max_event), last_id_(last_id) {}

void Parser::reset() {
  *this = Parser(last_id_, max_event_);
}

std::optional<Event> Parser::next(ConstBytes& in) {
  std::optional<Event> event;  // filled where the caller gets it
  if (!cut_.empty()) recycle(cut_);
  if (!repaired_.empty()) recycle(repaired_);
  while (!finished_ && !in.empty() && !event) {
    if (after_cr_) {
      after_cr_ = false;
      if (in.front() == '\n') {
        take_front(in, 1);
        ++offset_;
        continue;
      }
    }
    auto [size, ascii] = is_line_end(in.front()) ? LineScan{} : scan_line(in);
    const std::uint64_t room = max_event_ - message_size_ - line_.size();
    if (size > room) {
      fail(offset_ + room, event);
      break;
    }
    std::uint64_t line_offset = offset_ - line_.size();
    ConstBytes line = take_front(in, size);
    offset_ += size;
    if (in.empty()) {  // the rest of the line is still to come
      line_ += as_text(line);
      break;
    }
    // A CR ends the line at once: waiting for a byte behind it would keep the message back.
    after_cr_ = in.front() == '\r';
    take_front(in, 1);
    ++offset_;
    if (!line_.empty()) {
      line = join_line(line);
      ascii = false;
    }
    line_offset = skip_byte_order_mark(line, line_offset);
    take_line(line, ascii, line_offset, event);
  }
  if (finished_) {
    offset_ += in.size();
    in = {};
  } else if (is_open()) {
    type_.own();
    data_.own();
    id_.own();
  }
  return event;
}

/// The line that was begun in line_, with its `rest`.
ConstBytes Parser::join_line(ConstBytes rest) {
  line_ += as_text(rest);
  cut_.swap(line_);  // which is empty then
  return as_bytes(cut_);
}

inline void Parser::take_line(ConstBytes line, bool ascii, std::uint64_t offset,
                              std::optional<Event>& event) {
  if (line.empty()) return dispatch(event);
  const auto [field, name_size] = message_field(line);
  if (field == nullptr) return take_other(line, offset, event);

  const std::size_t begin = value_begin(line, name_size);
  const ConstBytes value = line.subspan(begin);
  if (field == &id_) {  // one with U+0000 is ignored; one before it, in the same message, stays
    const std::size_t null = as_text(value).find('\0');
    if (null != std::string_view::npos) {
      return report(event, EventKind::note, {Rule::sse_id, offset + begin + null, 0}, line);
    }
  }
  const bool valid = ascii || is_utf8(value);
  const std::string_view text = valid ? as_text(value) : repaired(value);
  const std::uint64_t size = std::max(line.size(), text.size());
  if (size > max_event_ - message_size_) return fail(offset, event);
  if (!is_open()) message_offset_ = offset;
  message_size_ += size;
  if (field == &data_) {
    data_.add_line(text);
  } else {
    field->set(text);
  }
  if (!valid) report(event, EventKind::note, utf8_violation(value, offset + begin), line);
}

/// The field of the message that `line` names.
inline Parser::MessageField Parser::message_field(ConstBytes line) {
  if (is_field(line, "data")) return {&data_, 4};
  if (is_field(line, "event")) return {&type_, 5};
  if (is_field(line, "id")) return {&id_, 2};
  return {};
}

void Parser::take_other(ConstBytes line, std::uint64_t offset, std::optional<Event>& event) {
  if (line.front() == ':') return take_comment(line, offset, event);
  if (is_field(line, "retry")) return take_retry(line, value_begin(line, 5), offset, event);
  report(event, EventKind::note, {Rule::sse_field, offset, line.front()}, line);
}

void Parser::take_comment(ConstBytes line, std::uint64_t offset, std::optional<Event>& event) {
  const ConstBytes text = line.subspan(1);
  event.emplace();
  event->kind = EventKind::comment;
  event->data = is_utf8(text) ? as_text(text) : repaired(text);
  event->offset = offset;
}

/// HTML 9.2.6: at once, whatever becomes of the message.
void Parser::take_retry(ConstBytes line, std::size_t begin, std::uint64_t offset,
                        std::optional<Event>& event) {
  const auto ms = parse_integer(as_text(line.subspan(begin)));
  if (!ms) return report(event, EventKind::note, {Rule::sse_retry, offset + begin, 0}, line);
  event.emplace();
  event->kind = EventKind::retry;
  event->number = *ms;
  event->offset = offset;
}

/// A blank line (HTML 9.2.6, "dispatch the event"). Without data there is no message, but the last
/// event ID string changes all the same.
inline void Parser::dispatch(std::optional<Event>& event) {
  if (!is_open()) return;
  if (id_.is_set()) last_id_ = id_.view();
  if (data_.is_set()) {
    event.emplace();
    if (!type_.view().empty()) event->type = type_.view();
    event->data = data_.view();
    event->last_id = last_id_;
    event->offset = message_offset_;
  }
  type_.clear();
  data_.clear();
  id_.clear();
  message_size_ = 0;
}

std::string_view Parser::repaired(ConstBytes text) {
  repaired_.clear();
  append_valid_utf8(repaired_, text);
  return repaired_;
}

/// Nothing more is read: without this message the ones behind it would tell another story.
void Parser::fail(std::uint64_t offset, std::optional<Event>& event) {
  const std::uint64_t taken = offset_;
  reset();
  offset_ = taken;
  finished_ = true;
  report(event, EventKind::violation, {Rule::sse_event_size, offset, max_event_ + 1});
}

std::optional<Unfinished> Parser::end() {
  if (finished_) return std::nullopt;
  finished_ = true;
  ConstBytes line = as_bytes(line_);
  const std::uint64_t line_offset = skip_byte_order_mark(line, offset_ - line.size());
  if (!is_open() && line.empty()) return std::nullopt;
  Unfinished unfinished;
  unfinished.has_data = data_.is_set();
  if (!type_.view().empty()) unfinished.type = type_.view();
  unfinished.data = data_.view();
  unfinished.last_id = id_.is_set() ? id_.view() : last_id_;
  unfinished.line = as_text(line);
  unfinished.offset = is_open() ? message_offset_ : line_offset;
  return unfinished;
}

}  // namespace sse
