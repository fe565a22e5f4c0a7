#include "options.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "cli/escape.h"
#include "cli/help.h"
#include "cli/tls_options.h"
#include "cli/write_out.h"
#include "http/field.h"
#include "id_file.h"
#include "json_pointer.h"
#include "net/tls_files.h"
#include "option_table.h"

namespace sse_tail {
namespace {

using cli::assign;
using cli::failed;
using cli::Outcome;

/// As curl does it: parts of a form are joined with &, those of a JSON text follow each other, and
/// of a file -d drops CR, LF and NUL.
Outcome add_body(const cli::Value& value, Args& args) {
  const std::string_view option = value.option->name;
  std::string data = value.text;
  if (option != "data-raw" && value.text.starts_with('@')) {
    auto content = cli::read_file(value.text.substr(1));
    if (!content) return failed(content.error(), cli::Exit::read);
    data = std::move(*content);
    if (option == "data") {
      std::erase_if(data, [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
    }
  }
  const bool json = option == "json";
  if (json) args.json_body = true;
  if (args.body && !json) *args.body += '&';
  if (!args.body) args.body.emplace();
  *args.body += data;
  return std::nullopt;
}

Outcome assign_method(const std::string& text, std::string& method) {
  if (!http::is_token(text)) {
    return failed({fmt::format("option --request: \"{}\" is not a method",
                               cli::escape(text, cli::Escape::line)),
                   {}});
  }
  method = text;
  return std::nullopt;
}

Outcome apply_request(const cli::Value& value, Args& args) {
  const std::string_view name = value.option->name;
  if (name == "request") return assign_method(value.text, args.method);
  if (name == "data" || name == "data-raw" || name == "data-binary" || name == "json") {
    return add_body(value, args);
  }
  if (name == "http1.1") args.version = net::HttpVersion::http1;
  if (name == "http2") args.version = net::HttpVersion::http2;
  return cli::apply_request(value, args.request);
}

Outcome apply_events(const cli::Value& value, Args& args) {
  const std::string_view name = value.option->name;
  if (name == "to") return cli::assign_choice(value, args.to.emplace());
  if (name == "full") args.full = true;
  if (name == "event") args.types.push_back(value.text);
  if (name == "comments") args.comments = true;
  if (name == "each") args.each = value.text;
  if (name == "max-event") return assign(cli::size(name, value.text, 1), args.max_event);
  if (name == "any-type") args.any_type = true;
  return std::nullopt;
}

Outcome apply_model(const cli::Value& value, Args& args) {
  if (value.option->name == "llm") {
    const auto known = cli::choice(*value.option, value.text);
    if (!known) return failed(known.error());
    args.llm = value.text;
    return std::nullopt;
  }
  if (!JsonPointer::parse(value.text)) {
    return failed({fmt::format("option --pointer: \"{}\" is no JSON Pointer",
                               cli::escape(value.text, cli::Escape::line)),
                   "it begins with a slash, and ~ is written ~0, as in /a/b/0"});
  }
  args.pointers.push_back(value.text);
  return std::nullopt;
}

/// What has a line end or NUL in it, no stream can have as an ID (HTML 9.2.6).
Outcome assign_id(const std::string& text, std::string& id) {
  if (text.find_first_of(std::string_view("\r\n\0", 3)) != text.npos) {
    return failed({"option --last-event-id: an ID has no line ends", {}});
  }
  id = text;
  return std::nullopt;
}

Outcome apply_reconnecting(const cli::Value& value, Args& args) {
  const std::string_view name = value.option->name;
  if (name == "last-event-id") return assign_id(value.text, args.last_event_id);
  if (name == "id-file") return assign(cli::output_file(name, value.text), args.id_file);
  if (name == "no-reconnect") args.policy.once = true;
  if (name == "strict") args.policy.strict = true;
  if (name == "retry-delay") {
    return assign(cli::duration(name, value.text), args.policy.reconnection_time);
  }
  if (name == "retry") {
    return assign(cli::integer(name, value.text, 0, UINT32_MAX),
                  args.policy.max_failures.emplace());
  }
  return std::nullopt;
}

Outcome apply_end(const cli::Value& value, Args& args) {
  const std::string_view name = value.option->name;
  if (name == "count") return assign(cli::integer(name, value.text, 1), args.count.emplace());
  if (name == "until-data") args.until_data.push_back(value.text);
  if (name == "until-event") args.until_event.push_back(value.text);
  if (name == "idle-timeout") return cli::assign_limit(value, args.idle_timeout);
  return std::nullopt;
}

Outcome apply_timing(const cli::Value& value, Args& args) {
  const std::string_view name = value.option->name;
  if (name == "timing") args.timing = true;
  if (name == "stall") return assign(cli::duration(name, value.text), args.stall);
  if (name == "repeat") return assign(cli::integer(name, value.text, 1), args.repeat);
  if (name == "fail-if") return assign(parse_fail_if(value.text), args.fail_if.emplace_back());
  if (name == "write-out") {
    auto format = cli::read_out_format(value.text);
    if (!format) return failed(format.error(), cli::Exit::read);
    args.write_out = std::move(*format);
  }
  return std::nullopt;
}

Outcome apply(const cli::Value& value, Args& args) {
  const std::string_view group = value.option->group;
  if (group == kRequestGroup) return apply_request(value, args);
  if (group == kEventsGroup) return apply_events(value, args);
  if (group == kModelGroup) return apply_model(value, args);
  if (group == kReconnectGroup) return apply_reconnecting(value, args);
  if (group == kEndGroup) return apply_end(value, args);
  if (group == kTimingGroup) return apply_timing(value, args);
  if (group == cli::kConnectionGroup) return cli::apply_connection(value, args.connection);
  if (group == cli::kTlsGroup) cli::apply_tls(value, args.tls);
  if (value.option->name == "stats") args.stats = true;
  return cli::apply_talk(value, args.talk);
}

/// A fragment is no part of a request, in a browser neither.
Outcome take_url(std::string_view text, Args& args) {
  auto url = http::parse_url(text.substr(0, text.find('#')), "http");
  if (!url) return failed(url.error(), cli::Exit::url);
  if (url->scheme != "http" && url->scheme != "https") {
    return failed({fmt::format("bad URL: {}:// is not for event streams", url->scheme),
                   "ws-cat speaks WebSocket"},
                  cli::Exit::url);
  }
  args.url = std::move(*url);
  if (!args.request.user && args.url.user) {
    args.request.user = *args.url.user + ":" + args.url.password.value_or("");
  }
  return std::nullopt;
}

/// OpenSSL looks into the folder when it wants a certificate, and then misses only that.
Outcome check_authorities(const cli::Parsed& parsed, const Args& args) {
  const auto named = cli::check_authorities(parsed);
  if (!named) return failed(named.error(), cli::Exit::ca_file);
  if (args.tls.insecure || args.tls.ca_path.empty()) return std::nullopt;
  const auto folder = net::check_folder(args.tls.ca_path);
  return folder ? std::nullopt : failed(folder.error(), cli::Exit::ca_file);
}

/// -H 'Last-Event-ID: 7', as browsers copy a request for curl, is where to begin, and not what to
/// send each time. Whether it is there.
bool take_id_field(Args& args, std::string& id) {
  const auto is_one = [](const cli::HeaderChange& field) {
    return equals_ignoring_case(field.name, "Last-Event-ID") && field.value;
  };
  bool found = false;
  for (const cli::HeaderChange& field : args.request.headers) {
    if (!is_one(field)) continue;
    id = *field.value;
    found = true;
  }
  std::erase_if(args.request.headers, is_one);
  return found;
}

/// The last event ID to begin with: the command line wins over the file.
Outcome choose_id(const cli::Parsed& parsed, Args& args) {
  std::string id;
  const bool in_field = take_id_field(args, id);
  const bool in_option = parsed.has("last-event-id");
  if (in_field && !in_option) {
    if (auto error = assign_id(id, args.last_event_id)) return error;
  }
  if (args.id_file.empty()) return std::nullopt;
  auto kept = read_id_file(args.id_file);
  if (!kept) return failed(kept.error(), cli::Exit::read);
  args.kept_id = std::move(*kept);
  if (!in_field && !in_option) args.last_event_id = args.kept_id;
  return std::nullopt;
}

/// What depends on several options.
Outcome conclude(const cli::Parsed& parsed, Args& args) {
  if (args.body && !parsed.has("request")) args.method = "POST";
  if (args.method != "GET" && !parsed.has("retry-post")) args.policy.once = true;
  if (args.repeat > 1) args.policy.until_clean_end = true;  // or there would be no next run
  if (parsed.has("retry-delay")) {
    args.policy.least_wait = std::min(args.policy.least_wait, args.policy.reconnection_time);
  }
  if (args.to == Format::text && !args.has_text()) args.llm = "auto";
  if (args.repeat > 1 && !args.id_file.empty()) {
    return failed({"options --repeat and --id-file exclude each other", "every run begins alike"});
  }
  return choose_id(parsed, args);
}

}  // namespace

const std::array<std::span<const cli::Option>, 12> kGroups = {
    kEventOptions,     kModelOptions,  kFieldOptions,     kRequestOptions,
    kReconnectOptions, kEndOptions,    kTimingOptions,    cli::kConnectionOptions,
    cli::kTlsOptions,  kOutputOptions, cli::kTalkOptions, cli::kRecordOptions};

const cli::Tool kTool = {.name = "sse-tail",
                         .summary = "tail -f for Server-Sent Events",
                         .usage = "[OPTIONS] URL",
                         .groups = kGroups,
                         .min_operands = 1,
                         .max_operands = 1,
                         .operand = "URL"};

std::variant<Args, cli::ArgsError> read_args(const cli::Parsed& parsed) {
  Args args;
  args.request.user_agent = cli::product(kTool);
  for (const cli::Value& value : parsed.values) {
    if (auto error = apply(value, args)) return *error;
  }
  if (const auto paired = cli::check_identity(parsed); !paired) return *failed(paired.error());
  if (auto error = take_url(parsed.operands.front(), args)) return *error;
  if (args.url.secure()) {
    if (auto error = check_authorities(parsed, args)) return *error;
  }
  if (auto error = conclude(parsed, args)) return *error;
  return args;
}

}  // namespace sse_tail
