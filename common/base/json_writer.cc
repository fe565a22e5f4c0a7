#include "base/json_writer.h"

#include <fmt/format.h>

#include "base/base64.h"
#include "base/utf8.h"

namespace {

/// Length of the escape-worthy unit at `text[at]`: 1 for ASCII, 2 for a C1 control, 0 for none.
std::size_t unsafe_at(std::string_view text, std::size_t at) {
  const auto byte = static_cast<unsigned char>(text[at]);
  if (byte < 0x20 || byte == 0x7F || byte == '"' || byte == '\\') return 1;
  const bool is_c1 =
      byte == 0xC2 && at + 1 < text.size() && static_cast<unsigned char>(text[at + 1]) < 0xA0;
  return is_c1 ? 2 : 0;
}

void append_escape(std::string& out, std::string_view unit) {
  const auto last = static_cast<unsigned char>(unit.back());
  switch (last) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    default: break;
  }
  constexpr std::string_view kDigits = "0123456789abcdef";
  out += "\\u00";
  out += kDigits[last >> 4];
  out += kDigits[last & 15];
}

}  // namespace

void append_json_text(std::string& out, std::string_view text) {
  std::size_t plain = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t size = unsafe_at(text, at);
    if (size == 0) {
      ++at;
      continue;
    }
    out.append(text, plain, at - plain);
    append_escape(out, text.substr(at, size));
    at += size;
    plain = at;
  }
  out.append(text, plain);
}

JsonWriter& JsonWriter::begin() {
  out_ += '{';
  first_ = true;
  return *this;
}

void JsonWriter::key(std::string_view name) {
  if (!first_) out_ += ',';
  first_ = false;
  out_ += '"';
  out_ += name;
  out_ += "\":";
}

JsonWriter& JsonWriter::field(std::string_view name, std::string_view text) {
  key(name);
  out_ += '"';
  if (is_utf8(as_bytes(text))) {
    append_json_text(out_, text);
  } else {
    std::string valid;
    append_valid_utf8(valid, as_bytes(text));
    append_json_text(out_, valid);
  }
  out_ += '"';
  return *this;
}

JsonWriter& JsonWriter::field(std::string_view name, std::uint64_t number) {
  key(name);
  const fmt::format_int digits(number);
  out_.append(digits.data(), digits.size());
  return *this;
}

JsonWriter& JsonWriter::flag(std::string_view name, bool value) {
  key(name);
  out_ += value ? "true" : "false";
  return *this;
}

JsonWriter& JsonWriter::payload(ConstBytes bytes) {
  if (is_utf8(bytes)) return field("data", as_text(bytes));
  return field("base64", to_base64(bytes));
}

void JsonWriter::end() {
  out_ += "}\n";
}
