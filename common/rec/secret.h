// What a secret looks like from outside: the names of fields and parameters that hold one, and
// texts that nobody would choose as a name. For rec/redact. It is a matter of judgement: the lists
// are made of what servers and clients really use.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace rec {

/// A name as it arrives, letter by letter: its letters and digits in lower case, so that
/// `X-Api-Key`, `x_api_key` and `xApiKey` are one. Of a long name the end is kept.
class Name {
 public:
  void clear() { size_ = 0; }
  void add(char c);
  std::string_view text() const { return {text_.data(), size_}; }

 private:
  std::array<char, 48> text_ = {};
  std::size_t size_ = 0;
};

/// Whether the value of a query parameter of this name is a secret: `token`, `api_key`, `sig` ...
bool is_secret_name(std::string_view name);

/// The same for a header field: those, and Authorization, Cookie and their like.
bool is_secret_field(std::string_view name);

/// Tells random letters and digits from words, letter by letter. It takes about six of them until
/// it is sure.
class RandomSpotter {
 public:
  void clear() { *this = {}; }

  /// True from the letter on with which it became sure.
  bool add(char c);

 private:
  enum class Class { other, digit, lower, upper };
  static Class class_of(char c);

  Class last_ = Class::other;
  int score_ = 0;
};

}  // namespace rec
