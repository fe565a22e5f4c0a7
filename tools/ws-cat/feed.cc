#include "feed.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/base64.h"
#include "base/text.h"

namespace ws_cat {
namespace {

// A message that is longer goes out as fragments while it is read.
constexpr std::size_t kFragmentSize = std::size_t{64} << 10;

/// The size of `in` when it is not in there.
std::size_t offset_of(std::uint8_t byte, ConstBytes in) {
  const void* const found = std::memchr(in.data(), byte, in.size());
  if (found == nullptr) return in.size();
  return static_cast<std::size_t>(static_cast<const std::uint8_t*>(found) - in.data());
}

}  // namespace

Feed::Feed(Format format, bool binary)
    : format_(format),
      kind_(binary || format == Format::raw ? ws::MessageKind::binary : ws::MessageKind::text) {}

std::optional<Result<Intent>> Feed::next(ConstBytes& in) {
  switch (format_) {
    case Format::lines: return next_divided(in, '\n');
    case Format::nul: return next_divided(in, '\0');
    case Format::jsonl:
    case Format::hex:
    case Format::base64: return next_line(in);
    case Format::len32: return next_sized(in);
    case Format::raw:
    case Format::wire: break;
  }
  if (in.empty()) return std::nullopt;
  const ConstBytes all = take_front(in, in.size());
  if (format_ == Format::wire) return Intent{.type = Intent::Type::raw, .payload = all};
  return piece(true, all);
}

std::optional<Result<Intent>> Feed::finish() {
  switch (format_) {
    case Format::lines:
    case Format::nul:
      if (!open_ && line_.empty()) return std::nullopt;
      return held_piece(true);
    case Format::jsonl:
    case Format::hex:
    case Format::base64:
      if (!line_.empty()) {
        const std::string line = std::exchange(line_, {});
        return decode_line(line);
      }
      break;
    case Format::len32:
      if (length_size_ > 0) open_ = true;
      break;
    case Format::raw:
    case Format::wire: break;
  }
  if (!open_) return std::nullopt;
  open_ = false;
  return error("is cut short");
}

/// Lines and nul. A message that lies wholly in `in` is passed on from there; one that is cut is
/// held back until it is complete or long.
std::optional<Result<Intent>> Feed::next_divided(ConstBytes& in, std::uint8_t divider) {
  if (in.empty()) return std::nullopt;
  const std::size_t size = offset_of(divider, in);
  const bool complete = size < in.size();
  const ConstBytes part = take_front(in, size);
  if (complete) in = in.subspan(1);
  if (complete && line_.empty()) return piece(true, part);

  line_ += as_text(part);
  if (!complete && line_.size() < kFragmentSize) return std::nullopt;
  return held_piece(complete);
}

/// What line_ holds, as a piece.
std::optional<Result<Intent>> Feed::held_piece(bool last) {
  text_ = std::exchange(line_, {});
  return piece(last, as_bytes(text_));
}

std::optional<Result<Intent>> Feed::next_line(ConstBytes& in) {
  while (!in.empty()) {
    const std::size_t size = offset_of('\n', in);
    const bool complete = size < in.size();
    line_ += as_text(take_front(in, size));
    if (!complete) return std::nullopt;
    in = in.subspan(1);
    const std::string line = std::exchange(line_, {});
    auto intent = decode_line(line);
    ++number_;
    if (intent) return intent;
  }
  return std::nullopt;
}

std::optional<Result<Intent>> Feed::next_sized(ConstBytes& in) {
  while (length_size_ < 4) {
    if (in.empty()) return std::nullopt;
    left_ = left_ << 8 | take_front(in, 1).front();
    if (++length_size_ == 4) {
      kind_ = (left_ & kBinaryBit) != 0 ? ws::MessageKind::binary : ws::MessageKind::text;
      left_ &= ~kBinaryBit;
      open_ = true;
    }
  }
  if (left_ > 0 && in.empty()) return std::nullopt;
  const ConstBytes payload = take_front(in, std::min<std::size_t>(left_, in.size()));
  left_ -= static_cast<std::uint32_t>(payload.size());
  if (left_ == 0) length_size_ = 0;
  return piece(left_ == 0, payload);
}

/// A piece of a message; text is checked, because the server would have to end the connection.
std::optional<Result<Intent>> Feed::piece(bool last, ConstBytes payload) {
  if (kind_ == ws::MessageKind::text) {
    const bool bad = utf8_.feed(payload).has_value() || (last && !utf8_.complete());
    if (bad) return error("is not valid UTF-8", "--binary sends lines as binary messages");
  }
  if (last) {
    utf8_.reset();
    if (format_ != Format::jsonl) ++number_;
  }
  open_ = !last;
  return Intent{.kind = kind_, .last = last, .payload = payload};
}

std::optional<Result<Intent>> Feed::decode_line(std::string_view line) {
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  if (format_ == Format::jsonl) return trim_spaces(line).empty() ? std::nullopt : decode_json(line);
  return format_ == Format::hex ? decode_hex(line) : decode_base64(line);
}

Result<Intent> Feed::decode_hex(std::string_view line) {
  auto bytes = from_hex(line);
  if (!bytes) return error("is not hexadecimal");
  decoded_ = std::move(*bytes);
  return Intent{.kind = ws::MessageKind::binary, .payload = decoded_};
}

Result<Intent> Feed::decode_base64(std::string_view line) {
  auto bytes = from_base64(trim_spaces(line));
  if (!bytes) return error("is not base64");
  decoded_ = std::move(*bytes);
  return Intent{.kind = ws::MessageKind::binary, .payload = decoded_};
}

std::optional<Result<Intent>> Feed::decode_json(std::string_view line) {
  auto intent = json_.decode(line);
  if (!intent) return std::nullopt;
  if (!*intent) return error(intent->error().message, intent->error().hint);
  if ((*intent)->type != Intent::Type::message) return intent;
  if (!open_) kind_ = (*intent)->kind;  // the first line of a message tells the type
  return piece((*intent)->last, (*intent)->payload);
}

Error Feed::error(std::string_view why, std::string_view hint) const {
  const std::string_view unit =
      format_ == Format::nul || format_ == Format::len32 ? "message" : "line";
  return {fmt::format("cannot read standard input: {} {} {}", unit, number_, why),
          std::string(hint)};
}

}  // namespace ws_cat
