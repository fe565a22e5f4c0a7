// The answer of a language model or an agent in an event stream: its pieces go to standard output
// and to whoever else wants them, and how it ended is put into words. What is read out of an event
// is model_reader's.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "cli/term.h"
#include "ending.h"
#include "model_reader.h"
#include "net/http_client.h"
#include "options.h"
#include "outlet.h"
#include "sse/parser.h"
#include "usage.h"

namespace sse_tail {

class ModelStream {
 public:
  /// For whoever measures the answer; each may be empty. Views live during the call.
  struct Calls {
    std::function<void(std::string_view text)> content;    ///< not empty; of the first answer
    std::function<void(std::string_view text)> reasoning;  ///< likewise
    std::function<void(const Usage&)> usage;               ///< all that is known by now
  };

  /// All must outlive it.
  ModelStream(const Args& args, cli::Talk& talk, Outlet& outlet);

  void set_calls(Calls calls) { calls_ = std::move(calls); }

  /// The next event; what it brings is printed if it is `shown`. A value: nothing comes after it.
  std::optional<Stop> take(const sse::Event& message, bool shown);

  /// A body that is one JSON value.
  std::optional<Stop> take_whole(const sse::Event& body);

  /// A line that is no field of an event stream, perhaps part of an error in JSON. Returns what now
  /// is known to be none; empty: nothing.
  std::string take_stray(std::string_view line) { return reader_.take_stray(line); }

  /// An event, or the end, comes after such lines. Likewise.
  std::string drop_stray() { return reader_.drop_stray(); }

  /// The body is over: what that makes complete is printed.
  void end_body() { deal_with(reader_.end_body()); }

  /// The data of an event that the end has cut off: whether at_end() has all to say of it.
  bool take_unfinished(std::string_view data);

  /// A value: the end mark or an error has come.
  std::optional<Stop> verdict() const;

  /// The body is over: what that means, for --llm.
  Stop at_end(const net::HttpEnd& end) const;

  /// Of what has come, for people; empty: nothing has.
  std::string summary() const;

 private:
  const ModelAnswer& answer() const { return reader_.answer(); }
  void deal_with(std::span<const Delta> deltas);
  void tell(const Delta& delta);
  void tell_odd(const sse::Event& message);
  std::string reported() const;
  std::string pending() const;

  cli::Talk& talk_;
  Outlet& outlet_;
  Calls calls_;
  ModelReader reader_;
  std::string refusal_;  // its beginning
  std::string body_;     // likewise, of one that is no answer, as it is shown
  bool end_mark_cut_ = false;
  bool other_answers_told_ = false;
  bool odd_event_told_ = false;
};

}  // namespace sse_tail
