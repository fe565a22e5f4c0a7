// What an observer tells, as lines of text that do not depend on how the input was cut, and the
// input itself, put together again from what was told. Used by the unit tests and the fuzz target.
//
//   > head 57 GET /ws              a request of 57 bytes; an answer by its status: head 129 101
//   > frame 1 @57 818501020304     the header
//   > text 68656c6c6f              a message when it is complete; ` cut` when it never is
//   > frame 1 ends 5               the size of its payload; ` cut`
//   > violation ws-rsv @57 frame 1
//   > raw rest 16030100
//   > end unclosed
#pragma once

#include <fmt/format.h>

#include <array>
#include <functional>
#include <string>
#include <vector>

#include "base/text.h"
#include "diag/rule.h"
#include "ws/observer.h"

namespace test {

/// In hexadecimal, or how many there are and their hash.
inline std::string show_bytes(std::string_view bytes) {
  constexpr std::size_t kMaxShown = 256;
  if (bytes.size() <= kMaxShown) return to_hex(as_bytes(bytes));
  return fmt::format("{} bytes, hash {:x}", bytes.size(), std::hash<std::string_view>()(bytes));
}

class ObserverLog {
 public:
  struct Broken {
    ws::Direction direction = ws::Direction::to_server;
    diag::Violation violation;
    std::uint64_t frame = 0;
  };

  void add(const ws::Observation& told) {
    Side& side = sides_[static_cast<std::size_t>(told.direction)];
    if (is_wire(told)) take_wire(side, told);
    const bool joins = told.type == ws::ObservationType::raw && side.raw_kind == told.raw;
    if (!joins) end_raw(told.direction);
    switch (told.type) {
      case ws::ObservationType::head: return add_head(told);
      case ws::ObservationType::body:
        side.body += as_text(told.bytes);
        if (!told.last) return;
        line(told.direction, "body {}{}", show_bytes(side.body), told.cut ? " cut" : "");
        side.body.clear();
        return;
      case ws::ObservationType::frame:
        if (told.frame != ++frame_count_) complain("FRAME NUMBER");
        line(told.direction, "frame {} @{} {}", told.frame, told.offset, to_hex(told.bytes));
        side.payload_size = 0;
        return;
      case ws::ObservationType::payload:
        if (told.position != side.payload_size) complain("POSITION");
        if (told.bytes.empty()) complain("EMPTY PAYLOAD");
        side.payload_size += told.bytes.size();
        return;
      case ws::ObservationType::raw:
        side.raw_kind = told.raw;
        side.raw += as_text(told.bytes);
        return;
      case ws::ObservationType::message: return add_message(side, told);
      case ws::ObservationType::ping: return line(told.direction, "ping {}", to_hex(told.bytes));
      case ws::ObservationType::pong: return line(told.direction, "pong {}", to_hex(told.bytes));
      case ws::ObservationType::close:
        return line(told.direction, "close {} {}", told.code, to_hex(told.bytes));
      case ws::ObservationType::frame_end:
        if (!told.cut && side.payload_size != told.header.length) complain("PAYLOAD SIZE");
        return line(told.direction, "frame {} ends {}{}", told.frame, side.payload_size,
                    told.cut ? " cut" : "");
      case ws::ObservationType::violation: return add_violation(told);
      case ws::ObservationType::hole:
        side.offset += told.missing.value_or(0);
        return line(told.direction, "hole {}",
                    told.missing ? std::to_string(*told.missing) : "of unknown size");
      case ws::ObservationType::end:
        if (side.message_open) complain("MESSAGE LEFT OPEN");
        return line(told.direction, "end {}", name_of(told.end));
    }
  }

  /// Lines so far, the complaints behind them.
  std::string text() {
    end_raw(ws::Direction::to_server);
    end_raw(ws::Direction::to_client);
    return text_ + complaints_;
  }

  /// What should not be whatever the input is, a line each.
  const std::string& complaints() const { return complaints_; }

  /// All bytes of the direction, as what was told makes them.
  const std::vector<std::uint8_t>& wire(ws::Direction direction) const {
    return sides_[static_cast<std::size_t>(direction)].wire;
  }

  const std::vector<Broken>& broken() const { return broken_; }

