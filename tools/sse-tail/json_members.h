// Cuts values out of the text of a JSON document as they stand there: a number keeps its digits,
// an object the order of its members, which a parser keeps neither of.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace sse_tail {

/// `json` is one JSON value.
bool is_json(std::string_view json);

/// `json` without the white space of JSON around it.
std::string_view trim_json(std::string_view json);

/// The elements of an array or the members of an object, in their order.
class JsonMembers {
 public:
  /// Views into the document.
  struct Member {
    std::string_view name = {};  ///< with its quotation marks; in an array empty
    std::string_view value = {};
  };

  /// `json`, which must outlive it, has to be JSON (is_json) without white space around it. What is
  /// neither an array nor an object has no members.
  explicit JsonMembers(std::string_view json);

  std::optional<Member> next();

 private:
  void skip_space();
  std::string_view take_value();

  std::string_view json_;
  std::size_t at_ = 0;
  bool is_object_ = false;
};

}  // namespace sse_tail
