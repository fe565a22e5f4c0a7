#include "ending.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "cli/escape.h"

namespace sse_tail {
namespace {

using Ending = sse::Ending;
using How = net::HttpEnd::How;

// What no other attempt can change (HTML 9.2.3: "known to be futile"): the URL, the redirects and
// the certificates stay what they are.
constexpr std::array kFutile = {1,  // libcurl's number for a scheme that it does not know
                                to_int(cli::Exit::url),
                                to_int(cli::Exit::refused),  // a redirect to nowhere
                                to_int(cli::Exit::redirects),
                                to_int(cli::Exit::client_certificate),
                                to_int(cli::Exit::peer_certificate),
                                to_int(cli::Exit::login),
                                to_int(cli::Exit::ca_file),
                                to_int(cli::Exit::violation),
                                to_int(cli::Exit::limit)};

std::string quoted(std::string_view text) {
  return fmt::format("\"{}\"", cli::escape(text, cli::Escape::line));
}

std::string_view field(const net::HttpAnswer& answer, std::string_view name) {
  const http::Field* const found = http::find_field(answer.fields, name);
  return found != nullptr ? found->value : std::string_view();
}

/// Type and subtype; parameters have no effect (HTML 9.2.2), not even a wrong one.
std::string_view media_type(const net::HttpAnswer& answer) {
  const std::string_view value = field(answer, "Content-Type");
  return trim_spaces(value.substr(0, value.find(';')));
}

/// "404 Not Found"
std::string status_text(const net::HttpAnswer& answer) {
  std::string_view line = answer.head.substr(0, answer.head.find_first_of("\r\n"));
  line.remove_prefix(std::min(line.find(' '), line.size()));
  line = trim_spaces(line);
  return line.empty() ? fmt::format("{}", answer.status) : cli::escape(line, cli::Escape::line);
}

// Nobody has registered any of these.
constexpr std::array<std::string_view, 4> kLineTypes = {
    "application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines"};

Ended wrong_type(const net::HttpAnswer& answer, const Args& args) {
  const std::string_view type = media_type(answer);
  const std::string what =
      type.empty() ? "the answer has no media type" : fmt::format("the answer is {}", quoted(type));
  return {.ending = Ending::not_a_stream,
          .exit_code = to_int(cli::Exit::refused),
          .what = what + ", not text/event-stream" + (args.has_text() ? " or JSON" : ""),
          .hint = "--any-type reads it all the same"};
}

std::string status_hint(unsigned status) {
  switch (status) {
    case 401:
    case 403: return "-u USER:PASSWORD or -H 'Authorization: ...' says who asks";
    case 405: return "-d DATA sends a POST, -X METHOD anything else";
    case 406: return "-H 'Accept: ...' asks for another media type";
    default: return {};
  }
}

Ended wrong_status(const net::HttpAnswer& answer) {
  return {.ending = sse::ending_of(answer.status),
          .exit_code = to_int(cli::Exit::refused),
          .what = "the server answered " + status_text(answer),
          .hint = status_hint(answer.status),
          .retry_after = sse::retry_after(field(answer, "Retry-After"), field(answer, "Date"))};
}

bool is_futile(int code) {
  return std::find(kFutile.begin(), kFutile.end(), code) != kFutile.end();
}

}  // namespace

std::optional<Framing> framing_of(const net::HttpAnswer& answer, const Args& args) {
  const std::string_view type = media_type(answer);
  const bool is_ollama = args.llm == "ollama";  // whose streams are lines, whatever they are called
  if (equals_ignoring_case(type, "text/event-stream")) return Framing::events;
  const bool is_lines = std::any_of(kLineTypes.begin(), kLineTypes.end(),
                                    [&](auto lines) { return equals_ignoring_case(type, lines); });
  if (is_lines && args.has_text()) return Framing::lines;
  if (equals_ignoring_case(type, "application/json") && args.has_text()) {
    return is_ollama ? Framing::lines : Framing::whole;
  }
  if (!args.any_type) return std::nullopt;
  if (is_ollama) return Framing::lines;
  return args.has_text() ? Framing::any : Framing::events;
}

std::optional<Ended> judge_answer(const net::HttpAnswer& answer, const Args& args) {
  if (answer.status != 200) return wrong_status(answer);
  if (!framing_of(answer, args)) return wrong_type(answer, args);
  const std::string_view encoding = trim_spaces(field(answer, "Content-Encoding"));
  if (encoding.empty() || equals_ignoring_case(encoding, "identity")) return std::nullopt;
  return Ended{.ending = Ending::not_a_stream,
               .exit_code = to_int(cli::Exit::refused),
               .what = fmt::format("the body is encoded as {}", quoted(encoding.substr(0, 64))),
               .hint = "-H 'Accept-Encoding: identity' asks for it as it is"};
}

Ended judge_end(const net::HttpEnd& end) {
  if (end.how == How::whole) return {.what = "the server ended the stream"};
  Ended ended{.ending = Ending::cut, .exit_code = to_int(cli::Exit::cut)};
  std::string why;
  if (end.error) {
    ended.exit_code = end.error->code;
    ended.hint = end.error->hint;
    why = cli::escape(end.error->message, cli::Escape::line);
    if (!end.received.empty()) why += fmt::format(": it begins with {}", quoted(end.received));
  }
  if (end.answered) {
    ended.what = why.empty() ? "the stream was cut off" : "the stream was cut off: " + why;
  } else {
    ended.ending = is_futile(ended.exit_code) ? Ending::futile : Ending::unreachable;
    ended.what = why.empty() ? "there was no answer" : why;
  }
  return ended;
}

std::string next_step(const sse::Decision& decision, std::string_view last_id) {
  switch (decision.verdict) {
    case sse::Verdict::stop: return {};
    case sse::Verdict::fail:
      if (decision.because != sse::Because::failures || decision.failures < 2) return {};
      return fmt::format("giving up after {} failures in a row", decision.failures);
    case sse::Verdict::reconnect: break;
  }
  std::string text = "connecting again in " + time_text(decision.wait);
  if (decision.because == sse::Because::retry_after) text += ", as it asks";
  if (!last_id.empty()) text += ", after the event with ID " + quoted(last_id.substr(0, 64));
  return text;
}

std::string way_out(const Ended& ended, const sse::Decision& decision, const Args& args) {
  if (!ended.hint.empty()) return ended.hint;
  const bool method = args.policy.once && args.method != "GET";
  if (decision.because == sse::Because::once && method) {
    return fmt::format("--retry-post sends a {} again, too", args.method);
  }
  if (ended.exit_code == to_int(cli::Exit::empty_reply) && !args.url.secure()) {
    http::Url secure = args.url;
    secure.scheme = "https";
    return fmt::format("if the port speaks TLS, use {}", secure.text());
  }
  const bool first = decision.because == sse::Because::failures && !args.policy.max_failures;
  return first ? "--retry N tries it N times more" : "";
}

std::string time_text(Duration duration) {
  const double seconds = std::chrono::duration<double>(duration).count();
  if (seconds < 1) return fmt::format("{} ms", (duration.count() + 500) / 1000);
  if (seconds < 120) return fmt::format("{:.3g} s", seconds);
  if (seconds < 7200) return fmt::format("{:.3g} min", seconds / 60);
  return fmt::format("{:.4g} h", seconds / 3600);
}

}  // namespace sse_tail
