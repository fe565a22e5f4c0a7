#include "verdict.h"

#include <fmt/format.h>

#include "cli/escape.h"
#include "diag/report.h"
#include "http/head.h"

namespace ws_cat {
namespace {

using net::TransportEnd;

std::string seconds_text(Duration duration) {
  return fmt::format("{:.1f} s", std::chrono::duration<double>(duration).count());
}

/// How it ended, as the last part of a sentence.
std::string cut_text(const TransportEnd& transport) {
  switch (transport.how) {
    case TransportEnd::How::fin: return "the server ended the connection (FIN)";
    case TransportEnd::How::reset: return "the connection was reset (RST)";
    case TransportEnd::How::failed: return transport.error;
    case TransportEnd::How::by_us: return "it was given up";
  }
  return {};
}

bool is_good_close(ws::CloseCode code, const Args& args) {
  if (contains(args.ok_close, code)) return true;
  if (contains(args.fail_on_close, code)) return false;
  return code == ws::code::kNormal || code == ws::code::kGoingAway || code == ws::code::kNoStatus;
}

Verdict judge_close(const ws::Event& ended, bool all_sent, const Args& args) {
  return {is_good_close(ended.code, args) ? cli::Exit::ok : cli::Exit::closed,
          fmt::format("closed by server: {}{}", close_text(ended.code, ended.payload),
                      all_sent ? "" : ", before everything was sent"),
          {}};
}

Verdict judge_timeout(const ws::Event& ended, const Args& args) {
  if (ended.code == ws::code::kServerError) {
    return {
        cli::Exit::timeout,
        fmt::format("no pong: a ping was not answered within {}", seconds_text(args.ping_timeout)),
        "--ping-timeout allows more time"};
  }
  return {cli::Exit::timeout, "the server left a message unfinished for 60 s", {}};
}

}  // namespace

Verdict judge_violation(const diag::Violation& violation) {
  const diag::RuleInfo& rule = diag::info(violation.rule);
  const bool limit = rule.severity == diag::Severity::limit;
  return {limit ? cli::Exit::limit : cli::Exit::violation,
          fmt::format("{}: {}", limit ? "limit exceeded" : "the server broke the protocol",
                      diag::describe(violation)),
          std::string(rule.hint)};
}

Verdict judge_end(const ws::Event& ended, const Circumstances& circumstances, const Args& args) {
  switch (ended.ending) {
    case ws::Ending::peer: return judge_close(ended, circumstances.all_sent, args);
    case ws::Ending::us:
      // RFC 6455 7.1.5: the peer's code counts. An answer repeats ours; another one is its own
      // close that crossed ours on the way.
      if (ended.code == circumstances.our_code || is_good_close(ended.code, args)) return {};
      return judge_close(ended, circumstances.all_sent, args);
    case ws::Ending::unanswered:
      if (circumstances.all_sent) return {cli::Exit::ok, "the server did not answer our Close", {}};
      return {cli::Exit::cut, "the server ended the connection before everything was sent", {}};
    case ws::Ending::violation: return {};  // judged when it happened
    case ws::Ending::timeout: return judge_timeout(ended, args);
    case ws::Ending::cut: break;
  }
  return {cli::Exit::cut,
          fmt::format("connection cut without a Close frame: {} after {} without data",
                      cut_text(circumstances.transport), seconds_text(circumstances.idle)),
          {}};
}

Verdict judge_lost_answer(const TransportEnd& transport, bool begun) {
  if (begun) {
    return {
        cli::Exit::cut,
        fmt::format("the answer to the opening handshake is cut short: {}", cut_text(transport)),
        {}};
  }
  const bool quiet = transport.how == TransportEnd::How::fin;
  return {quiet ? cli::Exit::empty_reply : cli::Exit::cut,
          fmt::format("no answer to the opening handshake: {}", cut_text(transport)),
          quiet ? "a TLS port wants wss://" : ""};
}

std::string first_bytes_text(std::string_view first_bytes) {
  std::string text =
      fmt::format("the answer begins with \"{}\"", cli::escape(first_bytes, cli::Escape::line));
  const std::string_view protocol = http::other_protocol(as_bytes(first_bytes));
  if (!protocol.empty()) text += fmt::format(", which is {}", protocol);
  return text;
}

std::string close_text(ws::CloseCode code, ConstBytes reason) {
  if (!reason.empty()) {
    return fmt::format("{} \"{}\"", code, cli::escape(as_text(reason), cli::Escape::line));
  }
  const std::string_view meaning = ws::close_meaning(code);
  return meaning.empty() ? std::to_string(code) : fmt::format("{} ({})", code, meaning);
}

}  // namespace ws_cat
