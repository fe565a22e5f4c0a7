#include "answer.h"

#include <array>
#include <utility>

#include <fmt/format.h>

#include "cli/escape.h"
#include "diag/report.h"

namespace stream_echo {
namespace {

/// RFC 9110 5.6.7: "Sun, 06 Nov 1994 08:49:37 GMT". The program stays in the C locale.
std::string http_date(std::time_t now) {
  std::tm utc = {};
  gmtime_r(&now, &utc);
  std::array<char, 32> text = {};
  const std::size_t size = std::strftime(text.data(), text.size(), "%a, %d %b %Y %T GMT", &utc);
  return {text.data(), size};
}

std::vector<ws::FieldLine> common_fields(std::time_t now, std::string_view connection) {
  return {{"Date", http_date(now)}, {"Connection", std::string(connection)}};
}

void add_origin(std::vector<ws::FieldLine>& fields, const std::string& allowed) {
  if (!allowed.empty()) fields.push_back({"Access-Control-Allow-Origin", allowed});
  fields.push_back({"Vary", "Origin"});
}

}  // namespace

Answer answer_to(const diag::Violation& violation) {
  const diag::RuleInfo& rule = diag::info(violation.rule);
  Answer answer{.status = rule.answer, .text = diag::describe(violation)};
  if (!rule.hint.empty()) answer.text += fmt::format("\nhint: {}", rule.hint);
  if (rule.answer == 405) answer.fields.push_back({"Allow", "GET"});          // RFC 9110 15.5.6
  if (rule.answer == 426) answer.fields.push_back({"Upgrade", "websocket"});  // RFC 9110 15.5.22
  if (violation.rule == diag::Rule::ws_version) {                             // RFC 6455 4.4
    answer.fields.push_back({"Sec-WebSocket-Version", "13"});
  }
  return answer;
}

std::string quoted(std::string_view text) {
  return fmt::format("\"{}\"", cli::escape(text, cli::Escape::line));
}

Refusal refuse_with(unsigned status, std::string why, std::string_view hint) {
  Answer answer{.status = status, .text = why};
  if (!hint.empty()) answer.text += fmt::format("\nhint: {}", hint);
  return {.answer = std::move(answer), .why = std::move(why)};
}

Refusal refuse(const diag::Violation& violation) {
  return {.answer = answer_to(violation), .why = diag::describe(violation), .violation = violation};
}

std::string to_http(const Answer& answer, std::time_t now) {
  // RFC 9110 6.4.1: these have no body, and 8.6: a 204 has no Content-Length either. 15.3.6: a 205
  // has one that is empty.
  const bool bodiless = answer.status == 204 || answer.status == 304;
  const bool empty = bodiless || answer.status == 205 || answer.text.empty();
  const std::string body = empty ? "" : answer.text + "\n";
  // RFC 9110 7.8: whoever sends Upgrade lists it in Connection.
  const std::string_view connection = answer.status == 426 ? "Upgrade, close" : "close";
  std::vector<ws::FieldLine> fields = common_fields(now, connection);
  if (!empty) fields.push_back({"Content-Type", answer.content_type});
  if (!bodiless) fields.push_back({"Content-Length", std::to_string(body.size())});
  fields.insert(fields.end(), answer.fields.begin(), answer.fields.end());
  add_origin(fields, answer.allow_origin);
  const std::string head = ws::make_head(
      fmt::format("HTTP/1.1 {} {}", answer.status, reason_phrase(answer.status)), fields);
  return answer.with_body ? head + body : head;
}

std::string to_http(const StreamHead& head, std::time_t now) {
  std::vector<ws::FieldLine> fields = common_fields(now, "close");
  fields.push_back({"Content-Type", head.content_type});
  fields.push_back({"Cache-Control", "no-cache"});
  // nginx and others hold answers back, and with them the events, unless they are told not to.
  fields.push_back({"X-Accel-Buffering", "no"});
  if (!head.encoding.empty()) fields.push_back({"Content-Encoding", head.encoding});
  if (head.chunked) fields.push_back({"Transfer-Encoding", "chunked"});
  fields.insert(fields.end(), head.fields.begin(), head.fields.end());
  add_origin(fields, head.allow_origin);
  return ws::make_head("HTTP/1.1 200 OK", fields);
}

}  // namespace stream_echo
