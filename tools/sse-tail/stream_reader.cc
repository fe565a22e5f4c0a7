#include "stream_reader.h"

#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "cli/escape.h"
#include "diag/report.h"
#include "ending.h"
#include "width.h"

namespace sse_tail {
namespace {

// Remarks on one connection: the server decides how many there could be.
constexpr unsigned kMaxNotes = 20;

}  // namespace

StreamReader::StreamReader(const Parts& parts, Calls calls)
    : args_(parts.args),
      talk_(parts.talk),
      outlet_(parts.outlet),
      reconnect_(parts.reconnect),
      timing_(parts.timing),
      calls_(std::move(calls)),
      body_(args_.last_event_id, args_.max_event),
      selection_(args_, format_of(args_) != Format::data && (args_.each.empty() || args_.to)),
      each_(parts.loop, args_.each, args_.url.text(), [this](int code) { on_command(code); }) {
  if (!args_.has_text()) return;
  model_.emplace(args_, talk_, outlet_);
  if (timing_ == nullptr) return;
  model_->set_calls({.content = [this](std::string_view text) { timing_->content(text); },
                     .reasoning = [this](std::string_view text) { timing_->reasoning(text); },
                     .usage = [this](const Usage& usage) { timing_->usage(usage); }});
}

void StreamReader::begin(Framing framing) {
  body_.begin(framing);
  retry_told_ = false;
  notes_told_ = 0;
}

void StreamReader::take(ConstBytes body) {
  if (over_) return;
  bytes_ += body.size();
  reconnect_.received();
  const std::size_t taken = waiting() ? 0 : read(body);
  if (over_) return;
  held_.insert(held_.end(), body.begin() + static_cast<std::ptrdiff_t>(taken), body.end());
}

/// Up to an event whose command has to end first, or that fills standard output, or the last one.
/// Returns how much that is.
std::size_t StreamReader::read(ConstBytes in) {
  const ConstBytes all = in;
  bool room = !outlet_.congested();
  while (room && !over_ && !running()) {
    const auto event = body_.next(in);
    if (!event) break;
    on_event(*event);
    // A few bytes may make an event of any size: every one has the last ID with it.
    if (outlet_.is_full()) room = make_room();
  }
  std::size_t taken = all.size() - in.size();
  if (outlet_.is_raw()) {
    const bool crlf = over_ && taken > 0 && !in.empty() && all[taken - 1] == '\r' && in[0] == '\n';
    if (crlf) ++taken;  // the blank line of the last event
    outlet_.raw(all.first(taken));
  }
  tell_stop();
  return taken;
}

/// Whether there is some, or will be without waiting.
bool StreamReader::make_room() {
  calls_.full();
  return !outlet_.congested();
}

void StreamReader::resume() {
  if (over_ || running() || held_.empty()) return;
  const std::vector<std::uint8_t> held = std::exchange(held_, {});
  const std::size_t taken = read(held);
  if (over_) return;
  held_.insert(held_.begin(), held.begin() + static_cast<std::ptrdiff_t>(taken), held.end());
  calls_.went_on();
}

void StreamReader::on_event(const sse::Event& event) {
  switch (event.kind) {
    case sse::EventKind::message: return on_message(event);
    case sse::EventKind::comment:
      if (timing_ != nullptr) timing_->comment();
      if (args_.comments) outlet_.comment(event.data);
      return;
    case sse::EventKind::retry: return on_retry(event.number);
    case sse::EventKind::note: return on_note(event);
    case sse::EventKind::violation: return on_violation(event);
  }
}

void StreamReader::on_message(const sse::Event& message) {
  reconnect_.message();
  const Selection::Fate fate = selection_.judge(message);
  if (timing_ != nullptr) time(message, fate);
  std::optional<Stop> last;
  if (model_) {
    on_odd_line(model_->drop_stray());
    const bool whole = body_.framing() == Framing::whole;
    last = whole ? model_->take_whole(message) : model_->take(message, fate.shown);
  }
  if (fate.last && !last) last.emplace();
  if (fate.shown) {
    ++events_;
    outlet_.message(message);
    if (!args_.each.empty()) {
      const auto started = each_.run(message);
      if (!started) {
        command_failed_ = true;
        return stop({to_int(cli::Exit::write), started.error().message, {}});
      }
      last_ = std::move(last);
      return;
    }
  }
  if (last) stop(*last);
}

/// The place that says what is content: what the model's reader takes for text, or the data of
/// every event that is chosen and no end mark.
void StreamReader::time(const sse::Event& message, Selection::Fate fate) {
  timing_->event();
  if (!model_ && fate.shown && !fate.mark) timing_->content(message.data);
}

void StreamReader::on_retry(std::uint64_t ms) {
  outlet_.retry(ms);
  reconnect_.set_reconnection_time(ms);
  if (talk_.verbosity() == 0 || std::exchange(retry_told_, true)) return;
  talk_.verbose(fmt::format("* the stream asks for {} before another connection",
                            time_text(reconnect_.reconnection_time())));
}

/// What a browser passes over in silence. A line that is no field may be an error message of the
/// server's, in JSON say.
void StreamReader::on_note(const sse::Event& note) {
  std::string_view line = note.data;
  std::string lost;
  if (model_ && note.rule == diag::Rule::sse_field) {
    line = lost = model_->take_stray(line);
    if (const auto last = model_->verdict()) return stop(*last);
    if (line.empty()) return;
  }
  if (talk_.verbosity() > 0) {
    if (notes_told_ > kMaxNotes) return;
    if (notes_told_++ == kMaxNotes) return talk_.verbose("* and more lines like that");
    talk_.verbose(fmt::format("* {}: {}", diag::describe(note.violation()), in_quotes(line)));
  } else if (note.rule == diag::Rule::sse_field) {
    on_odd_line(line);
  }
}

/// The first is told of, if there is one.
void StreamReader::on_odd_line(std::string_view line) {
  if (line.empty() || std::exchange(odd_line_told_, true)) return;
  talk_.note(fmt::format("a line is no field, and ignored: {}", in_quotes(line)));
}

void StreamReader::on_violation(const sse::Event& violation) {
  outlet_.violation(violation.violation());
  stop({to_int(cli::Exit::limit), fmt::format("an event is larger than {} bytes", args_.max_event),
        "--max-event SIZE allows more"});
}

void StreamReader::on_command(int exit_code) {
  command_failed_ = exit_code != 0;
  if (command_failed_ && !over_) {
    stop({exit_code, fmt::format("--each ended with exit code {}", exit_code), {}});
    return tell_stop();
  }
  calls_.dealt_with();
  if (over_) return;
  if (last_) {
    stop(*last_);
    return tell_stop();
  }
  if (held_.empty()) return calls_.went_on();
  resume();
}

/// Whoever called is still at work on the event: tell_stop() follows.
void StreamReader::stop(Stop stop) {
  over_ = true;
  the_stop_ = std::move(stop);
}

void StreamReader::tell_stop() {
  if (!the_stop_) return;
  const Stop stop = *std::exchange(the_stop_, std::nullopt);
  calls_.stopped(stop);
}

void StreamReader::end_body() {
  if (over_) return;
  while (!over_ && !running()) {
    const auto event = body_.last();
    if (!event) break;
    on_event(*event);
  }
  if (model_ && !over_) model_->end_body();
  tell_stop();
}

std::string StreamReader::finish() {
  const auto cut = body_.end();
  // A comment that was cut is nobody's loss.
  if (!cut || (cut->offset == body_.offset() - cut->line.size() && cut->line.starts_with(':'))) {
    if (model_) on_odd_line(model_->drop_stray());
    return {};
  }
  std::string text(cut->data);
  if (cut->has_data && !cut->line.empty()) text += '\n';
  text += cut->line;
  if (model_ && !finish_model(*cut, text)) return text;
  const std::string id = cut->last_id == last_id()
                             ? ""
                             : fmt::format(", nor is its ID {} used", in_quotes(cut->last_id));
  talk_.note(fmt::format("the stream ended inside an event, which is not shown{}: {}", id,
                         in_quotes(text)));
  return text.empty() ? "\n" : text;
}

/// What was cut may be the rest of an error, or an end mark: whether anybody else has to be told of
/// it. `text` becomes all that is lost.
bool StreamReader::finish_model(const sse::Unfinished& cut, std::string& text) {
  constexpr std::string_view kData = "data:";
  if (cut.has_data || cut.line.starts_with(kData)) {
    const std::string_view data =
        cut.has_data ? cut.data : trim_spaces(cut.line.substr(kData.size()));
    on_odd_line(model_->drop_stray());
    return !model_->take_unfinished(data);
  }
  std::string lost = model_->take_stray(cut.line);
  if (model_->verdict()) {
    text.clear();
    return false;
  }
  if (lost.empty()) lost = model_->drop_stray();
  if (!lost.empty()) text = std::move(lost);
  return true;
}

}  // namespace sse_tail
