#include "sse/ndjson.h"

#include <algorithm>

#include "base/utf8.h"
#include "sse/field_buffer.h"

namespace sse {
namespace {

constexpr std::string_view kByteOrderMark = "\uFEFF";

bool is_blank(std::string_view line) {
  return line.find_first_not_of(" \t\r\n") == line.npos;
}

}  // namespace

std::optional<Event> LineParser::next(ConstBytes& in) {
  recycle(cut_);
  recycle(repaired_);
  while (!finished_ && !in.empty()) {
    const auto lf = unit_ == Unit::line ? std::find(in.begin(), in.end(), '\n') : in.end();
    const auto size = static_cast<std::size_t>(lf - in.begin());
    const std::uint64_t begin = offset_ - line_.size();
    if (size > max_event_ - line_.size()) return fail(begin + max_event_);
    ConstBytes line = take_front(in, size);
    offset_ += size;
    if (in.empty()) {
      line_ += as_text(line);
      break;
    }
    take_front(in, 1);
    ++offset_;
    if (!line_.empty()) {
      line_ += as_text(line);
      cut_.swap(line_);
      recycle(line_);
      line = as_bytes(cut_);
    }
    if (auto event = message(line, begin)) return event;
  }
  if (finished_) {
    offset_ += in.size();
    in = {};
  }
  return std::nullopt;
}

std::optional<Event> LineParser::end() {
  if (finished_) return std::nullopt;
  finished_ = true;
  return message(as_bytes(line_), offset_ - line_.size());
}

std::optional<Event> LineParser::message(ConstBytes line, std::uint64_t offset) {
  std::string_view text = as_text(line);
  if (offset == 0 && text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  if (unit_ == Unit::line && text.ends_with('\r')) text.remove_suffix(1);
  if (is_blank(text)) return std::nullopt;
  if (!is_utf8(as_bytes(text))) {
    append_valid_utf8(repaired_, as_bytes(text));
    text = repaired_;
  }
  Event event;
  event.data = text;
  event.offset = offset;
  return event;
}

Event LineParser::fail(std::uint64_t offset) {
  finished_ = true;
  recycle(line_);
  Event event;
  event.kind = EventKind::violation;
  event.rule = diag::Rule::sse_event_size;
  event.offset = offset;
  event.number = max_event_ + 1;
  return event;
}

}  // namespace sse
