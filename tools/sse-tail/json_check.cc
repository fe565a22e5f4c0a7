#include "json_check.h"

#include "base/text.h"

namespace sse_tail {
namespace {

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

bool is_hex(char c) {
  return is_ascii_digit(c) || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'f');
}

}  // namespace

bool JsonCheck::take(std::string_view piece) {
  for (const char c : piece) {
    if (awaited_ == Awaited::broken || !step(c)) {
      awaited_ = Awaited::broken;
      return false;
    }
  }
  return awaited_ != Awaited::broken;
}

bool JsonCheck::complete() const {
  return awaited_ == Awaited::nothing ||
         (awaited_ == Awaited::number && depth_ == 0 && number_may_end());
}

bool JsonCheck::step(char c) {
  switch (awaited_) {
    case Awaited::in_string:
      if (c == '"') {
        if (!in_name_) return value_over();
        awaited_ = Awaited::colon;
      } else if (c == '\\') {
        awaited_ = Awaited::escape;
      }
      return static_cast<std::uint8_t>(c) >= 0x20;
    case Awaited::escape:
      awaited_ = c == 'u' ? Awaited::hex : Awaited::in_string;
      digits_ = 4;
      return c == 'u' || std::string_view("\"\\/bfnrt").find(c) != std::string_view::npos;
    case Awaited::hex:
      if (--digits_ == 0) awaited_ = Awaited::in_string;
      return is_hex(c);
    case Awaited::word:
      if (c != word_.front()) return false;
      word_.remove_prefix(1);
      return !word_.empty() || value_over();
    case Awaited::number:
      if (in_number(c)) return true;
      if (!number_may_end() || !value_over()) return false;
      break;  // and `c` comes after it
    default: break;
  }
  if (is_space(c)) return true;
  switch (awaited_) {
    case Awaited::value_or_end:
      if (c == ']') return close(false);
      [[fallthrough]];
    case Awaited::value: return begin_value(c);
    case Awaited::name_or_end:
      if (c == '}') return close(true);
      [[fallthrough]];
    case Awaited::name:
      awaited_ = Awaited::in_string;
      in_name_ = true;
      return c == '"';
    case Awaited::colon: awaited_ = Awaited::value; return c == ':';
    case Awaited::comma_or_end:
      if (c != ',') return (c == '}' || c == ']') && close(c == '}');
      awaited_ = objects_[depth_ - 1] ? Awaited::name : Awaited::value;
      return true;
    default: return false;
  }
}

bool JsonCheck::begin_value(char c) {
  switch (c) {
    case '{': return open(true);
    case '[': return open(false);
    case '"':
      awaited_ = Awaited::in_string;
      in_name_ = false;
      return true;
    case 't': word_ = "rue"; break;
    case 'f': word_ = "alse"; break;
    case 'n': word_ = "ull"; break;
    default:
      awaited_ = Awaited::number;
      number_ = c == '-' ? Number::minus : c == '0' ? Number::zero : Number::integer;
      return c == '-' || is_ascii_digit(c);
  }
  awaited_ = Awaited::word;
  return true;
}

bool JsonCheck::open(bool object) {
  if (depth_ == kMaxDepth) return false;
  objects_[depth_++] = object;
  awaited_ = object ? Awaited::name_or_end : Awaited::value_or_end;
  return true;
}

bool JsonCheck::close(bool object) {
  if (depth_ == 0 || objects_[depth_ - 1] != object) return false;
  --depth_;
  return value_over();
}

bool JsonCheck::value_over() {
  awaited_ = depth_ == 0 ? Awaited::nothing : Awaited::comma_or_end;
  return true;
}

bool JsonCheck::number_may_end() const {
  return number_ == Number::zero || number_ == Number::integer || number_ == Number::fraction ||
         number_ == Number::exponent;
}

/// Whether the number goes on with `c`.
bool JsonCheck::in_number(char c) {
  const bool digit = is_ascii_digit(c);
  const bool e = c == 'e' || c == 'E';
  switch (number_) {
    case Number::minus:
      if (digit) number_ = c == '0' ? Number::zero : Number::integer;
      return digit;
    case Number::integer:
      if (digit) return true;
      [[fallthrough]];
    case Number::zero:
      if (c != '.' && !e) return false;
      number_ = e ? Number::e : Number::point;
      return true;
    case Number::point:
      if (digit) number_ = Number::fraction;
      return digit;
    case Number::fraction:
      if (e) number_ = Number::e;
      return digit || e;
    case Number::e:
      if (digit) number_ = Number::exponent;
      if (c == '+' || c == '-') number_ = Number::sign;
      return digit || number_ == Number::sign;
    case Number::sign:
      if (digit) number_ = Number::exponent;
      return digit;
    case Number::exponent: return digit;
  }
  return false;
}

}  // namespace sse_tail
