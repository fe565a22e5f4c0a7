// Whether a text that comes in pieces is one JSON value (RFC 8259) so far: it is read once and not
// kept, however long it grows. The pieces of a tool's arguments are looked at with it, to name the
// one that broke them.
#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sse_tail {

class JsonCheck {
 public:
  /// Deeper values count as broken: as deep as any JSON that the tools read.
  static constexpr std::size_t kMaxDepth = 512;

  /// False from the first character on that makes it no JSON, whatever follows. The text is taken
  /// for UTF-8.
  bool take(std::string_view piece);

  /// Nothing but white space has come.
  bool empty() const { return awaited_ == Awaited::value && depth_ == 0; }

  /// What has come is a value, and complete. A number that could go on is complete, too.
  bool complete() const;

 private:
  enum class Awaited : std::uint8_t {
    value,
    value_or_end,  // after [
    name_or_end,   // after {
    name,          // after a comma in an object
    colon,
    comma_or_end,
    nothing,    // the value is complete
    in_string,  // and what it is, is in in_name_
    escape,     // after a backslash
    hex,        // digits_ more
    word,       // the rest of true, false or null
    number,
    broken,
  };
  // Where in a number (RFC 8259 section 6).
  enum class Number : std::uint8_t { minus, zero, integer, point, fraction, e, sign, exponent };

  bool step(char c);
  bool begin_value(char c);
  bool open(bool object);
  bool close(bool object);
  bool in_number(char c);
  bool number_may_end() const;
  bool value_over();

  Awaited awaited_ = Awaited::value;
  Number number_ = Number::minus;
  bool in_name_ = false;
  unsigned digits_ = 0;
  std::string_view word_;           // what of it is still to come: part of a constant
  std::bitset<kMaxDepth> objects_;  // which of the open values are objects
  std::size_t depth_ = 0;
};

}  // namespace sse_tail
