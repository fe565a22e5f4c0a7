#include "support/vectors.h"

#include <fmt/format.h>

#include <algorithm>

#include "support/vector_file.h"
#include "ws/handshake.h"

namespace test {
namespace {

using nlohmann::json;

constexpr std::string_view kFramesFile = "ws-frames.json";
constexpr std::string_view kHandshakeFile = "ws-handshake.json";
constexpr std::string_view kExtraFile = "ws-extra.json";

// ---- Frames

std::string show_expected_message(const json& event) {
  const bool text = event["message"] == "text";
  const ws::MessageKind kind = text ? ws::MessageKind::text : ws::MessageKind::binary;
  if (event.contains("sha256")) {
    return show_message(kind, event["length"].get<std::uint64_t>(),
                        event["sha256"].get<std::string>());
  }
  if (text) return show_message(kind, as_bytes(event["data"].get_ref<const std::string&>()));
  return show_message(kind, bytes_of_hex(event["data_hex"]));
}

std::string show_expected_control(std::string_view name, const json& payload) {
  const std::string hex = payload.get<std::string>();
  return hex.empty() ? std::string(name) : fmt::format("{} {}", name, hex);
}

void expect(FrameCase& c, const json& event) {
  if (event.contains("message")) {
    c.events += show_expected_message(event) + '\n';
  } else if (event.contains("ping")) {
    c.events += show_expected_control("ping", event["ping"]) + '\n';
    c.replies += show_expected_control("pong", event["ping"]) + '\n';
  } else if (event.contains("pong")) {
    c.events += show_expected_control("pong", event["pong"]) + '\n';
  } else if (event.contains("close")) {
    const auto code = event["close"].get<ws::CloseCode>();
    const auto reason = event["reason"].get<std::string>();
    c.events += show_close(code, reason) + '\n';
    c.replies += show_close(code, {}) + '\n';
    c.ending = fmt::format("ended peer {}", code);
    if (!reason.empty()) c.ending += show_close(0, reason).substr(std::string("close 0").size());
    c.ending += '\n';
  } else if (event.contains("fail")) {
    const auto code = event["fail"].get<ws::CloseCode>();
    c.events += fmt::format("fail {}\n", code);
    c.replies += fmt::format("close {}\n", code);
    c.ending = fmt::format("ended violation {}\n", code);
  } else if (!event.contains("incomplete")) {
    broken_vector(c.name + ": " + event.dump());
  }
}

ws::DeflateParameters read_deflate(const json& parameters) {
  ws::DeflateParameters agreed;
  for (const auto& [name, value] : parameters.items()) {
    if (name == "server_no_context_takeover") {
      agreed.server_no_context_takeover = value.get<bool>();
    } else if (name == "client_no_context_takeover") {
      agreed.client_no_context_takeover = value.get<bool>();
    } else if (name == "server_max_window_bits") {
      agreed.server_max_window_bits = value.get<std::uint8_t>();
    } else if (name == "client_max_window_bits") {
      agreed.client_max_window_bits = value.get<std::uint8_t>();
    } else {
      broken_vector(parameters.dump());
    }
  }
  return agreed;
}

FrameCase read_frame_case(const json& object, std::uint64_t default_max_message) {
  FrameCase c;
  c.name = object["name"].get<std::string>();
  c.role = object["role_receiving"] == "server" ? ws::Role::server : ws::Role::client;
  c.limits.max_message = number_at(object, "max_message").value_or(default_max_message);
  if (const auto count = number_at(object, "max_fragments")) {
    c.limits.max_fragments = static_cast<std::uint32_t>(*count);
  }
  if (object.contains("extensions")) c.deflate = read_deflate(object["ext_params"]);
  c.stream = bytes_of_hex(object["bytes_hex"]);
  c.ending = "ended cut 1006\n";
  for (const json& event : object["expect"]) expect(c, event);
  c.rule = text_at(object, "rule");
  c.offset = number_at(object, "offset");
  return c;
}

/// The lines with `from` and all behind it in its line replaced.
std::string replace_line(const std::string& lines, std::string_view from, const std::string& to) {
  const std::size_t begin = lines.find(from);
  if (begin == lines.npos) return lines;
  return lines.substr(0, begin) + to + lines.substr(lines.find('\n', begin));
}

// ---- The opening handshake

std::vector<std::uint8_t> stream_of(const json& object, const char* hex_key,
                                    const char* lines_key) {
  return object.contains(hex_key) ? bytes_of_hex(object[hex_key]) : head_bytes(object[lines_key]);
}

HandshakeCase read_handshake_case(const json& object) {
  HandshakeCase c;
  c.name = object["name"].get<std::string>();
  c.rule = text_at(object, "rule");
  c.offset = number_at(object, "offset");
  return c;
}

HandshakeCase read_server_case(const json& object) {
  HandshakeCase c = read_handshake_case(object);
  c.kind = http::HeadKind::request;
  c.stream = stream_of(object, "request_hex", "request");
  const json& expected = object["expect"];
  c.close = expected.contains("close");
  c.status = expected.value("status", 0U);
  c.policy = c.status == 403 || c.status == 404 || c.status == 421;
  if (expected.contains("headers") && expected["headers"].contains("sec-websocket-accept")) {
    c.accept = expected["headers"]["sec-websocket-accept"].get<std::string>();
  }
  return c;
}

std::string show(const ws::DeflateParameters& agreed) {
  return fmt::format("ok: server {}{}, client {}{}", agreed.server_max_window_bits,
                     agreed.server_no_context_takeover ? " fresh" : "",
                     agreed.client_max_window_bits,
                     agreed.client_no_context_takeover ? " fresh" : "");
}

/// `permessage-deflate; client_max_window_bits`
ws::DeflateOffer read_offer(std::string_view text) {
  const std::size_t name_size = ws::kDeflateName.size();
  if (!text.starts_with(ws::kDeflateName)) broken_vector(std::string(text));
  text.remove_prefix(std::min(name_size + 1, text.size()));
  const auto offer = ws::parse_deflate_offer(text);
  if (!offer) broken_vector(std::string(text));
  return *offer;
}

HandshakeCase read_client_case(const json& object) {
  HandshakeCase c = read_handshake_case(object);
  c.kind = http::HeadKind::response;
  c.stream = stream_of(object, "response_hex", "response");
  c.sent_key = object["sent_key"].get<std::string>();
  const json& offered = object["offered"];
  if (offered.contains("protocols")) {
    c.protocols = offered["protocols"].get<std::vector<std::string>>();
  }
  if (const auto offer = text_at(offered, "extensions")) c.deflate = read_offer(*offer);
  const json& expected = object["expect"];
  c.open = expected.contains("open");
  if (expected.contains("protocol") && expected["protocol"].is_string()) {
    c.protocol = expected["protocol"].get<std::string>();
  }
  c.status = expected.contains("redirect") ? 302 : expected.value("http_status", 0U);
  return c;
}

/// The cases of one section of both files.
template <typename Read>
auto handshake_cases(const char* section, Read read) {
  std::vector<HandshakeCase> cases;
  for (const std::string_view file : {kHandshakeFile, kExtraFile}) {
    const json vectors = load_vectors(file);
    for (const json& object : vectors[section]) cases.push_back(read(object));
  }
  return cases;
}

void note_violation(HandshakeRun& run, const diag::Violation& violation) {
  run.violation = violation;
  run.outcome = fmt::format("violation {} @{}", diag::info(violation.rule).id, violation.offset);
}

void judge_request(HandshakeRun& run, const http::Head& head) {
  const auto host = ws::request_host(head);
  if (const auto* violation = std::get_if<diag::Violation>(&host)) {
    return note_violation(run, *violation);
  }
  const auto checked = ws::check_request(head);
  if (const auto* violation = std::get_if<diag::Violation>(&checked)) {
    return note_violation(run, *violation);
  }
  const auto& upgrade = std::get<ws::Upgrade>(checked);
  run.outcome = "upgrade";
  for (const std::string& protocol : upgrade.protocols) run.outcome += ' ' + protocol;
  run.answer = ws::make_response(upgrade, {});
}

void judge_response(HandshakeRun& run, const HandshakeCase& c, const http::Head& head) {
  const auto checked = ws::check_response(head, c.sent_key, c.protocols, c.deflate);
  if (const auto* violation = std::get_if<diag::Violation>(&checked)) {
    note_violation(run, *violation);
  } else if (const auto* refused = std::get_if<ws::Refused>(&checked)) {
    run.outcome = fmt::format("refused {}", refused->status);
  } else {
    const std::string& protocol = std::get<ws::Accepted>(checked).protocol;
    run.outcome = protocol.empty() ? "open" : "open " + protocol;
  }
}

}  // namespace

std::vector<FrameCase> frame_cases() {
  std::vector<FrameCase> cases;
  const json vectors = load_vectors(kFramesFile);
  const auto max_message = vectors["default_max_message"].get<std::uint64_t>();
  for (const json& object : vectors["cases"]) {
    cases.push_back(read_frame_case(object, max_message));
  }
  const json extra = load_vectors(kExtraFile);
  for (const json& object : extra["frames"]) cases.push_back(read_frame_case(object, max_message));
  return cases;
}

FrameRun run_frames(const FrameCase& c, const Pieces& pieces) {
  ws::Settings settings;
  settings.limits = c.limits;
  settings.deflate = c.deflate;
  ws::Connection connection(c.role, settings, fixed_mask, Time{});
  EventLog log;
  feed_pieces(c.stream, pieces, [&](Bytes in) { drain(connection, in, log); });

  FrameRun run;
  run.violation = log.violation();
  run.events = log.text();
  run.summary = run.events;
  run.replies = show_frames(connection.output(), c.role);
  if (run.violation) {
    const diag::RuleInfo& rule = diag::info(run.violation->rule);
    run.summary = replace_line(run.events, "violation ", fmt::format("fail {}", rule.answer));
    const std::string close = fmt::format("close {}", rule.answer);
    run.replies = replace_line(run.replies, close, close);
  }
  connection.eof();
  EventLog end;
  drain(connection, {}, end);
  run.ending = end.text();
  return run;
}

std::vector<HandshakeCase> server_cases() {
  return handshake_cases("server", read_server_case);
}

std::vector<HandshakeCase> client_cases() {
  return handshake_cases("client", read_client_case);
}

HandshakeRun run_handshake(const HandshakeCase& c, const Pieces& pieces) {
  HandshakeRun run;
  run.outcome = "incomplete";
  http::HeadReader reader(c.kind);
  bool decided = false;
  feed_pieces(c.stream, pieces, [&](Bytes in) {
    if (!decided) {
      const auto read = reader.next(in);
      decided = read.has_value();
      if (!decided) {
        if (!in.empty()) run.outcome = "bytes left although nothing is decided";
        return;
      }
      if (const auto* violation = std::get_if<diag::Violation>(&*read)) {
        note_violation(run, *violation);
      } else if (c.kind == http::HeadKind::request) {
        judge_request(run, std::get<http::Head>(*read));
      } else {
        judge_response(run, c, std::get<http::Head>(*read));
      }
    }
    run.rest += as_text(in);
  });
  return run;
}

std::vector<NegotiationCase> negotiation_cases() {
  std::vector<NegotiationCase> cases;
  const json vectors = load_vectors(kHandshakeFile);
  for (const json& object : vectors["negotiation"]) {
    NegotiationCase& c = cases.emplace_back();
    c.name = object["name"].get<std::string>();
    c.server = object["side"] == "server";
    const json& expected = object["expect"];
    if (c.server) {
      c.offer = object["offer"].get<std::string>();
      if (object.contains("server_config")) c.wish = read_deflate(object["server_config"]);
      if (expected.contains("status")) {
        c.outcomes.emplace_back("400");
      } else {
        const json& response = expected["response"];
        c.outcomes.push_back(response.is_null() ? "none" : response.get<std::string>());
        if (const auto other = text_at(expected, "or")) c.outcomes.push_back(*other);
      }
      continue;
    }
    c.offer = object["offered"].get<std::string>();
    c.answer = object["response"].get<std::string>();
    c.outcomes.push_back(expected.contains("fail") ? "fail" : show(read_deflate(expected["ok"])));
  }
  return cases;
}

std::string run_negotiation(const NegotiationCase& c) {
  const std::string key = "c2l4dGVlbiB0ZWFwb3RzIQ==";
  const std::string lines = c.server ? "GET /ws HTTP/1.1\r\nHost: localhost\r\n"
                                       "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " +
                                           key
                                     : "HTTP/1.1 101 Switching Protocols\r\n"
                                       "Sec-WebSocket-Accept: " +
                                           ws::accept_for(key);
  std::string text = lines + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
                     "Sec-WebSocket-Extensions: " + (c.server ? c.offer : c.answer) + "\r\n\r\n";
  Bytes in(reinterpret_cast<std::uint8_t*>(text.data()), text.size());
  http::HeadReader reader(c.server ? http::HeadKind::request : http::HeadKind::response);
  const auto read = reader.next(in);
  const auto* head = read ? std::get_if<http::Head>(&*read) : nullptr;
  if (head == nullptr) return "no head";
  if (!c.server) {
    const auto checked = ws::check_response(*head, key, {}, read_offer(c.offer));
    const auto* accepted = std::get_if<ws::Accepted>(&checked);
    if (accepted == nullptr) return "fail";
    return accepted->deflate ? show(*accepted->deflate) : "none";
  }
  const auto checked = ws::check_request(*head);
  const auto* upgrade = std::get_if<ws::Upgrade>(&checked);
  if (upgrade == nullptr) {
    return std::to_string(diag::info(std::get<diag::Violation>(checked).rule).answer);
  }
  const auto answer = ws::answer_deflate(upgrade->extensions, c.wish);
  return answer ? answer->text : "none";
}

}  // namespace test
