// Writes one JSON object after another into a string, keys in the order they are given, valid JSON
// whatever the bytes. Every line of `--to jsonl` is made here, and every JSON answer of a server;
// reading JSON is done elsewhere.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"

/// Appends `text` as the inside of a JSON string: quotes, backslashes and controls escaped.
/// `text` must be valid UTF-8. DEL, the C1 and the bidirectional controls are escaped too, so that
/// a line of JSON is safe on a terminal, and the separators U+2028 and U+2029, so that it is one
/// line to everybody.
void append_json_text(std::string& out, std::string_view text);

class JsonWriter {
 public:
  /// Appends to `out`, which must outlive the writer. begin() opens the object. Keys are ours: they
  /// are written as they stand.
  explicit JsonWriter(std::string& out) : out_(out) {}

  /// Opens an object: a line, a whole value, or the next element of a list.
  JsonWriter& begin();
  /// What is not UTF-8 in `text` becomes U+FFFD.
  JsonWriter& field(std::string_view key, std::string_view text);
  JsonWriter& field(std::string_view key, const char* text) {
    return field(key, std::string_view(text));
  }
  JsonWriter& field(std::string_view key, std::uint64_t number);
  /// Rounded as decimal_text() has it, with four decimals; zeros at the end are left out.
  JsonWriter& decimal(std::string_view key, double number);
  /// `value` is JSON already, and is written as it stands: a number, null, what was made elsewhere.
  JsonWriter& literal(std::string_view key, std::string_view value);
  JsonWriter& flag(std::string_view key, bool value);

  /// `"data"` when `bytes` is valid UTF-8, else `"base64"`.
  JsonWriter& payload(ConstBytes bytes);

  /// An object or a list inside of this one; the same kind of end closes it.
  JsonWriter& begin_object(std::string_view key);
  JsonWriter& begin_list(std::string_view key);
  JsonWriter& begin_list();  ///< a whole value
  JsonWriter& element(std::string_view text);
  JsonWriter& literal_element(std::string_view value);
  JsonWriter& end_object();
  JsonWriter& end_list();

  /// Closes the object and ends the line.
  void end();

 private:
  void comma();
  void key(std::string_view name);
  void quoted(std::string_view text);

  std::string& out_;
  bool first_ = true;
};
