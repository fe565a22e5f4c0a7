#include "cli/request_options.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "cli/escape.h"
#include "http/field.h"

namespace cli {
namespace {

/// One -H as curl reads it: `N: v`, `N;` for an empty value, `N:` to leave the field out.
Outcome add_header(std::string_view line, std::vector<HeaderChange>& headers) {
  while (!line.empty() && (line.back() == '\r' || line.back() == '\n')) line.remove_suffix(1);
  if (line.empty()) return std::nullopt;
  const std::size_t end = std::min(line.find_first_of(":;"), line.size());
  const std::string_view name = line.substr(0, end);
  const std::string_view value = end < line.size() ? trim_spaces(line.substr(end + 1)) : "";
  const bool empty_value = end < line.size() && line[end] == ';' && value.empty();
  const bool shaped = end < line.size() && (line[end] == ':' || empty_value);
  if (!shaped || !http::is_token(name) || !http::is_field_value(value)) {
    return failed(
        {fmt::format("option --header: \"{}\" is not NAME: VALUE", escape(line, Escape::line)),
         "one line per option; no line breaks or controls"});
  }
  HeaderChange& header = headers.emplace_back();
  header.name = name;
  if (!value.empty() || empty_value) header.value = value;
  return std::nullopt;
}

Outcome add_headers(std::string_view text, std::vector<HeaderChange>& headers) {
  if (!text.starts_with('@')) return add_header(text, headers);
  const auto content = read_file(std::string(text.substr(1)));
  if (!content) return failed(content.error(), Exit::read);
  std::string_view rest = *content;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    if (auto error = add_header(rest.substr(0, end), headers)) return error;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return std::nullopt;
}

}  // namespace

Outcome assign_field_value(const Value& value, std::string& target) {
  if (!http::is_field_value(value.text)) {
    return failed({fmt::format("option --{}: no line breaks or controls in a field value",
                               value.option->name),
                   {}});
  }
  target = value.text;
  return std::nullopt;
}

Outcome apply_request(const Value& value, RequestArgs& args) {
  const std::string_view name = value.option->name;
  if (name == "header") return add_headers(value.text, args.headers);
  if (name == "user-agent") return assign_field_value(value, args.user_agent);
  if (name == "user") args.user = value.text;
  if (name == "cookie") {
    if (value.text.find('=') == value.text.npos) {
      return failed({"option --cookie: give NAME=VALUE, several divided by \"; \"", {}});
    }
    return assign_field_value(value, args.cookie);
  }
  return std::nullopt;
}

}  // namespace cli
