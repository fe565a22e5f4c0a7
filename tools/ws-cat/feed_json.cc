#include "feed_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/base64.h"
#include "base/text.h"
#include "rec/json.h"
#include "ws/mask.h"

namespace ws_cat {
namespace {

using rec::Json;
using rec::text_of;

bool is_true(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && *found == true;
}

/// `fallback` when there is none.
Result<std::uint64_t> number_of(const Json& object, const char* key, std::uint64_t fallback,
                                std::uint64_t max) {
  const auto found = object.find(key);
  if (found == object.end()) return fallback;
  const bool usable = found->is_number_unsigned() && found->get<std::uint64_t>() <= max;
  if (!usable)
    return Error{fmt::format("has a value of {} that is not a number up to {}", key, max), {}};
  return found->get<std::uint64_t>();
}

bool never_sent(std::uint64_t code) {
  return code == 1005 || code == 1006 || code == 1015;
}

/// The header that `bytes` are, all of them.
std::optional<ws::FrameHeader> parse_header(std::vector<std::uint8_t> bytes) {
  Bytes in(bytes);
  const auto piece = ws::FrameDecoder().next(in);
  return piece && in.empty() && piece->payload.empty() ? std::optional(piece->header)
                                                       : std::nullopt;
}

}  // namespace

std::optional<Result<Intent>> JsonFeed::decode(std::string_view line) {
  const auto parsed = rec::parse_json(line);
  if (!parsed || !parsed->is_object()) return Error{"is not a JSON object", {}};
  const Json& json = *parsed;
  if (text_of(json, "dir") == ">") return std::nullopt;
  if (const auto taken = take_payload(json); !taken) return taken.error();

  const std::string kind = text_of(json, "kind");
  if (kind == "message") return message(json);
  if (kind == "ping") return control(Intent::Type::ping);
  if (kind == "pong") return control(Intent::Type::pong);
  if (kind == "close") return close(json);
  if (kind == "frame") return frame(json);
  if (kind == "raw") return Intent{.type = Intent::Type::raw, .payload = payload_};
  return std::nullopt;
}

Result<void> JsonFeed::take_payload(const Json& line) {
  if (!line.contains("base64")) {
    text_ = text_of(line, "data");
    payload_ = as_bytes(text_);
    return {};
  }
  auto bytes = from_base64(text_of(line, "base64"));
  if (!bytes) return Error{"has a base64 that is not base64", {}};
  bytes_ = std::move(*bytes);
  payload_ = bytes_;
  return {};
}

Result<Intent> JsonFeed::message(const Json& line) {
  const bool binary = text_of(line, "type") == "binary";
  return Intent{.kind = binary ? ws::MessageKind::binary : ws::MessageKind::text,
                .last = !is_true(line, "more"),
                .payload = payload_};
}

Result<Intent> JsonFeed::control(Intent::Type type) {
  if (payload_.size() > ws::kMaxControlSize) {
    return Error{"has a payload of more than 125 bytes", "a frame line may break that rule"};
  }
  return Intent{.type = type, .payload = payload_};
}

Result<Intent> JsonFeed::close(const Json& line) {
  const auto code = line.find("code");
  const std::uint64_t number =
      code != line.end() && code->is_number_unsigned() ? code->get<std::uint64_t>() : 1005;
  if (text_of(line, "by") == "us" || never_sent(number)) return Intent{.type = Intent::Type::end};
  if (number > UINT16_MAX || !ws::may_be_sent(static_cast<ws::CloseCode>(number))) {
    return Error{fmt::format("has close code {}, which may not be sent", number),
                 "a frame line may break that rule"};
  }
  text_ = text_of(line, "reason");
  if (text_.size() > ws::kMaxReasonSize) {
    return Error{"has a reason of more than 123 bytes", "a frame line may break that rule"};
  }
  return Intent{.type = Intent::Type::close,
                .payload = as_bytes(text_),
                .code = static_cast<ws::CloseCode>(number)};
}

/// A frame's bytes: the header in its first line, the payload masked as the header says.
Result<Intent> JsonFeed::frame(const Json& line) {
  std::vector<std::uint8_t> out;
  if (!more_) {
    auto header = begin_frame(line);
    if (!header) return header.error();
    out = std::move(*header);
  }
  more_ = is_true(line, "more");
  const std::size_t header_size = out.size();
  out.insert(out.end(), payload_.begin(), payload_.end());
  if (header_.masked) ws::apply_mask(Bytes(out).subspan(header_size), header_.key, sent_);
  sent_ += payload_.size();
  bytes_ = std::move(out);
  return Intent{.type = Intent::Type::raw, .payload = bytes_};
}

/// The bytes of the header: `header`, or else what the other fields say: those that are absent make
/// a text frame of the right length, final and unmasked.
Result<std::vector<std::uint8_t>> JsonFeed::begin_frame(const Json& line) {
  sent_ = 0;
  if (line.contains("header")) {
    auto bytes = from_hex(text_of(line, "header"));
    const auto header = bytes ? parse_header(*bytes) : std::nullopt;
    if (!header) return Error{"has a header that is not the header of a frame in hex", {}};
    header_ = *header;
    return std::move(*bytes);
  }
  const auto rsv = number_of(line, "rsv", 0, 7);
  if (!rsv) return rsv.error();
  const auto opcode = number_of(line, "opcode", static_cast<unsigned>(ws::Opcode::text), 15);
  if (!opcode) return opcode.error();
  const auto length = number_of(line, "length", payload_.size(), UINT64_MAX);
  if (!length) return length.error();
  if (is_true(line, "more") && !line.contains("length")) {
    return Error{"has no length, though more of its payload follows", {}};
  }
  const auto fin = line.find("fin");
  if (fin != line.end() && !fin->is_boolean()) return Error{"has a fin that is not a boolean", {}};
  header_ = {.fin = fin == line.end() || *fin == true,
             .rsv = static_cast<std::uint8_t>(*rsv),
             .opcode = static_cast<ws::Opcode>(*opcode),
             .masked = line.contains("mask"),
             .length = *length};
  if (header_.masked) {
    const auto key = from_hex(text_of(line, "mask"));
    if (!key || key->size() != header_.key.size()) {
      return Error{"has a mask that is not 4 bytes in hex", {}};
    }
    std::copy(key->begin(), key->end(), header_.key.begin());
  }
  std::array<std::uint8_t, ws::kMaxHeaderSize> bytes;
  const std::size_t size = encode_header_as_given(header_, bytes);
  return std::vector(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
}

}  // namespace ws_cat
