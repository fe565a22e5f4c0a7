// What becomes of the body of an event stream, over all its connections: events are read, chosen,
// printed and handed to --each, and what concerns the connection is told to its owner. While a
// command runs, or standard output is behind, the rest of what came waits here.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "body_reader.h"
#include "cli/term.h"
#include "each.h"
#include "ending.h"
#include "model_stream.h"
#include "net/loop.h"
#include "options.h"
#include "outlet.h"
#include "selection.h"
#include "sse/parser.h"
#include "sse/reconnect.h"
#include "timing.h"

namespace sse_tail {

class StreamReader {
 public:
  struct Parts {
    net::Loop& loop;
    const Args& args;
    cli::Talk& talk;
    Outlet& outlet;
    sse::Reconnect& reconnect;
    Timing* timing = nullptr;  ///< nullptr: nobody wants to know
  };
  struct Calls {
    std::function<void(const Stop&)> stopped;  ///< no more is to be read; also from within take()
    std::function<void()> full;                ///< the outlet should be flushed, and nothing else
    std::function<void()> dealt_with;          ///< a command has ended, well or too late to matter
    std::function<void()> went_on;             ///< what waited has been read, or some of it
  };
  /// All parts must outlive it.
  StreamReader(const Parts& parts, Calls calls);

  /// The body of another connection begins.
  void begin(Framing framing);

  /// Nothing more is wanted.
  void abandon() { over_ = true; }

  /// Some of the body, not empty.
  void take(ConstBytes body);

  /// Something has to be done first: nothing more should come for now. What does is kept.
  bool waiting() const { return each_.running() || !held_.empty(); }

  /// Reads what waits for standard output to take what is before it.
  void resume();

  /// A command runs.
  bool running() const { return each_.running(); }
  void kill(int signum) { each_.kill(signum); }

  /// The body is over, and nothing waits: its end may make another event complete.
  void end_body();

  /// After that, and nothing waits. Returns what the end cut off, for people and JSON lines;
  /// empty: nothing.
  std::string finish();

  /// nullptr: what the events hold is nobody's answer.
  ModelStream* model() { return model_ ? &*model_ : nullptr; }

  /// The last event ID string: the one to connect again with.
  const std::string& last_id() const { return body_.last_id(); }

  /// The event that the last ID is from has been dealt with, its command too.
  bool done() const { return !running() && !command_failed_; }

  std::uint64_t events() const { return events_; }
  std::uint64_t bytes() const { return bytes_; }

 private:
  std::size_t read(ConstBytes in);
  bool make_room();
  void on_event(const sse::Event& event);
  void on_message(const sse::Event& message);
  void time(const sse::Event& message, Selection::Fate fate);
  void on_retry(std::uint64_t ms);
  void on_note(const sse::Event& note);
  void on_odd_line(std::string_view line);
  void on_violation(const sse::Event& violation);
  void on_command(int exit_code);
  bool finish_model(const sse::Unfinished& cut, std::string& text);
  void stop(Stop stop);
  void tell_stop();

  const Args& args_;
  cli::Talk& talk_;
  Outlet& outlet_;
  sse::Reconnect& reconnect_;
  Timing* timing_;
  Calls calls_;
  BodyReader body_;
  Selection selection_;
  std::optional<ModelStream> model_;
  Each each_;
  std::vector<std::uint8_t> held_;  // what came and waits: at most what one read gives
  std::optional<Stop> last_;        // what comes of the command that runs, if it ends well
  bool command_failed_ = false;
  bool over_ = false;             // stopped
  std::optional<Stop> the_stop_;  // it is not told yet
  bool odd_line_told_ = false;
  bool retry_told_ = false;  // on this connection
  unsigned notes_told_ = 0;  // likewise
  std::uint64_t events_ = 0;
  std::uint64_t bytes_ = 0;
};

}  // namespace sse_tail
