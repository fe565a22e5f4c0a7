// What a parser of event streams reports, as lines of text, so that runs over the same bytes, cut
// differently, can be compared and a difference can be read:
//
//   message "tick" "7" "a\nb" @12   its type, last event ID string, data and offset
//   comment " hello" @0
//   retry 3000 @0
//   note sse-field 120 @5 "x: y"    the value that shows it and the line
//   violation sse-event-size 17 @16
//   unfinished "tick" "7" "a" + "da" @40
//
// Texts of more than 256 bytes are shown by their size and hash.
#pragma once

#include <fmt/format.h>

#include <functional>
#include <string>
#include <string_view>

#include "base/json_writer.h"
#include "base/text.h"
#include "base/utf8.h"
#include "diag/rule.h"
#include "sse/parser.h"

namespace test {

inline std::string show_text(std::string_view text) {
  constexpr std::size_t kMaxShown = 256;
  if (text.size() > kMaxShown) {
    return fmt::format("{} bytes, hash {:x}", text.size(), std::hash<std::string_view>()(text));
  }
  if (!is_utf8(as_bytes(text))) return "hex " + to_hex(as_bytes(text));
  std::string shown = "\"";
  append_json_text(shown, text);
  return shown + '"';
}

inline std::string show(const sse::Event& event) {
  switch (event.kind) {
    case sse::EventKind::message:
      return fmt::format("message {} {} {} @{}\n", show_text(event.type), show_text(event.last_id),
                         show_text(event.data), event.offset);
    case sse::EventKind::comment:
      return fmt::format("comment {} @{}\n", show_text(event.data), event.offset);
    case sse::EventKind::retry: return fmt::format("retry {} @{}\n", event.number, event.offset);
    case sse::EventKind::note:
      return fmt::format("note {} {} @{} {}\n", diag::info(event.rule).id, event.number,
                         event.offset, show_text(event.data));
    case sse::EventKind::violation:
      return fmt::format("violation {} {} @{}\n", diag::info(event.rule).id, event.number,
                         event.offset);
  }
  return "?\n";
}

inline std::string show(const sse::Unfinished& cut) {
  return fmt::format("unfinished {} {} {} + {} @{}\n", show_text(cut.type), show_text(cut.last_id),
                     cut.has_data ? show_text(cut.data) : "no data", show_text(cut.line),
                     cut.offset);
}

}  // namespace test
