// The body of an answer, over all connections: as an event stream, as lines of JSON, or as one JSON
// value. What comes out are the events of sse/parser.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "framing_guess.h"

#include "base/bytes.h"
#include "sse/ndjson.h"
#include "sse/parser.h"

namespace sse_tail {

class BodyReader {
 public:
  /// As for sse::Parser.
  BodyReader(std::string_view last_id, std::uint64_t max_event)
      : max_event_(max_event), parser_(last_id, max_event), lines_(sse::LineParser::Unit::line) {}

  /// Another body begins.
  void begin(Framing framing) {
    guess_ = {};
    start_ = {};
    parser_.reset();
    set(framing);
  }

  /// `any` until enough has come.
  Framing framing() const { return framing_; }

  std::optional<sse::Event> next(ConstBytes& in) {
    if (framing_ == Framing::any && !find_out(in)) return std::nullopt;
    if (auto event = read_start()) return event;
    return read(in);
  }

  /// The body is over: what that makes complete. To be called until there is nothing more.
  std::optional<sse::Event> last() {
    if (framing_ == Framing::any) begin_reading(guess_.end());
    if (auto event = read_start()) return event;
    return framing_ == Framing::events ? std::nullopt : lines_.end();
  }

  /// And what it cuts off.
  std::optional<sse::Unfinished> end() {
    return framing_ == Framing::events ? parser_.end() : std::nullopt;
  }

  /// The last event ID string: only events have one, and it stays.
  const std::string& last_id() const { return parser_.last_id(); }

  /// How many bytes of an event stream have been taken.
  std::uint64_t offset() const { return parser_.offset(); }

 private:
  void set(Framing framing) {
    framing_ = framing;
    const bool lines = framing == Framing::lines;
    lines_ = sse::LineParser(lines ? sse::LineParser::Unit::line : sse::LineParser::Unit::body,
                             max_event_);
  }

  void begin_reading(Framing framing) {
    set(framing);
    start_ = as_bytes(guess_.taken());
  }

  /// Whether it is known now how to read. A first line of any size ends the guess.
  bool find_out(ConstBytes& in) {
    const Framing found = guess_.take(in);
    const bool too_large = found == Framing::any && guess_.taken().size() > max_event_;
    if (found == Framing::any && !too_large) return false;
    begin_reading(too_large ? Framing::lines : found);
    return true;
  }

  /// What was taken to find out comes first.
  std::optional<sse::Event> read_start() { return start_.empty() ? std::nullopt : read(start_); }

  std::optional<sse::Event> read(ConstBytes& in) {
    return framing_ == Framing::events ? parser_.next(in) : lines_.next(in);
  }

  std::uint64_t max_event_;
  Framing framing_ = Framing::events;
  FramingGuess guess_;
  ConstBytes start_;  // of what it has taken
  sse::Parser parser_;
  sse::LineParser lines_;
};

}  // namespace sse_tail
