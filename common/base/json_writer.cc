#include "base/json_writer.h"

#include <array>

#include <fmt/format.h>

#include "base/base64.h"
#include "base/text.h"
#include "base/utf8.h"

namespace {

/// False for what is escaped, and for the bytes that a character which is escaped may begin with.
constexpr std::array<bool, 256> plain_bytes() {
  std::array<bool, 256> plain{};
  for (std::size_t byte = 0x20; byte < plain.size(); ++byte) {
    plain[byte] =
        byte != '"' && byte != '\\' && byte != 0x7F && byte != 0xC2 && byte != 0xD8 && byte != 0xE2;
  }
  return plain;
}
constexpr std::array<bool, 256> kPlain = plain_bytes();

std::uint8_t byte_at(std::string_view text, std::size_t at) {
  return at < text.size() ? static_cast<std::uint8_t>(text[at]) : std::uint8_t{0};
}

struct Unsafe {
  std::size_t size = 0;  ///< bytes; 0: it is not
  std::uint32_t code = 0;
};

/// The character at `text[at]`, whose first byte is not plain.
Unsafe unsafe_at(std::string_view text, std::size_t at) {
  const std::uint8_t first = byte_at(text, at);
  const std::uint8_t second = byte_at(text, at + 1);
  if (first < 0x80) return {1, first};
  if (first == 0xC2 && second < 0xA0) return {2, second};   // C1
  if (first == 0xD8 && second == 0x9C) return {2, 0x061C};  // and the bidirectional controls
  if (first != 0xE2 || (second != 0x80 && second != 0x81)) return {};
  const std::uint32_t code = 0x2000U | (second & 0x3FU) << 6 | (byte_at(text, at + 2) & 0x3FU);
  // U+2028 and U+2029 end lines, to some who read JSON line by line.
  const bool unsafe = code == 0x200E || code == 0x200F || (code >= 0x2028 && code <= 0x202E) ||
                      (code >= 0x2066 && code <= 0x2069);
  return unsafe ? Unsafe{3, code} : Unsafe{};
}

void append_escape(std::string& out, std::uint32_t code) {
  switch (code) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    default: break;
  }
  constexpr std::string_view kDigits = "0123456789abcdef";
  out += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) out += kDigits[code >> shift & 15];
}

}  // namespace

void append_json_text(std::string& out, std::string_view text) {
  std::size_t plain = 0;
  for (std::size_t at = 0; at < text.size();) {
    if (kPlain[static_cast<std::uint8_t>(text[at])]) {
      ++at;
      continue;
    }
    const Unsafe unsafe = unsafe_at(text, at);
    if (unsafe.size == 0) {
      ++at;
      continue;
    }
    out.append(text, plain, at - plain);
    append_escape(out, unsafe.code);
    at += unsafe.size;
    plain = at;
  }
  out.append(text, plain);
}

void JsonWriter::comma() {
  if (!first_) out_ += ',';
  first_ = false;
}

void JsonWriter::key(std::string_view name) {
  comma();
  out_ += '"';
  out_ += name;
  out_ += "\":";
}

void JsonWriter::quoted(std::string_view text) {
  out_ += '"';
  if (is_utf8(as_bytes(text))) {
    append_json_text(out_, text);
  } else {
    std::string valid;
    append_valid_utf8(valid, as_bytes(text));
    append_json_text(out_, valid);
  }
  out_ += '"';
}

JsonWriter& JsonWriter::begin() {
  comma();
  out_ += '{';
  first_ = true;
  return *this;
}

JsonWriter& JsonWriter::field(std::string_view name, std::string_view text) {
  key(name);
  quoted(text);
  return *this;
}

JsonWriter& JsonWriter::field(std::string_view name, std::uint64_t number) {
  key(name);
  const fmt::format_int digits(number);
  out_.append(digits.data(), digits.size());
  return *this;
}

JsonWriter& JsonWriter::decimal(std::string_view name, double number) {
  std::string digits = decimal_text(number, 4);
  digits.erase(digits.find_last_not_of('0') + 1);
  if (digits.back() == '.') digits.pop_back();
  return literal(name, digits);
}

JsonWriter& JsonWriter::literal(std::string_view name, std::string_view value) {
  key(name);
  out_ += value;
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

JsonWriter& JsonWriter::begin_object(std::string_view name) {
  key(name);
  out_ += '{';
  first_ = true;
  return *this;
}

JsonWriter& JsonWriter::begin_list(std::string_view name) {
  key(name);
  out_ += '[';
  first_ = true;
  return *this;
}

JsonWriter& JsonWriter::begin_list() {
  comma();
  out_ += '[';
  first_ = true;
  return *this;
}

JsonWriter& JsonWriter::element(std::string_view text) {
  comma();
  quoted(text);
  return *this;
}

JsonWriter& JsonWriter::literal_element(std::string_view value) {
  comma();
  out_ += value;
  return *this;
}

JsonWriter& JsonWriter::end_object() {
  out_ += '}';
  first_ = false;
  return *this;
}

JsonWriter& JsonWriter::end_list() {
  out_ += ']';
  first_ = false;
  return *this;
}

void JsonWriter::end() {
  out_ += "}\n";
  first_ = true;
}
