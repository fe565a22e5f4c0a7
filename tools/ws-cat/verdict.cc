#include "verdict.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"
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

/// Who is known to end connections that are quiet for so long.
struct IdleLimit {
  int seconds = 0;
  std::string_view who;
};

constexpr std::array kIdleLimits = {
    IdleLimit{30, "CloudFront"},
    IdleLimit{55, "Heroku"},
    IdleLimit{60, "nginx, HAProxy, AWS load balancers"},
    IdleLimit{100, "Cloudflare"},
    IdleLimit{300, "Envoy"},
    IdleLimit{350, "AWS network load balancers"},
};

/// A timer of somebody else's seldom runs late by more, what with the way of the packets.
constexpr Duration kIdleTolerance = std::chrono::seconds(1);

std::string idle_hint(Duration idle) {
  const auto limit = std::find_if(kIdleLimits.begin(), kIdleLimits.end(), [&](const auto& one) {
    return std::chrono::abs(idle - std::chrono::seconds(one.seconds)) <= kIdleTolerance;
  });
  if (limit == kIdleLimits.end()) return {};
  return fmt::format("{} s is an idle timeout of proxies ({}); --ping-interval {} prevents it",
                     limit->seconds, limit->who, limit->seconds / 2);
}

std::string_view opcode_name(ws::Opcode opcode) {
  switch (opcode) {
    case ws::Opcode::cont: return "continuation";
    case ws::Opcode::text: return "text";
    case ws::Opcode::binary: return "binary";
    case ws::Opcode::close: return "close";
    case ws::Opcode::ping: return "ping";
    case ws::Opcode::pong: return "pong";
  }
  return {};
}

/// What was cut: `inside a text message, after 5 bytes of it and inside a frame`.
std::string place_text(const ws::Unfinished& cut) {
  using Frame = ws::Unfinished::Frame;
  const std::string message =
      !cut.message ? ""
                   : fmt::format("inside a {} message, after {} of it",
                                 cut.kind == ws::MessageKind::text ? "text" : "binary",
                                 count_text(cut.received, "byte"));
  const std::string_view joint = cut.message ? ", and " : "";
  switch (cut.frame) {
    case Frame::none: return cut.message ? message + ", between two frames" : "between messages";
    case Frame::header: return fmt::format("{}{}inside the header of a frame", message, joint);
    case Frame::payload:
      return fmt::format("{}{}inside a {} frame that lacks {}", message, joint,
                         opcode_name(cut.opcode), count_text(cut.left, "byte"));
  }
  return {};
}

/// For a server that does not answer a request in plain.
std::string tls_hint(const http::Url& url) {
  if (url.secure()) return {};
  http::Url secure = url;
  secure.scheme = "wss";
  return fmt::format("if the port speaks TLS, use {}", secure.text());
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
          fmt::format("connection cut without a Close frame: {} after {} without data, {}",
                      cut_text(circumstances.transport), seconds_text(circumstances.idle),
                      place_text(circumstances.unfinished)),
          idle_hint(circumstances.idle)};
}

Verdict judge_lost_answer(const TransportEnd& transport, const Received& received,
                          const http::Url& url) {
  if (received.size > 0) {
    return {cli::Exit::cut,
            fmt::format("the answer to the opening handshake is cut short after {}, \"{}\": {}",
                        count_text(received.size, "byte"),
                        cli::escape(received.first_bytes, cli::Escape::line), cut_text(transport)),
            {}};
  }
  const bool quiet = transport.how == TransportEnd::How::fin;
  const bool reset = transport.how == TransportEnd::How::reset;
  return {quiet ? cli::Exit::empty_reply : cli::Exit::cut,
          fmt::format("no answer to the opening handshake: {}", cut_text(transport)),
          quiet || reset ? tls_hint(url) : transport.hint};
}

Verdict judge_answer(const diag::Violation& violation, std::string_view first_bytes,
                     const http::Url& url) {
  Verdict verdict = judge_violation(violation);
  const std::string_view protocol = http::other_protocol(as_bytes(first_bytes));
  if (protocol == "TLS") verdict.hint = tls_hint(url);
  if (protocol == "HTTP/2") verdict.hint = "WebSocket needs a port that speaks HTTP/1.1";
  if (protocol == "SSH") verdict.hint = "check the port";
  return verdict;
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
