#include "support/event_log.h"

#include <fmt/format.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <random>

#include "base/json_writer.h"
#include "base/text.h"
#include "base/utf8.h"
#include "diag/rule.h"

namespace test {
namespace {

constexpr std::size_t kLong = 4096;     // streams above this are not cut everywhere
constexpr std::size_t kMaxShown = 256;  // payloads above this are shown by their digest
constexpr std::size_t kLongestHeader = 14;

std::string quoted(ConstBytes text) {
  if (!is_utf8(text)) return "hex " + to_hex(text);
  std::string shown = "\"";
  append_json_text(shown, as_text(text));
  return shown + '"';
}

std::string_view name_of(ws::MessageKind kind) {
  return kind == ws::MessageKind::text ? "text" : "binary";
}

std::string_view name_of(ws::Ending ending) {
  switch (ending) {
    case ws::Ending::peer: return "peer";
    case ws::Ending::us: return "us";
    case ws::Ending::unanswered: return "unanswered";
    case ws::Ending::violation: return "violation";
    case ws::Ending::timeout: return "timeout";
    case ws::Ending::cut: return "cut";
  }
  return "?";
}

std::string name_of(ws::Opcode opcode) {
  switch (opcode) {
    case ws::Opcode::cont: return "cont";
    case ws::Opcode::text: return "text";
    case ws::Opcode::binary: return "binary";
    case ws::Opcode::close: return "close";
    case ws::Opcode::ping: return "ping";
    case ws::Opcode::pong: return "pong";
  }
  return fmt::format("opcode {}", static_cast<unsigned>(opcode));
}

std::string show_control(std::string_view name, ConstBytes payload) {
  return payload.empty() ? std::string(name) : fmt::format("{} {}", name, to_hex(payload));
}

/// What no sender of ours may do; empty when all is well.
std::string show_faults(const ws::FramePiece& frame, ws::Role sender, ws::MaskKey key) {
  std::string faults;
  const ws::FrameHeader& header = frame.header;
  if (header.rsv != 0) faults += fmt::format(" RSV {}", header.rsv);
  if (!frame.last) faults += " CUT";
  if (header.masked != (sender == ws::Role::client)) {
    faults += header.masked ? " MASKED" : " UNMASKED";
  } else if (header.masked && header.key != key) {
    faults += " KEY " + to_hex(header.key);
  }
  return faults;
}

std::string show_frame(const ws::FramePiece& frame) {
  const ws::FrameHeader& header = frame.header;
  const ConstBytes payload = frame.payload;
  if (header.opcode == ws::Opcode::close) {
    if (payload.empty()) return show_close(ws::code::kNoStatus, {});
    if (payload.size() == 1) return "close CUT";
    const auto code = static_cast<ws::CloseCode>(payload[0] << 8 | payload[1]);
    return show_close(code, as_text(payload.subspan(2)));
  }
  if (is_control(header.opcode)) return show_control(name_of(header.opcode), payload);
  const std::string more = header.fin ? "" : " more";
  if (header.opcode == ws::Opcode::cont) return fmt::format("cont{} {}", more, quoted(payload));
  if (header.fin && header.opcode == ws::Opcode::text) {
    return show_message(ws::MessageKind::text, payload);
  }
  if (header.fin && header.opcode == ws::Opcode::binary) {
    return show_message(ws::MessageKind::binary, payload);
  }
  return fmt::format("{}{} {}", name_of(header.opcode), more, quoted(payload));
}

}  // namespace

Pieces whole(std::size_t size) {
  return {size};
}

Pieces cut_at(std::size_t first, std::size_t size) {
  return {first, size - first};
}

Pieces byte_by_byte(std::size_t size) {
  if (size <= kLong) return Pieces(size, 1);
  Pieces pieces(64, 1);
  for (std::size_t left = size - 64; left > 0; left -= pieces.back()) {
    pieces.push_back(std::min<std::size_t>(left, 1000));
  }
  return pieces;
}

std::vector<Pieces> all_splits(std::size_t size) {
  std::vector<Pieces> splits = {whole(size)};
  if (size <= kLong) {
    for (std::size_t at = 1; at < size; ++at) splits.push_back(cut_at(at, size));
  } else {
    for (std::size_t at = 1; at <= kLongestHeader + 8; ++at) {
      splits.push_back(cut_at(at, size));
      splits.push_back(cut_at(size - at, size));
    }
    std::mt19937 random(6455);
    for (int i = 0; i < 64; ++i) splits.push_back(cut_at(1 + random() % (size - 1), size));
  }
  splits.push_back(byte_by_byte(size));
  return splits;
}

std::string describe(const Pieces& pieces) {
  switch (pieces.size()) {
    case 0: return "no pieces";
    case 1: return "one piece";
    case 2: return fmt::format("two pieces, cut at {}", pieces.front());
    default: return "byte by byte";
  }
}

std::string show_message(ws::MessageKind kind, std::uint64_t size, std::string_view sha256) {
  return fmt::format("{} {} sha256:{}", name_of(kind), size, sha256);
}

std::string show_message(ws::MessageKind kind, ConstBytes payload) {
  if (payload.size() > kMaxShown) {
    std::array<std::uint8_t, SHA256_DIGEST_LENGTH> digest{};
    SHA256(payload.data(), payload.size(), digest.data());
    return show_message(kind, payload.size(), to_hex(digest));
  }
  if (kind == ws::MessageKind::text) return "text " + quoted(payload);
  return show_control(fmt::format("binary {}", payload.size()), payload);
}

std::string show_close(ws::CloseCode code, std::string_view reason) {
  return fmt::format("close {} {}", code, quoted(as_bytes(reason)));
}

void EventLog::add(const ws::Event& event) {
  switch (event.type) {
    case ws::EventType::message:
      if (event.first == message_open_) complain("PIECE OUT OF ORDER");
      if (event.first) message_.clear();
      if (event.payload.empty() && !event.last) complain("EMPTY PIECE");
      message_.insert(message_.end(), event.payload.begin(), event.payload.end());
      message_open_ = !event.last;
      if (event.last) text_ += show_message(event.kind, message_) + '\n';
      return;
    case ws::EventType::ping: text_ += show_control("ping", event.payload) + '\n'; return;
    case ws::EventType::pong: text_ += show_control("pong", event.payload) + '\n'; return;
    case ws::EventType::close:
      text_ += show_close(event.code, as_text(event.payload)) + '\n';
      return;
    case ws::EventType::violation:
      violation_ = event.violation;
      text_ += fmt::format("violation {} @{}\n", diag::info(event.violation.rule).id,
                           event.violation.offset);
      return;
    case ws::EventType::ended:
      text_ += fmt::format("ended {} {}", name_of(event.ending), event.code);
      if (!event.payload.empty()) text_ += ' ' + quoted(event.payload);
      text_ += '\n';
      return;
  }
}

void EventLog::complain(std::string_view what) {
  text_ += what;
  text_ += '\n';
}

std::string show_frames(ConstBytes output, ws::Role sender, ws::MaskKey key) {
  std::vector<std::uint8_t> copy(output.begin(), output.end());
  Bytes in(copy);
  std::string text;
  ws::FrameDecoder decoder;
  while (const auto frame = decoder.next(in)) {
    text += show_frame(*frame) + show_faults(*frame, sender, key) + '\n';
  }
  if (!decoder.at_boundary()) text += "CUT\n";
  return text;
}

void drain(ws::Connection& connection, Bytes in, EventLog& log) {
  while (const auto event = connection.next(in)) log.add(*event);
  if (!in.empty()) log.complain(fmt::format("{} BYTES LEFT", in.size()));
}

ws::MaskKey fixed_mask() {
  return {1, 2, 3, 4};
}

}  // namespace test
