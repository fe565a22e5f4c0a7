#include "feed.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/base64.h"
#include "base/text.h"

namespace ws_cat {
namespace {

using Json = nlohmann::json;

// Deeper JSON would overrun the stack when it is destroyed.
constexpr int kMaxJsonDepth = 512;

// A message that is longer goes out as fragments while it is read.
constexpr std::size_t kFragmentSize = std::size_t{64} << 10;

/// A JSON object, or a discarded value when `line` is none.
Json parse_object(std::string_view line) {
  bool too_deep = false;
  const auto limit_depth = [&](int depth, Json::parse_event_t, Json&) {
    too_deep = too_deep || depth > kMaxJsonDepth;
    return !too_deep;
  };
  Json json = Json::parse(line.begin(), line.end(), limit_depth, false);
  const bool usable = !too_deep && json.is_object();
  return usable ? json : Json(Json::value_t::discarded);
}

std::string text_of(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

bool never_sent(std::uint64_t code) {
  return code == 1005 || code == 1006 || code == 1015;
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
  return piece(true, take_front(in, in.size()));
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
  const auto end = std::find(in.begin(), in.end(), divider);
  const bool complete = end != in.end();
  const ConstBytes part = take_front(in, static_cast<std::size_t>(end - in.begin()));
  if (complete) in = in.subspan(1);
  if (complete && line_.empty()) return piece(true, part);

  line_ += as_text(part);
  if (!complete && line_.size() < kFragmentSize) return std::nullopt;
  return held_piece(complete);
}

/// What line_ holds, as a piece.
Result<Intent> Feed::held_piece(bool last) {
  text_ = std::exchange(line_, {});
  return piece(last, as_bytes(text_));
}

std::optional<Result<Intent>> Feed::next_line(ConstBytes& in) {
  while (!in.empty()) {
    const auto end = std::find(in.begin(), in.end(), '\n');
    const bool complete = end != in.end();
    line_ += as_text(take_front(in, static_cast<std::size_t>(end - in.begin())));
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
Result<Intent> Feed::piece(bool last, ConstBytes payload) {
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

/// A line of --to jsonl; nullopt for what is not to be sent.
std::optional<Result<Intent>> Feed::decode_json(std::string_view line) {
  const Json json = parse_object(line);
  if (json.is_discarded()) return error("is not a JSON object");
  if (text_of(json, "dir") == ">") return std::nullopt;

  ConstBytes payload;
  if (json.contains("base64")) {
    auto bytes = from_base64(text_of(json, "base64"));
    if (!bytes) return error("has a base64 that is not base64");
    decoded_ = std::move(*bytes);
    payload = decoded_;
  } else {
    text_ = text_of(json, "data");
    payload = as_bytes(text_);
  }

  const std::string kind = text_of(json, "kind");
  if (kind == "message") {
    // The first line of a message tells the type.
    const bool binary = text_of(json, "type") == "binary";
    if (!open_) kind_ = binary ? ws::MessageKind::binary : ws::MessageKind::text;
    const bool more = json.contains("more") && json["more"] == true;
    return piece(!more, payload);
  }
  if (kind == "ping" || kind == "pong") {
    if (payload.size() > ws::kMaxControlSize) return error("has a payload of more than 125 bytes");
    return Intent{.type = kind == "ping" ? Intent::Type::ping : Intent::Type::pong,
                  .payload = payload};
  }
  if (kind != "close") return std::nullopt;

  const auto code = json.find("code");
  const std::uint64_t number =
      code != json.end() && code->is_number_unsigned() ? code->get<std::uint64_t>() : 1005;
  if (text_of(json, "by") == "us" || never_sent(number)) return Intent{.type = Intent::Type::end};
  if (number > UINT16_MAX || !ws::may_be_sent(static_cast<ws::CloseCode>(number))) {
    return error(fmt::format("has close code {}, which may not be sent", number));
  }
  text_ = text_of(json, "reason");
  if (text_.size() > ws::kMaxReasonSize) return error("has a reason of more than 123 bytes");
  return Intent{.type = Intent::Type::close,
                .payload = as_bytes(text_),
                .code = static_cast<ws::CloseCode>(number)};
}

Error Feed::error(std::string_view why, std::string_view hint) const {
  const std::string_view unit =
      format_ == Format::nul || format_ == Format::len32 ? "message" : "line";
  return {fmt::format("cannot read standard input: {} {} {}", unit, number_, why),
          std::string(hint)};
}

}  // namespace ws_cat
