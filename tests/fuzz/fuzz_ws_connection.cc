// Any bytes, received in any pieces: no crash, and the same events, replies and ending as in one
// piece; and what a server sends back where it lies is what it would have sent after being told.
// The first eight bytes choose the role, the limits, whether compression is agreed, the
// sizes of the pieces and when we close ourselves; the rest is what the peer sends.
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include "base/text.h"
#include "diag/rule.h"
#include "ws/connection.h"

namespace {

constexpr std::size_t kChoices = 8;

struct Choices {
  ws::Role role = ws::Role::client;
  ws::MessageLimits limits;
  bool closing = false;  // our Close goes out first
  std::optional<ws::DeflateParameters> deflate;
  bool idle = false;  // so long between the pieces that memory is given back
  std::size_t sizes[4] = {1, 1, 1, 1};
};

Choices choose(const std::uint8_t* bytes) {
  Choices choices;
  choices.role = (bytes[0] & 1) != 0 ? ws::Role::server : ws::Role::client;
  choices.closing = (bytes[0] & 2) != 0;
  if ((bytes[0] & 4) != 0) {
    choices.deflate.emplace();
    choices.deflate->server_no_context_takeover = (bytes[0] & 8) != 0;
    choices.deflate->client_no_context_takeover = (bytes[0] & 16) != 0;
    choices.idle = (bytes[0] & 32) != 0;
  }
  choices.limits.max_message = std::uint64_t{1} << (bytes[1] % 64);
  choices.limits.max_fragments = 1 + bytes[2];
  for (std::size_t i = 0; i < 4; ++i) choices.sizes[i] = 1 + bytes[4 + i];
  return choices;
}

[[noreturn]] void breach(const char* what, const std::string& a, const std::string& b) {
  std::fprintf(stderr, "%s\n--- whole\n%s\n--- in pieces\n%s\n", what, a.c_str(), b.c_str());
  std::abort();
}

/// Joins the pieces of a message, so that it does not matter where they were cut.
class Log {
 public:
  void add(const ws::Event& event) {
    switch (event.type) {
      case ws::EventType::message:
        if (event.first == open_) breach("a piece is out of order", text, {});
        if (event.payload.empty() && !event.last) breach("a piece is empty", text, {});
        message_ += as_text(event.payload);
        open_ = !event.last;
        if (!event.last) return;
        line(event.kind == ws::MessageKind::text ? "text" : "binary", as_bytes(message_));
        message_.clear();
        return;
      case ws::EventType::ping: return line("ping", event.payload);
      case ws::EventType::pong: return line("pong", event.payload);
      case ws::EventType::close: return line(fmt::format("close {}", event.code), event.payload);
      case ws::EventType::violation:
        text += fmt::format("violation {} @{} got {}\n", diag::info(event.violation.rule).id,
                            event.violation.offset, event.violation.got);
        return;
      case ws::EventType::ended:
        line(fmt::format("ended {} {}", static_cast<int>(event.ending), event.code), event.payload);
        return;
    }
  }

  std::string text;

 private:
  void line(std::string_view what, ConstBytes payload) {
    text += fmt::format("{} {}\n", what, to_hex(payload));
  }

  std::string message_;
  bool open_ = false;
};

/// The log of `stream` in pieces of `size`; 0: of the chosen sizes in turn.
std::string run(const Choices& choices, ConstBytes stream, std::size_t size) {
  ws::Settings settings;
  settings.limits = choices.limits;
  settings.deflate = choices.deflate;
  settings.deflate_idle = Duration(1);
  Time now;
  ws::Connection connection(
      choices.role, settings,
      [] {
        return ws::MaskKey{1, 2, 3, 4};
      },
      now);
  if (choices.closing && !connection.close(1000, "")) breach("close() was refused", {}, {});

  Log log;
  for (std::size_t piece = 0; !stream.empty(); ++piece) {
    const std::size_t wanted = size != 0 ? size : choices.sizes[piece % 4];
    const ConstBytes part = take_front(stream, std::min(wanted, stream.size()));
    std::vector<std::uint8_t> copy(part.begin(), part.end());  // unmasking changes it
    Bytes in(copy);
    std::size_t left = in.size();
    while (const auto event = connection.next(in)) {
      if (in.size() > left) breach("bytes were given back", log.text, {});
      left = in.size();
      log.add(*event);
    }
    if (!in.empty()) breach("bytes were left", log.text, {});
    if (choices.idle) connection.tick(now += Duration(1));
  }
  connection.eof();
  Bytes none;
  while (const auto event = connection.next(none)) log.add(*event);
  if (connection.state() != ws::CloseState::gone) breach("it has not ended", log.text, {});
  return log.text + "output " + to_hex(connection.output());
}

/// What an echo server sends for `stream` in the chosen pieces.
std::string echo(const Choices& choices, ConstBytes stream, bool in_place) {
  ws::Settings settings;
  settings.limits = choices.limits;
  settings.deflate = choices.deflate;
  ws::Connection server(ws::Role::server, settings, {}, Time{});
  std::string sent;
  for (std::size_t piece = 0; !stream.empty(); ++piece) {
    const ConstBytes part = take_front(stream, std::min(choices.sizes[piece % 4], stream.size()));
    std::vector<std::uint8_t> buffer(ws::kMaxHeaderSize);
    buffer.insert(buffer.end(), part.begin(), part.end());
    Bytes in = Bytes(buffer).subspan(ws::kMaxHeaderSize);
    Bytes begun;
    while (const auto event = in_place ? server.next_echoing(in, begun) : server.next(in)) {
      if (event->type != ws::EventType::message || !server.can_send()) continue;
      if (!server.send(event->kind, event->last, event->payload, event->compressed)) {
        breach("send() was refused", {}, {});
      }
    }
    sent += as_text(begun);
    sent += as_text(server.output());
    server.sent(server.output().size());
  }
  return to_hex(as_bytes(sent));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < kChoices) return 0;
  const Choices choices = choose(data);
  const ConstBytes stream(data + kChoices, size - kChoices);
  const std::string whole = run(choices, stream, std::max<std::size_t>(stream.size(), 1));
  const std::string pieces = run(choices, stream, 0);
  if (pieces != whole) breach("chosen pieces make a difference", whole, pieces);
  const std::string bytes = run(choices, stream, 1);
  if (bytes != whole) breach("single bytes make a difference", whole, bytes);
  const std::string told = echo(choices, stream, false);
  const std::string in_place = echo(choices, stream, true);
  if (in_place != told) breach("the echo in place is another", told, in_place);
  return 0;
}