  /// The first broken rule that an endpoint fails at.
  std::optional<Broken> failure() const {
    for (const Broken& broken : broken_) {
      const auto severity = diag::info(broken.violation.rule).severity;
      const bool fails = severity == diag::Severity::must || severity == diag::Severity::limit;
      if (fails && broken.violation.rule != diag::Rule::ws_after_close) return broken;
    }
    return std::nullopt;
  }

 private:
  struct Side {
    std::vector<std::uint8_t> wire;
    std::uint64_t offset = 0;
    std::string body;
    std::string raw;
    std::optional<ws::RawKind> raw_kind;
    std::uint64_t payload_size = 0;
    std::string message;
    bool message_open = false;
  };

  template <typename... Parts>
  void line(ws::Direction direction, fmt::format_string<Parts...> format, Parts&&... parts) {
    text_ += direction == ws::Direction::to_server ? "> " : "< ";
    text_ += fmt::format(format, std::forward<Parts>(parts)...);
    text_ += '\n';
  }

  void complain(std::string_view what) { complaints_ += fmt::format("{}\n", what); }

  void take_wire(Side& side, const ws::Observation& told) {
    if (told.offset != side.offset) complain("OFFSET");
    side.offset += told.bytes.size();
    const std::size_t begin = side.wire.size();
    side.wire.insert(side.wire.end(), told.bytes.begin(), told.bytes.end());
    if (told.type == ws::ObservationType::payload) {
      wire_payload(told, Bytes(side.wire).subspan(begin));
    }
  }

  void end_raw(ws::Direction direction) {
    Side& side = sides_[static_cast<std::size_t>(direction)];
    if (!side.raw_kind) return;
    constexpr std::string_view kNames[] = {"head", "framing", "header", "rest"};
    line(direction, "raw {} {}", kNames[static_cast<std::size_t>(*side.raw_kind)],
         show_bytes(side.raw));
    side.raw.clear();
    side.raw_kind.reset();
  }

  void add_head(const ws::Observation& told) {
    const ws::ObservedHead& said = *told.head;
    const http::Head& head = said.head;
    std::string what = head.method.empty() ? std::to_string(head.status)
                                           : fmt::format("{} {}", head.method, head.target);
    if (said.upgrade) what += " upgrade";
    if (said.accepted) what += " accepted";
    if (said.matched) what += " matched";
    for (const std::string& protocol : said.protocols) what += " " + protocol;
    if (!said.extensions.empty()) what += fmt::format(" [{}]", said.extensions);
    if (said.deflate) what += " deflate";
    line(told.direction, "head {} {}", told.bytes.size(), what);
  }

  void add_message(Side& side, const ws::Observation& told) {
    if (told.first == side.message_open) complain("MESSAGE PIECE OUT OF ORDER");
    if (told.position != side.message.size()) complain("MESSAGE POSITION");
    if (told.bytes.empty() && !told.last) complain("EMPTY MESSAGE PIECE");
    side.message += as_text(told.bytes);
    side.message_open = !told.last;
    if (!told.last) return;
    const std::string_view kind = told.kind == ws::MessageKind::text ? "text" : "binary";
    line(told.direction, "{}{} {}{}", kind, told.compressed ? " inflated" : "",
         show_bytes(side.message), told.cut ? " cut" : "");
    side.message.clear();
  }

  void add_violation(const ws::Observation& told) {
    broken_.push_back({told.direction, told.violation, told.frame});
    if (told.offset != told.violation.offset) complain("OFFSET OF A VIOLATION");
    line(told.direction, "violation {} @{} got {}{}", diag::info(told.violation.rule).id,
         told.violation.offset, told.violation.got,
         told.frame == 0 ? "" : fmt::format(" frame {}", told.frame));
  }

  static std::string_view name_of(ws::StreamEnd end) {
    switch (end) {
      case ws::StreamEnd::closed: return "closed";
      case ws::StreamEnd::unclosed: return "unclosed";
      case ws::StreamEnd::cut: return "cut";
      case ws::StreamEnd::http: return "http";
    }
    return "?";
  }

  std::array<Side, 2> sides_;
  std::uint64_t frame_count_ = 0;
  std::string text_;
  std::string complaints_;
  std::vector<Broken> broken_;
};

/// Takes all that `observer` has to tell about `in`, which has to be used up then.
inline void drain(ws::Observer& observer, ws::Direction direction, Bytes in, ObserverLog& log) {
  while (const auto told = observer.next(direction, in)) log.add(*told);
}

}  // namespace test
