#include "outlet.h"

#include <unistd.h>

namespace ws_cat {
namespace {

constexpr std::size_t kMaxQueued = std::size_t{1} << 20;

}  // namespace

Outlet::Outlet(net::Loop& loop, const Args& args, Time started)
    : loop_(loop),
      args_(args),
      started_(started),
      output_(loop, STDOUT_FILENO),
      printer_(args.to, cli::look_of(STDOUT_FILENO, args.talk.color)) {}

void Outlet::message(const ws::Event& piece) {
  if (json()) {
    message_type_ = piece.kind == ws::MessageKind::text ? "text" : "binary";
    lines_.append(text_, stamp('<'), message_type_, piece.payload, piece.last);
  } else {
    printer_.message(piece, text_);
  }
  schedule_flush();
}

void Outlet::wire(ConstBytes bytes) {
  text_ += as_text(bytes);
  schedule_flush();
}

void Outlet::opened(const std::string& protocol, const std::string& extensions) {
  if (!json()) return;
  const std::string url = args_.url.text();
  cli::open_line(text_, stamp('<'),
                 {.status = 101, .protocol = protocol, .extensions = extensions, .url = url});
  schedule_flush();
}

void Outlet::control(const ws::Event& event) {
  if (!json()) return;
  const std::string_view kind = event.type == ws::EventType::ping ? "ping" : "pong";
  cli::control_line(text_, stamp('<'), kind, event.payload);
  schedule_flush();
}

void Outlet::violation(const diag::Violation& violation) {
  if (!json()) return;
  cli::violation_line(text_, stamp('<'), violation);
  schedule_flush();
}

void Outlet::closed(ws::CloseCode code, ConstBytes reason, std::string_view by) {
  if (!json()) return;
  lines_.cut(text_, stamp('<'), message_type_);
  cli::close_line(text_, stamp(by == "us" ? '>' : '<'), code, reason, by);
  schedule_flush();
}

void Outlet::error(int exit_code, std::string_view message) {
  if (!json()) return;
  cli::error_line(text_, stamp(0), exit_code, message);
  schedule_flush();
}

bool Outlet::congested() const {
  return output_.queued() > kMaxQueued;
}

void Outlet::flush() {
  flush_waits_ = false;
  output_.flush(as_bytes(text_));
  text_.clear();
  if (congested() && congested_) congested_();
}

cli::Stamp Outlet::stamp(char dir) const {
  return {.since_start = loop_.now() - started_, .dir = dir};
}

/// One write a turn, however many messages came.
void Outlet::schedule_flush() {
  if (flush_waits_) return;
  flush_waits_ = true;
  loop_.later([this] { flush(); });
}

}  // namespace ws_cat
