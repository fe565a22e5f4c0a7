#include "http/field.h"

#include <algorithm>

#include "base/text.h"

namespace http {
namespace {

/// Cuts `text` at each `divider` that is not inside a quoted string; the parts are trimmed.
std::vector<std::string_view> split_unquoted(std::string_view text, char divider) {
  std::vector<std::string_view> parts;
  std::size_t begin = 0;
  bool quoted = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (quoted && c == '\\') {
      ++at;  // a quoted pair
    } else if (c == '"') {
      quoted = !quoted;
    } else if (c == divider && !quoted) {
      parts.push_back(trim_spaces(text.substr(begin, at - begin)));
      begin = at + 1;
    }
  }
  parts.push_back(trim_spaces(text.substr(begin)));
  return parts;
}

/// The text of a token or of a quoted string; nullopt when it is neither.
std::optional<std::string> unquote(std::string_view text) {
  if (text.empty() || text.front() != '"') return std::string(text);
  std::string plain;
  for (std::size_t at = 1; at < text.size(); ++at) {
    if (text[at] == '"') return at + 1 == text.size() ? std::optional(plain) : std::nullopt;
    if (text[at] == '\\') ++at;
    if (at < text.size()) plain += text[at];
  }
  return std::nullopt;  // no closing quote
}

std::optional<Parameter> parse_parameter(std::string_view text) {
  const std::size_t equals = text.find('=');
  Parameter parameter;
  parameter.name = trim_spaces(text.substr(0, equals));
  if (!is_token(parameter.name)) return std::nullopt;
  if (equals == text.npos) return parameter;
  parameter.value = unquote(trim_spaces(text.substr(equals + 1)));
  // RFC 6455 9.1: after unquoting, the value is still a token.
  if (!parameter.value || !is_token(*parameter.value)) return std::nullopt;
  return parameter;
}

/// The weight 0 (RFC 9110 12.4.2), as a parameter.
bool forbids(std::string_view parameter) {
  const std::size_t equals = std::min(parameter.find('='), parameter.size());
  if (!equals_ignoring_case(trim_spaces(parameter.substr(0, equals)), "q")) return false;
  const std::string_view weight = trim_spaces(parameter.substr(equals));
  return weight.starts_with("=0") && weight.find_first_not_of("=0.") == weight.npos;
}

}  // namespace

bool is_token_char(char c) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return is_ascii_alpha(c) || is_ascii_digit(c) || kMarks.find(c) != kMarks.npos;
}

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_token_char);
}

bool is_field_value(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte >= 0x20 && byte != 0x7F) || byte == '\t';
  });
}

std::size_t count_fields(Fields fields, std::string_view name) {
  return static_cast<std::size_t>(std::count_if(fields.begin(), fields.end(), [&](const Field& f) {
    return equals_ignoring_case(f.name, name);
  }));
}

const Field* find_field(Fields fields, std::string_view name) {
  for (const Field& field : fields) {
    if (equals_ignoring_case(field.name, name)) return &field;
  }
  return nullptr;
}

std::vector<std::string_view> list_elements(Fields fields, std::string_view name) {
  std::vector<std::string_view> elements;
  for (const Field& field : fields) {
    if (!equals_ignoring_case(field.name, name)) continue;
    const auto parts = split_unquoted(field.value, ',');
    elements.insert(elements.end(), parts.begin(), parts.end());
  }
  return elements;
}

bool list_has_token(Fields fields, std::string_view name, std::string_view token) {
  const auto elements = list_elements(fields, name);
  return std::any_of(elements.begin(), elements.end(), [&](std::string_view element) {
    return equals_ignoring_case(element, token);
  });
}

bool accepts_by_name(Fields fields, std::string_view media_type) {
  const auto ranges = list_elements(fields, "Accept");
  return std::any_of(ranges.begin(), ranges.end(), [&](std::string_view range) {
    const auto parts = split_unquoted(range, ';');
    return equals_ignoring_case(parts.front(), media_type) &&
           std::none_of(parts.begin() + 1, parts.end(), forbids);
  });
}

std::optional<std::vector<Extension>> parse_extensions(const std::vector<std::string_view>& list) {
  std::vector<Extension> extensions;
  for (const std::string_view element : list) {
    if (element.empty()) continue;  // RFC 9110 5.6.1.2: a recipient ignores empty elements
    const auto parts = split_unquoted(element, ';');
    Extension& extension = extensions.emplace_back();
    extension.name = parts.front();
    if (!is_token(extension.name)) return std::nullopt;
    for (std::size_t i = 1; i < parts.size(); ++i) {
      auto parameter = parse_parameter(parts[i]);
      if (!parameter) return std::nullopt;
      extension.parameters.push_back(std::move(*parameter));
    }
  }
  return extensions;
}

}  // namespace http
