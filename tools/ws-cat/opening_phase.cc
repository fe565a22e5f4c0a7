#include "opening_phase.h"

#include <fmt/format.h>

#include "cli/escape.h"

namespace ws_cat {

OpeningPhase::OpeningPhase(const Args& args, cli::Talk& talk, std::string key)
    : args_(args), talk_(talk), opening_(args, std::move(key)), body_(talk) {}

void OpeningPhase::show_request() {
  talk_.verbose(cli::marked_lines(request(), "> "));
}

std::optional<OpeningPhase::Outcome> OpeningPhase::take(Bytes& in) {
  while (auto step = opening_.next(in)) {
    if (const auto* head = std::get_if<Opening::HeadSeen>(&*step)) {
      show_head(*head);
    } else if (auto* opened = std::get_if<Opening::Opened>(&*step)) {
      return std::move(*opened);
    } else if (const auto* piece = std::get_if<Opening::BodyPiece>(&*step)) {
      body_.show(as_text(piece->bytes));
      if (body_.full()) return refusal();
    } else if (std::holds_alternative<Opening::RefusalEnd>(*step)) {
      return refusal();
    } else {
      return broken(std::get<diag::Violation>(*step));
    }
  }
  return std::nullopt;
}

Verdict OpeningPhase::refusal() {
  body_.finish();
  const Reason reason = reason_of(*opening_.refusal(), body_.start(), opening_.asked());
  return {cli::Exit::refused,
          fmt::format("the server refused the WebSocket: {}: {}",
                      cli::escape(opening_.refusal()->line, cli::Escape::line), reason.why),
          reason.hint};
}

Verdict OpeningPhase::lost(const net::TransportEnd& end) const {
  return judge_lost_answer(end, opening_.received(), args_.url);
}

void OpeningPhase::show_head(const Opening::HeadSeen& head) {
  talk_.verbose(cli::marked_lines(head.text, "< "));
  if (refused() && args_.talk.verbosity == 0) talk_.plain(cli::marked_lines(head.text, ""));
}

OpeningPhase::Broken OpeningPhase::broken(const diag::Violation& violation) {
  const std::string_view first = opening_.received().first_bytes;
  if (!first.starts_with("HTTP/1.")) talk_.plain(first_bytes_text(first));
  return {violation, judge_answer(violation, first, args_.url)};
}

}  // namespace ws_cat
