#include "json_members.h"

#include <algorithm>

#include "json_check.h"

namespace sse_tail {
namespace {

constexpr std::string_view kSpace = " \t\n\r";

}  // namespace

bool is_json(std::string_view json) {
  JsonCheck check;
  return check.take(json) && check.complete();
}

std::string_view trim_json(std::string_view json) {
  json.remove_prefix(std::min(json.find_first_not_of(kSpace), json.size()));
  return json.substr(0, json.find_last_not_of(kSpace) + 1);
}

JsonMembers::JsonMembers(std::string_view json) : json_(json), at_(1) {
  is_object_ = json.starts_with('{');
  if (!is_object_ && !json.starts_with('[')) at_ = json.size();
}

std::optional<JsonMembers::Member> JsonMembers::next() {
  skip_space();
  if (at_ < json_.size() && json_[at_] == ',') {
    ++at_;
    skip_space();
  }
  if (at_ + 1 >= json_.size()) return std::nullopt;  // the bracket at the end
  Member member;
  if (is_object_) {
    member.name = take_value();
    at_ = json_.find(':', at_);
    at_ = std::min(at_, json_.size() - 1) + 1;
    skip_space();
  }
  member.value = take_value();
  return member;
}

void JsonMembers::skip_space() {
  at_ = std::min(json_.find_first_not_of(kSpace, at_), json_.size());
}

/// Up to where the brackets and the quotation marks that begin here are closed, or a plain word
/// ends.
std::string_view JsonMembers::take_value() {
  const std::size_t begin = at_;
  std::size_t depth = 0;
  bool in_string = false;
  for (; at_ < json_.size(); ++at_) {
    const char c = json_[at_];
    if (in_string) {
      if (c == '\\') ++at_;
      if (c != '"') continue;
      in_string = false;
    } else if (c == '"') {
      in_string = true;
      continue;
    } else if (c == '{' || c == '[') {
      ++depth;
      continue;
    } else if (depth > 0) {
      if (c != '}' && c != ']') continue;
      --depth;
    } else {
      // A word or a number: it ends in front of what follows it.
      const bool over = c == ',' || c == '}' || c == ']' || kSpace.find(c) != kSpace.npos;
      if (over) break;
      continue;
    }
    if (depth > 0) continue;
    ++at_;
    break;
  }
  at_ = std::min(at_, json_.size());
  return json_.substr(begin, at_ - begin);
}

}  // namespace sse_tail
