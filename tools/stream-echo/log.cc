#include "log.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "cli/escape.h"
#include "cli/exit.h"
#include "diag/report.h"
#include "sse/parser.h"

namespace stream_echo {
namespace {

// Enough to keep a reader busy, and a bound on what a slow one costs.
constexpr std::size_t kMaxQueued = std::size_t{2} << 20;

// The same for what another thread has handed over, and its reader, the first one, has not written.
constexpr std::size_t kMaxHandedOver = std::size_t{256} << 10;

// Pending lines are passed on early beyond this, so that one turn does not pile up too much.
constexpr std::size_t kMaxPending = std::size_t{1} << 20;

// Of the buffer for pending lines, when it is empty: what a line with a large payload takes.
constexpr std::size_t kKeptCapacity = std::size_t{4} << 20;

// Given to the output at a time, so that its queue stays small as long as its reader is quick.
constexpr std::size_t kPieceSize = std::size_t{256} << 10;

std::string quoted(std::string_view text) {
  return fmt::format("\"{}\"", cli::escape(text, cli::Escape::line));
}

std::string_view name_of(ws::MessageKind kind) {
  return kind == ws::MessageKind::text ? "text" : "binary";
}

std::string_view name_of(ws::Ending ending) {
  switch (ending) {
    case ws::Ending::peer: return "peer";
    case ws::Ending::cut: return "cut";
    case ws::Ending::us:
    case ws::Ending::unanswered:
    case ws::Ending::violation:
    case ws::Ending::timeout: return "us";
  }
  return "cut";
}

std::string describe(const net::TransportEnd& end) {
  switch (end.how) {
    case net::TransportEnd::How::by_us: return "dropped";
    case net::TransportEnd::How::fin: return "the peer ended the connection";
    case net::TransportEnd::How::reset:
    case net::TransportEnd::How::failed: return end.error;
  }
  return {};
}

}  // namespace

Log::Log(net::Loop& loop, cli::Talk& talk, const Settings& settings)
    : loop_(loop), talk_(talk), settings_(settings), start_(loop.now()) {
  output_.emplace(loop, STDOUT_FILENO);
  output_->on_drained([this] { end_of_wait(); });
  output_->on_failed([this](const std::string& error, bool broken_pipe) {
    settings_.jsonl = false;
    if (!broken_pipe) talk_.error(fmt::format("cannot write to standard output: {}", error));
    end_of_wait();
  });
}

Log::Log(net::Loop& loop, Log& first)
    : loop_(loop),
      first_(&first),
      talk_(first.talk_),
      settings_(first.settings_),
      start_(first.start_) {}

void Log::end_of_wait() {
  set_congested(false);
  for (const Batch& batch : std::exchange(waiting_, {})) release(batch);
  if (drained_) drained_();
}

void Log::print_line(std::string_view line) {
  output_->write(as_bytes(line));
  output_->write(as_bytes("\n"));
  output_->flush();
}

std::string* Log::lines() {
  if (!settings_.jsonl) return nullptr;
  if (pending_.size() > kMaxPending) flush();
  if (!flush_waits_) {
    flush_waits_ = true;
    loop_.later([this] {
      flush_waits_ = false;
      flush();
    });
  }
  return &pending_;
}

bool Log::flush() {
  if (first_ != nullptr) {
    hand_over();
    return true;
  }
  write(pending_);
  pending_.clear();
  if (pending_.capacity() > kKeptCapacity) std::string().swap(pending_);
  return output_->idle();
}

void Log::write(std::string_view lines) {
  for (ConstBytes rest = as_bytes(lines); !rest.empty();) {
    output_->write(take_front(rest, std::min(rest.size(), kPieceSize)));
    output_->flush();
  }
  if (output_->queued() > kMaxQueued) set_congested(true);
}

void Log::hand_over() {
  if (pending_.empty()) return;
  handed_over_ += pending_.size();
  first_->loop_.post([this, lines = std::exchange(pending_, {})] { first_->take(*this, lines); });
  if (handed_over_ > kMaxHandedOver) set_congested(true);
}

/// Runs in the thread of this Log.
void Log::take(Log& from, std::string_view lines) {
  write(lines);
  const Batch batch{.from = &from, .size = lines.size()};
  if (congested_) {
    waiting_.push_back(batch);
  } else {
    release(batch);
  }
}

void Log::release(const Batch& batch) {
  batch.from->loop_.post([batch] {
    batch.from->handed_over_ -= batch.size;
    if (batch.from->handed_over_ <= kMaxHandedOver) batch.from->set_congested(false);
  });
}

void Log::set_congested(bool congested) {
  if (congested_ == congested) return;
  congested_ = congested;
  if (changed_) changed_(congested);
}

PeerLog::PeerLog(Log& log, std::uint64_t conn, std::string peer)
    : log_(log), conn_(conn), peer_(std::move(peer)) {}

cli::Stamp PeerLog::stamp(char dir) const {
  return {.since_start = log_.since_start(), .conn = conn_, .dir = dir};
}

void PeerLog::say(std::string_view text) {
  log_.say(fmt::format("#{} {}: {}", conn_, peer_, text));
}

void PeerLog::opened(std::string_view url, std::string_view protocol, std::string_view extensions) {
  open_ = true;
  if (std::string* lines = log_.lines()) {
    cli::open_line(*lines, stamp(0),
                   {.status = 101, .protocol = protocol, .extensions = extensions, .url = url});
  }
  if (!log_.shows(0)) return;
  std::string chosen = protocol.empty() ? "" : fmt::format(", subprotocol {}", protocol);
  if (!extensions.empty() && log_.shows(1)) chosen += fmt::format(", {}", extensions);
  say(fmt::format("opened {}{}", cli::escape(url, cli::Escape::line), chosen));
}

void PeerLog::streaming(std::string_view url) {
  if (std::string* lines = log_.lines()) {
    cli::open_line(*lines, stamp(0), {.status = 200, .url = url});
  }
  if (log_.shows(0)) say(fmt::format("streaming {}", cli::escape(url, cli::Escape::line)));
}

void PeerLog::sent(ConstBytes blocks, bool is_event_stream) {
  if (!is_event_stream) return sent_line(as_text(blocks));
  std::string* const lines = log_.lines();
  sse::Parser parser;
  while (const auto event = parser.next(blocks)) {
    switch (event->kind) {
      case sse::EventKind::message:
        if (lines) cli::event_line(*lines, stamp('>'), event->type, event->last_id, event->data);
        if (log_.shows(1)) {
          std::string name = cli::escape(event->type, cli::Escape::line);
          if (!event->last_id.empty()) name += " " + cli::escape(event->last_id, cli::Escape::line);
          say(fmt::format("sent {}, {}", name, count_text(event->data.size(), "byte")));
        }
        break;
      case sse::EventKind::comment:
        if (lines) cli::comment_line(*lines, stamp('>'), event->data);
        break;
      case sse::EventKind::retry:
        if (lines) cli::retry_line(*lines, stamp('>'), event->number);
        if (log_.shows(1)) say(fmt::format("sent retry {} ms", event->number));
        break;
      case sse::EventKind::note:
      case sse::EventKind::violation: break;  // we write none
    }
  }
}

void PeerLog::sent_line(std::string_view line) {
  if (line.ends_with('\n')) line.remove_suffix(1);
  if (std::string* const lines = log_.lines()) {
    cli::event_line(*lines, stamp('>'), "message", "", line);
  }
  if (log_.shows(1)) say(fmt::format("sent line, {}", count_text(line.size(), "byte")));
}

void PeerLog::stream_ended(std::uint64_t count, bool by_us, const net::TransportEnd& transport) {
  const std::string_view by = by_us                                          ? "us"
                              : transport.how == net::TransportEnd::How::fin ? "peer"
                                                                             : "cut";
  if (std::string* lines = log_.lines()) cli::end_line(*lines, stamp(by_us ? '>' : '<'), by);
  if (!log_.shows(0)) return;
  const std::string events = count_text(count, "event");
  if (by_us) return say(fmt::format("stream ended after {}", events));
  say(fmt::format("stream cut after {}: {}", events, describe(transport)));
}

void PeerLog::answered(unsigned status, std::string_view why, const diag::Violation* violation) {
  answered_ = true;
  if (violation != nullptr) violated(*violation);
  if (std::string* lines = log_.lines()) {
    if (violation != nullptr) {
      cli::violation_line(*lines, stamp('<'), *violation);
    } else if (status >= 400) {
      cli::error_line(*lines, stamp('<'), to_int(cli::Exit::refused),
                      fmt::format("{} {}", status, why));
    }
  }
  if (log_.shows(0) || (violation != nullptr && log_.shows_violations())) {
    say(fmt::format("{} {}: {}", status < 400 ? "answered" : "refused", status, why));
  }
}

void PeerLog::waits(Duration time) {
  waits_ = true;
  if (!log_.shows(0)) return;
  say(fmt::format("the answer comes after {:g} s", std::chrono::duration<double>(time).count()));
}

void PeerLog::note(std::string_view text) {
  answered_ = true;
  if (std::string* lines = log_.lines()) {
    cli::error_line(*lines, stamp('<'), to_int(cli::Exit::refused), text);
  }
  if (log_.shows(0)) say(text);
}

void PeerLog::remark(std::string_view text) {
  if (log_.shows(0)) say(text);
}

void PeerLog::fault(std::string_view text) {
  if (log_.shows(1)) say(fmt::format("fault {}", text));
}

/// A limit of ours that is exceeded is no fault of the client's.
void PeerLog::violated(const diag::Violation& violation) {
  if (diag::info(violation.rule).severity == diag::Severity::must) log_.saw_violation();
}

void PeerLog::event(const ws::Event& event) {
  switch (event.type) {
    case ws::EventType::message:
      if (log_.wants_messages()) message(event);
      return;
    case ws::EventType::ping: return control("ping", event.payload);
    case ws::EventType::pong: return control("pong", event.payload);
    case ws::EventType::close: return;  // told when the connection has ended
    case ws::EventType::violation:
      violated(event.violation);
      if (std::string* lines = log_.lines()) {
        cli::violation_line(*lines, stamp('<'), event.violation);
      }
      if (log_.shows_violations()) {
        say(fmt::format("violation: {}", diag::describe(event.violation)));
      }
      return;
    case ws::EventType::ended:
      details().end = {event.ending, event.code, std::string(as_text(event.payload))};
      return;
  }
}

void PeerLog::message(const ws::Event& event) {
  Details& message = details();
  if (event.first) message.size = 0;
  message.kind = event.kind;
  message.size += event.payload.size();
  if (std::string* lines = log_.lines()) {
    message.lines.append(*lines, stamp('<'), name_of(event.kind), event.payload, event.last);
  }
  if (event.last && log_.shows(1)) {
    say(fmt::format("{} message, {} bytes", name_of(event.kind), message.size));
  }
}

PeerLog::Details& PeerLog::details() {
  if (details_ == nullptr) details_ = std::make_unique<Details>();
  return *details_;
}

void PeerLog::control(std::string_view kind, ConstBytes payload) {
  if (std::string* lines = log_.lines()) cli::control_line(*lines, stamp('<'), kind, payload);
  if (log_.shows(1)) say(fmt::format("{}, {} bytes", kind, payload.size()));
}

void PeerLog::ended(const net::TransportEnd& transport) {
  if (!open_) {
    if (answered_ || !log_.shows(0)) return;
    const std::string_view what = waits_ ? "left before its answer" : "no request";
    return say(fmt::format("{}: {}", what, describe(transport)));
  }
  const WebSocketEnd end = details_ ? details_->end : WebSocketEnd{};
  const std::string_view by = name_of(end.ending);
  if (std::string* lines = log_.lines()) {
    if (details_) details_->lines.cut(*lines, stamp('<'), name_of(details_->kind));
    const char dir = by == "peer" ? '<' : by == "us" ? '>' : char{0};
    cli::close_line(*lines, stamp(dir), end.code, as_bytes(end.reason), by);
  }
  if (!log_.shows(0)) return;
  if (end.ending == ws::Ending::cut) return say(fmt::format("cut: {}", describe(transport)));
  std::string text = fmt::format("closed by {}: {}", by, end.code);
  if (!end.reason.empty()) text += " " + quoted(end.reason);
  if (end.ending == ws::Ending::unanswered) text += ", not answered";
  if (end.ending == ws::Ending::timeout) text += ", the peer was silent";
  say(text);
}

}  // namespace stream_echo
