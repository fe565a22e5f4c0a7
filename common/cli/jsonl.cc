#include "cli/jsonl.h"

#include <algorithm>
#include <cmath>

#include "base/json_writer.h"
#include "base/utf8.h"
#include "diag/report.h"

namespace cli {
namespace {

JsonWriter begin_line(std::string& out, const Stamp& stamp, std::string_view kind) {
  JsonWriter json(out);
  json.begin().field("t", static_cast<std::uint64_t>(stamp.since_start.count()));
  json.field("conn", stamp.conn);
  if (stamp.dir != 0) json.field("dir", std::string_view(&stamp.dir, 1));
  json.field("kind", kind);
  return json;
}

void end_with_payload(JsonWriter& json, ConstBytes payload, bool more) {
  json.payload(payload).field("size", std::uint64_t{payload.size()});
  if (more) json.flag("more", true);
  json.end();
}

void message_line(std::string& out, const Stamp& stamp, std::string_view type, ConstBytes payload,
                  bool more) {
  JsonWriter json = begin_line(out, stamp, "message");
  json.field("type", type);
  end_with_payload(json, payload, more);
}

/// The size of `bytes` without the UTF-8 character that its end cuts, if it does cut one.
std::size_t whole_characters(ConstBytes bytes) {
  for (std::size_t back = 1; back <= 3 && back <= bytes.size(); ++back) {
    const std::uint8_t byte = bytes[bytes.size() - back];
    if ((byte & 0xC0) == 0x80) continue;  // a continuation byte: its lead is further back
    const std::size_t wanted = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1;
    return wanted > back ? bytes.size() - back : bytes.size();
  }
  return bytes.size();
}

/// Calls `begin` for each line that `text` needs.
template <typename Begin>
void text_lines(std::string_view text, const Begin& begin) {
  ConstBytes rest = as_bytes(text);
  while (rest.size() > kMaxLinePayload) {
    JsonWriter json = begin();
    const std::size_t size = whole_characters(rest.first(kMaxLinePayload));
    end_with_payload(json, take_front(rest, size), true);
  }
  JsonWriter json = begin();
  end_with_payload(json, rest, false);
}

}  // namespace

void open_line(std::string& out, const Stamp& stamp, const Opened& opened) {
  JsonWriter json = begin_line(out, stamp, "open");
  json.field("status", std::uint64_t{opened.status});
  if (!opened.protocol.empty()) json.field("protocol", opened.protocol);
  if (!opened.extensions.empty()) json.field("extensions", opened.extensions);
  if (!opened.url.empty()) json.field("url", opened.url);
  json.end();
}

void control_line(std::string& out, const Stamp& stamp, std::string_view kind, ConstBytes payload) {
  begin_line(out, stamp, kind).payload(payload).field("size", std::uint64_t{payload.size()}).end();
}

void close_line(std::string& out, const Stamp& stamp, std::uint16_t code, ConstBytes reason,
                std::string_view by) {
  JsonWriter json = begin_line(out, stamp, "close");
  json.field("code", std::uint64_t{code});
  if (!reason.empty()) json.field("reason", as_text(reason));
  json.field("by", by).end();
}

void event_line(std::string& out, const Stamp& stamp, std::string_view type, std::string_view id,
                std::string_view data) {
  text_lines(data, [&] {
    JsonWriter json = begin_line(out, stamp, "message");
    json.field("type", type);
    if (!id.empty()) json.field("id", id);
    return json;
  });
}

void comment_line(std::string& out, const Stamp& stamp, std::string_view text) {
  text_lines(text, [&] { return begin_line(out, stamp, "comment"); });
}

void retry_line(std::string& out, const Stamp& stamp, std::uint64_t ms) {
  begin_line(out, stamp, "retry").field("ms", ms).end();
}

void reconnect_line(std::string& out, const Stamp& stamp, std::uint64_t ms) {
  begin_line(out, stamp, "reconnect").field("ms", ms).end();
}

void end_line(std::string& out, const Stamp& stamp, std::string_view by,
              std::string_view unfinished) {
  JsonWriter json = begin_line(out, stamp, "end");
  json.field("by", by);
  if (!unfinished.empty()) json.field("unfinished", unfinished);
  json.end();
}

void violation_line(std::string& out, const Stamp& stamp, const diag::Violation& violation) {
  JsonWriter json = begin_line(out, stamp, "violation");
  diag::write_fields(json, violation);
  json.end();
}

void timing_line(std::string& out, const Stamp& stamp, std::uint64_t run,
                 std::span<const TimingNumber> numbers) {
  JsonWriter json = begin_line(out, stamp, "timing");
  if (run != 0) json.field("run", run);
  for (const TimingNumber& number : numbers) {
    if (number.whole) {
      json.field(number.key, static_cast<std::uint64_t>(std::llround(number.value)));
    } else {
      json.decimal(number.key, number.value);
    }
  }
  json.end();
}

void error_line(std::string& out, const Stamp& stamp, int code, std::string_view message) {
  begin_line(out, stamp, "error")
      .field("code", static_cast<std::uint64_t>(code))
      .field("message", message)
      .end();
}

void MessageLines::append(std::string& out, const Stamp& stamp, std::string_view type,
                          ConstBytes piece, bool last) {
  if (last && held_.empty() && piece.size() <= kMaxLinePayload) {
    message_line(out, stamp, type, piece, false);
    return;
  }
  while (!piece.empty()) {
    if (held_.size() == kMaxLinePayload) {  // and there is more
      const std::size_t size = whole_characters(held_);
      message_line(out, stamp, type, ConstBytes(held_).first(size), true);
      held_.erase(held_.begin(), held_.begin() + static_cast<std::ptrdiff_t>(size));
    }
    const std::size_t room = kMaxLinePayload - held_.size();
    const ConstBytes front = take_front(piece, std::min(room, piece.size()));
    held_.insert(held_.end(), front.begin(), front.end());
  }
  if (!last) return;
  message_line(out, stamp, type, held_, false);
  std::vector<std::uint8_t>().swap(held_);
}

void MessageLines::cut(std::string& out, const Stamp& stamp, std::string_view type) {
  if (held_.empty()) return;
  message_line(out, stamp, type, held_, true);
  std::vector<std::uint8_t>().swap(held_);
}

}  // namespace cli
