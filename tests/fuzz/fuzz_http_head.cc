// Any bytes as the head of a request or of an answer, in any pieces: no crash, and the same heads,
// the same violation, the same verdict on the handshake and the same bytes left as in one piece.
// The first four bytes choose the direction and the sizes of the pieces.
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/text.h"
#include "http/body.h"
#include "http/head.h"
#include "ws/handshake.h"

namespace {

constexpr std::size_t kChoices = 4;
constexpr std::string_view kKey = "c2l4dGVlbiB0ZWFwb3RzIQ==";  // as in the vectors

struct Choices {
  http::HeadKind kind = http::HeadKind::request;
  std::size_t sizes[3] = {1, 1, 1};
};

[[noreturn]] void breach(const char* what, const std::string& a, const std::string& b) {
  std::fprintf(stderr, "%s\n--- whole\n%s\n--- in pieces\n%s\n", what, a.c_str(), b.c_str());
  std::abort();
}

std::string show(const diag::Violation& violation) {
  return fmt::format("violation {} @{} got {}\n", diag::info(violation.rule).id, violation.offset,
                     violation.got);
}

std::string show_request_check(const http::Head& head) {
  const auto host = ws::request_host(head);
  std::string text;
  if (const auto* violation = std::get_if<diag::Violation>(&host)) {
    text += show(*violation);
  } else {
    const auto& [name, port] = std::get<http::HostPort>(host);
    text +=
        fmt::format("host {} {} loopback {}\n", name, port.value_or(0), http::is_loopback(name));
  }
  const auto checked = ws::check_request(head);
  if (const auto* violation = std::get_if<diag::Violation>(&checked))
    return text + show(*violation);
  const auto& upgrade = std::get<ws::Upgrade>(checked);
  for (const std::string& protocol : upgrade.protocols) text += "offers " + protocol + '\n';
  return text + ws::make_response(upgrade, {});
}

std::string show_response_check(const http::Head& head) {
  const auto checked = ws::check_response(head, kKey, {"a", "b"});
  if (const auto* violation = std::get_if<diag::Violation>(&checked)) return show(*violation);
  if (const auto* refused = std::get_if<ws::Refused>(&checked)) {
    return fmt::format("refused {}\n", refused->status);
  }
  return "open " + std::get<ws::Accepted>(checked).protocol + '\n';
}

std::string show(const http::Head& head, http::HeadKind kind) {
  std::string text =
      fmt::format("head @{}+{} {} {} {} {} 1.{}\n", head.offset, head.text.size(), head.method,
                  head.target, head.status, head.reason, head.minor_version);
  for (const http::Field& field : head.fields) {
    if (!http::is_token(field.name) || !http::is_field_value(field.value)) {
      breach("a field is not one", text, std::string(field.name));
    }
    text += fmt::format("{}={}\n", field.name, field.value);
  }
  text += kind == http::HeadKind::request ? show_request_check(head) : show_response_check(head);
  return text;
}

/// Reads the body behind `head`; what follows it is left in `in`.
std::string show_body(http::BodyReader& body, Bytes& in) {
  std::string content;
  while (const auto piece = body.next(in)) content += as_text(*piece);
  if (!in.empty() && !body.done()) breach("the body leaves bytes", content, {});
  return content;
}

/// The log of `stream` in pieces of `size`; 0: of the chosen sizes in turn. The body of the first
/// head that is not interim ends the reading.
std::string run(const Choices& choices, ConstBytes stream, std::size_t size) {
  http::HeadReader reader(choices.kind);
  std::optional<http::BodyReader> body;
  std::string text;
  std::string content;
  std::string rest;
  for (std::size_t piece = 0; !stream.empty(); ++piece) {
    const std::size_t wanted = size != 0 ? size : choices.sizes[piece % 3];
    const ConstBytes part = take_front(stream, std::min(wanted, stream.size()));
    std::vector<std::uint8_t> copy(part.begin(), part.end());
    Bytes in(copy);
    while (!body) {
      const auto read = reader.next(in);
      if (!read) break;
      if (const auto* violation = std::get_if<diag::Violation>(&*read)) {
        text += show(*violation);
        continue;
      }
      const auto& head = std::get<http::Head>(*read);
      text += show(head, choices.kind);
      const auto length = http::body_length(head, choices.kind);
      if (const auto* violation = std::get_if<diag::Violation>(&length)) text += show(*violation);
      const bool interim = head.status / 100 == 1 && head.status != 101;
      if (!interim) {
        const auto* known = std::get_if<http::BodyLength>(&length);
        body.emplace(known != nullptr ? *known : http::BodyLength{});
      }
    }
    if (body) content += show_body(*body, in);
    rest += as_text(in);
  }
  return text + "body " + content + "\ndone " + (body && body->done() ? "yes" : "no") + "\nrest " +
         to_hex(as_bytes(rest)) + "\npartial " + to_hex(as_bytes(reader.partial()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < kChoices) return 0;
  Choices choices;
  choices.kind = (data[0] & 1) != 0 ? http::HeadKind::response : http::HeadKind::request;
  for (std::size_t i = 0; i < 3; ++i) choices.sizes[i] = 1 + data[1 + i];
  const ConstBytes stream(data + kChoices, size - kChoices);

  (void)http::other_protocol(stream);
  const std::string whole = run(choices, stream, std::max<std::size_t>(stream.size(), 1));
  const std::string pieces = run(choices, stream, 0);
  if (pieces != whole) breach("chosen pieces make a difference", whole, pieces);
  const std::string bytes = run(choices, stream, 1);
  if (bytes != whole) breach("single bytes make a difference", whole, bytes);
  return 0;
}
