// The grammar of HTTP fields (RFC 9110 section 5): tokens, comma lists, parameters, and looking
// fields up by name. Works on views; whoever owns the head owns the text.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace http {

/// One field line as received; `value` is without surrounding space.
struct Field {
  std::string_view name;
  std::string_view value;
};
using Fields = std::span<const Field>;

bool is_token_char(char c);  ///< tchar of RFC 9110 5.6.2
bool is_token(std::string_view text);

/// VCHAR, SP, HTAB and obs-text only: what may stand in a field value (RFC 9110 5.5).
bool is_field_value(std::string_view text);

/// Names are compared without case (RFC 9110 5.1).
std::size_t count_fields(Fields fields, std::string_view name);
const Field* find_field(Fields fields, std::string_view name);  ///< the first one, or nullptr

/// The elements of all `name` fields as one list (RFC 9110 5.3, 5.6.1), trimmed, in order. A comma
/// inside a quoted string does not divide. Empty elements are kept as empty views.
std::vector<std::string_view> list_elements(Fields fields, std::string_view name);

/// Whether the list has `token` as an element, without case.
bool list_has_token(Fields fields, std::string_view name, std::string_view token);

/// Whether Accept has `media_type` by its name, not by a range such as `*/*`, and not with a weight
/// of 0, which says the opposite (RFC 9110 12.5.1, 12.4.2). Other parameters are not looked at.
bool accepts_by_name(Fields fields, std::string_view media_type);

/// `NAME; a; b=1; c="2"`, as Sec-WebSocket-Extensions lists them (RFC 6455 9.1).
struct Parameter {
  std::string name;
  std::optional<std::string> value;
};
struct Extension {
  std::string name;
  std::vector<Parameter> parameters;
};

/// nullopt when an element breaks the grammar: a name or an (unquoted) value that is no token.
std::optional<std::vector<Extension>> parse_extensions(const std::vector<std::string_view>& list);

}  // namespace http
