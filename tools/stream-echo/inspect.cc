#include "inspect.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "base/base64.h"
#include "base/json_writer.h"
#include "base/text.h"
#include "http/url.h"
#include "policy.h"
#include "rec/json.h"

namespace stream_echo {
namespace {

constexpr std::string_view kRealm = "realm=\"stream-echo\"";

LateAnswer at_once(Refusal answer) {
  return {.answer = std::move(answer)};
}

LateAnswer json_answer(std::string json, std::string why) {
  return at_once({.answer = {.text = std::move(json), .content_type = "application/json"},
                  .why = std::move(why)});
}

LateAnswer bad_path(std::string_view rest, std::string_view wanted) {
  return at_once(refuse_with(400, fmt::format("{} is not {}", quoted(rest), wanted)));
}

/// As a list of `name` and `value`, so that order and repeats can be seen.
void write_fields(JsonWriter& json, http::Fields fields) {
  json.begin_list("headers");
  for (const http::Field& field : fields) {
    json.begin().field("name", field.name).field("value", field.value).end_object();
  }
  json.end_list();
}

/// A % that begins no %HH stands for itself.
std::string decoded(std::string_view text) {
  std::string plain;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto byte = text[at] == '%' ? http::percent_decoded(text.substr(at, 3)) : std::nullopt;
    plain += byte ? byte->front() : text[at];
    if (byte) at += 2;
  }
  return plain;
}

/// Likewise.
void write_query(JsonWriter& json, std::string_view query) {
  json.begin_list("args");
  for (const QueryItem& item : query_items(query)) {
    json.begin().field("name", decoded(item.name)).field("value", decoded(item.value)).end_object();
  }
  json.end_list();
}

/// The value alone in what the parser takes for JSON: it tolerates a byte order mark, and white
/// space around the value is RFC 8259 2's.
std::string_view bare_json(std::string_view text) {
  static constexpr std::string_view kMark = "\xEF\xBB\xBF";
  static constexpr std::string_view kSpace = " \t\r\n";
  if (text.starts_with(kMark)) text.remove_prefix(kMark.size());
  text.remove_prefix(text.find_first_not_of(kSpace));
  return text.substr(0, text.find_last_not_of(kSpace) + 1);
}

LateAnswer anything(const Seen& seen, std::string_view) {
  const http::Head& head = seen.head;
  std::string text;
  JsonWriter json(text);
  json.begin().field("method", head.method);
  json.field("url", url_of(head, seen.secure ? "https" : "http"));
  json.field("path", path_of(head.target));
  write_query(json, query_of(head.target));
  json.field("http", head.minor_version == 0 ? "1.0" : "1.1");
  write_fields(json, head.fields);
  json.payload(as_bytes(seen.body)).field("size", std::uint64_t{seen.body.size()});
  // As it was sent: to write it anew would sort keys, and lose those that come twice and digits.
  if (rec::parse_json(seen.body)) json.literal("json", bare_json(seen.body));
  json.field("origin", seen.peer).field("conn", seen.conn).end_object();
  return json_answer(std::move(text),
                     fmt::format("the request, with {}", count_text(seen.body.size(), "byte")));
}

LateAnswer headers(const Seen& seen, std::string_view) {
  std::string text;
  JsonWriter json(text);
  json.begin();
  write_fields(json, seen.head.fields);
  json.end_object();
  return json_answer(std::move(text), "the header fields");
}

/// The fields without which an answer of that status would be none (RFC 9110 15), and those that
/// clients look for. `size` is that of the body.
std::vector<ws::FieldLine> fields_of_status(unsigned status, std::size_t size) {
  switch (status) {
    case 206:
      return {{"Content-Range", fmt::format("bytes 0-{}/{}", size - 1, size)}};  // all of it
    case 416: return {{"Content-Range", fmt::format("bytes */{}", size)}};
    case 301:
    case 302:
    case 303:
    case 307:
    case 308: return {{"Location", "/anything"}};
    case 401: return {{"WWW-Authenticate", fmt::format("Basic {}", kRealm)}};
    case 405: return {{"Allow", "GET, HEAD, OPTIONS"}};
    case 407: return {{"Proxy-Authenticate", fmt::format("Basic {}", kRealm)}};
    case 426: return {{"Upgrade", "websocket"}};
    case 429:
    case 503: return {{"Retry-After", "1"}};
    default: return {};
  }
}

LateAnswer any_status(const Seen&, std::string_view rest) {
  const auto status = parse_integer(rest, 599);
  // RFC 9110 15: three digits; 15.2: behind one below 200 a client would wait for the real one.
  if (!status || *status < 200 || rest.size() != 3) {
    return bad_path(rest, "a status from 200 to 599");
  }
  const auto number = static_cast<unsigned>(*status);
  const std::string_view phrase = reason_phrase(number);
  Answer answer{.status = number, .text = std::to_string(number)};
  if (!phrase.empty()) answer.text += fmt::format(" {}", phrase);
  answer.fields = fields_of_status(number, answer.text.size() + 1);  // with its line end
  return at_once({.answer = std::move(answer), .why = "as the path asks"});
}

/// The status that `code=` names, 302 without one; nullopt: no redirect that a client follows.
/// `status=` is the name of a fault elsewhere.
std::optional<unsigned> redirect_status(std::string_view query) {
  static constexpr std::array<unsigned, 5> kStatuses = {301, 302, 303, 307, 308};
  unsigned status = 302;
  for (const QueryItem& item : query_items(query)) {
    if (item.name != "code") continue;
    const auto read = parse_integer(item.value, 399);
    if (!read || std::ranges::find(kStatuses, *read) == kStatuses.end()) return std::nullopt;
    status = static_cast<unsigned>(*read);
  }
  return status;
}

LateAnswer redirect(const Seen& seen, std::string_view rest) {
  const auto count = parse_integer(rest, kMaxRedirects);
  if (!count || *count == 0) {
    return bad_path(rest, fmt::format("a whole number from 1 to {}", kMaxRedirects));
  }
  const std::string_view query = query_of(seen.head.target);
  const auto status = redirect_status(query);
  if (!status) return at_once(refuse_with(400, "code: one of 301, 302, 303, 307, 308"));
  // A reference without a host (RFC 3986 4.2): it holds behind a proxy, too.
  std::string next = *count == 1 ? "/anything" : fmt::format("/redirect/{}", *count - 1);
  if (!query.empty()) next += fmt::format("?{}", query);
  Refusal answer{.answer = {.status = *status, .text = fmt::format("go on at {}", next)},
                 .why = fmt::format("{} to go", count_text(*count, "redirect"))};
  answer.answer.fields.push_back({"Location", std::move(next)});
  return at_once(std::move(answer));
}

/// What the client has of `scheme` (RFC 9110 11.6.2); empty: nothing.
std::string_view credentials(const http::Head& head, std::string_view scheme) {
  const http::Field* const field = http::find_field(head.fields, "Authorization");
  if (field == nullptr) return {};
  const std::size_t space = std::min(field->value.find(' '), field->value.size());
  if (!equals_ignoring_case(field->value.substr(0, space), scheme)) return {};
  return trim_spaces(field->value.substr(space));
}

LateAnswer ask_for(std::string_view scheme, std::string why) {
  Refusal answer = refuse_with(401, std::move(why));
  answer.answer.fields.push_back({"WWW-Authenticate", fmt::format("{} {}", scheme, kRealm)});
  return at_once(std::move(answer));
}

/// USER:PASSWORD, as RFC 7617 2 has it.
std::optional<std::string> basic_user(const http::Head& head) {
  const auto bytes = from_base64(credentials(head, "Basic"));
  if (!bytes || std::ranges::find(*bytes, std::uint8_t{':'}) == bytes->end()) return std::nullopt;
  return std::string(as_text(*bytes));
}

LateAnswer welcome(std::string_view key, std::string_view who, std::string_view why) {
  std::string text;
  JsonWriter(text).begin().flag("authenticated", true).field(key, who).end_object();
  return json_answer(std::move(text), std::string(why));
}

LateAnswer any_user(const Seen& seen, std::string_view) {
  const auto user = basic_user(seen.head);
  if (!user) return ask_for("Basic", "no user and password (Basic)");
  return welcome("user", user->substr(0, user->find(':')), "a user with a password");
}

LateAnswer one_user(const Seen& seen, std::string_view rest) {
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  const auto user = http::percent_decoded(rest.substr(0, slash));
  const auto password = http::percent_decoded(rest.substr(std::min(slash + 1, rest.size())));
  if (!user || !password || slash == rest.size()) {
    return at_once(refuse_with(400, "the path is /basic-auth/USER/PASSWORD"));
  }
  if (user->find(':') != user->npos) {
    return at_once(refuse_with(400, "RFC 7617 2: a user has no colon"));
  }
  if (basic_user(seen.head) != fmt::format("{}:{}", *user, *password)) {
    return ask_for("Basic", "not the user and password of the path (Basic)");
  }
  return welcome("user", *user, "the user and password of the path");
}

LateAnswer bearer(const Seen& seen, std::string_view) {
  const std::string_view token = credentials(seen.head, "Bearer");
  if (token.empty()) return ask_for("Bearer", "no token (Bearer)");  // RFC 6750 3
  return welcome("token", token, "a token");
}

LateAnswer delay(const Seen& seen, std::string_view rest) {
  const auto time = parse_duration(rest);
  if (!time || *time < Duration(0) || *time > kMaxDelay) {
    return bad_path(rest, "a time such as 1.5 or 250ms, at most 60 seconds");
  }
  return {.after = *time, .make = [seen] { return anything(seen, {}).answer; }};
}

LateAnswer health(const Seen& seen, std::string_view) {
  std::string text;
  JsonWriter json(text);
  json.begin().field("status", "ok");
  json.field("connections", std::uint64_t{seen.connection_count}).end_object();
  return json_answer(std::move(text), "in good health");
}

struct Row {
  std::string_view path = {};  ///< with a slash at the end: something follows
  LateAnswer (*answer)(const Seen& seen, std::string_view rest) = nullptr;
};
constexpr std::array kRows = {
    Row{"/anything", anything},    Row{"/anything/", anything}, Row{"/headers", headers},
    Row{"/status/", any_status},   Row{"/redirect/", redirect}, Row{"/basic-auth", any_user},
    Row{"/basic-auth/", one_user}, Row{"/bearer", bearer},      Row{"/delay/", delay},
    Row{"/health", health},
};

const Row* find_row(std::string_view path) {
  const auto* const row =
      std::ranges::find_if(kRows, [&](const Row& it) { return path_fits(it.path, path); });
  return row == kRows.end() ? nullptr : row;
}

}  // namespace

bool is_inspected(std::string_view path) {
  return find_row(path) != nullptr;
}

LateAnswer inspect(const Seen& seen) {
  const std::string_view path = path_of(seen.head.target);
  const Row* const row = find_row(path);
  CHECK(row != nullptr);
  return row->answer(seen, path.substr(row->path.size()));
}

}  // namespace stream_echo
