#include "options.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "base/utf8.h"
#include "cli/help.h"
#include "cli/tls_options.h"
#include "http/field.h"
#include "net/tls_files.h"
#include "option_table.h"

namespace ws_cat {
namespace {

using cli::assign;
using cli::assign_choice;
using cli::assign_duration;
using cli::failed;
using cli::Outcome;

/// -d, --data-raw, --json, --data-binary. Of a file, -d drops CR, LF and NUL, as curl does.
Outcome add_message(const cli::Value& value, Args& args) {
  const std::string_view option = value.option->name;
  const bool from_file = option != "data-raw" && value.text.starts_with('@');
  GivenMessage message;
  message.data = value.text;
  if (from_file) {
    auto content = cli::read_file(value.text.substr(1));
    if (!content) return failed(content.error(), cli::Exit::read);
    message.data = std::move(*content);
    if (option == "data") {
      std::erase_if(message.data, [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
    }
  }
  if (option == "data-binary") message.kind = ws::MessageKind::binary;
  if (message.kind == ws::MessageKind::text && !is_utf8(as_bytes(message.data))) {
    return failed({fmt::format("option --{}: a text message must be valid UTF-8", option),
                   "--data-binary sends any bytes as a binary message"});
  }
  args.messages.push_back(std::move(message));
  return std::nullopt;
}

std::optional<ws::CloseCode> parse_code(std::string_view text) {
  const auto number = parse_integer(text, UINT16_MAX);
  return number ? std::optional(static_cast<ws::CloseCode>(*number)) : std::nullopt;
}

Outcome assign_close(std::string_view text, Args& args) {
  const std::size_t colon = std::min(text.find(':'), text.size());
  const auto number = parse_code(text.substr(0, colon));
  if (!number || (!ws::may_be_sent(*number) && *number != ws::code::kNoStatus)) {
    return failed({fmt::format("option --close: \"{}\" is not a close code that may be sent",
                               text.substr(0, colon)),
                   "1000-1003, 1007-1014, 3000-4999, or 1005 for a Close without a code"});
  }
  const std::string_view reason = colon < text.size() ? text.substr(colon + 1) : "";
  if (reason.size() > ws::kMaxReasonSize || !is_utf8(as_bytes(reason))) {
    return failed(
        {fmt::format("option --close: a reason is at most {} bytes of UTF-8", ws::kMaxReasonSize),
         {}});
  }
  if (*number == ws::code::kNoStatus && !reason.empty()) {
    return failed({"option --close: 1005 sends no code, and so no reason either", {}});
  }
  args.close_code = *number;
  args.close_reason = reason;
  return std::nullopt;
}

/// `1011,4000-4999`
Outcome add_codes(const cli::Value& value, CloseCodes& codes) {
  std::string_view rest = value.text;
  while (true) {
    const std::size_t comma = rest.find(',');
    const std::string_view item = rest.substr(0, comma);
    const std::size_t dash = item.find('-');
    const auto first = parse_code(item.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : parse_code(item.substr(dash + 1));
    if (!first || !last || *last < *first) {
      return failed({fmt::format("option --{}: \"{}\" is not a code or a range of codes",
                                 value.option->name, item),
                     "for example 1011,4000-4999"});
    }
    codes.emplace_back(*first, *last);
    if (comma == std::string_view::npos) return std::nullopt;
    rest = rest.substr(comma + 1);
  }
}

Outcome add_protocol(std::string_view text, Args& args) {
  if (!http::is_token(text)) {
    return failed({fmt::format("option --subprotocol: \"{}\" is not a token",
                               cli::escape(text, cli::Escape::line)),
                   "no space, comma or slash; repeat the option for several"});
  }
  args.protocols.emplace_back(text);
  return std::nullopt;
}

/// `--deflate`, or `--deflate=PARAMETERS`.
Outcome assign_deflate(const std::string& text, Args& args) {
  args.compress_all = true;
  args.deflate = ws::kUsualOffer;
  if (text.empty()) return std::nullopt;
  const auto offer = ws::parse_deflate_offer(text);
  if (!offer) {
    return failed(
        {fmt::format("option --deflate: {}", cli::escape(offer.error().message, cli::Escape::line)),
         offer.error().hint});
  }
  args.deflate = *offer;
  return std::nullopt;
}

Outcome apply_handshake(const cli::Value& value, Args& args) {
  const std::string_view name = value.option->name;
  if (name == "origin") return cli::assign_field_value(value, args.origin.emplace());
  if (name == "subprotocol") return add_protocol(value.text, args);
  if (name == "deflate") return assign_deflate(value.text, args);
  if (name == "no-deflate") {
    args.deflate.reset();
    args.compress_all = false;
  }
  return cli::apply_request(value, args.request);
}

Outcome apply_messages(const cli::Value& value, Args& args) {
  const std::string_view name = value.option->name;
  if (name == "binary") args.binary = true;
  if (name == "from") return assign_choice(value, args.from);
  if (name == "to") return assign_choice(value, args.to);
  if (name == "count") return assign(cli::integer(name, value.text, 1), args.count.emplace());
  if (name == "max-message") return assign(cli::size(name, value.text), args.max_message);
  if (name == "eof-wait") {
    if (value.text != "inf") return assign_duration(value, args.eof_wait);
    args.eof_wait.reset();
  }
  return std::nullopt;
}

Outcome assign_ping_timeout(const cli::Value& value, Args& args) {
  if (auto error = assign(cli::duration(value.option->name, value.text), args.ping_timeout)) {
    return error;
  }
  if (args.ping_timeout > Duration(0)) return std::nullopt;
  return failed({"option --ping-timeout: no pong can come in no time", {}});
}

Outcome apply_close(const cli::Value& value, Args& args) {
  const std::string_view name = value.option->name;
  if (name == "close") return assign_close(value.text, args);
  if (name == "fail-on-close") return add_codes(value, args.fail_on_close);
  if (name == "ok-close") return add_codes(value, args.ok_close);
  if (name == "ping-interval") return assign(cli::duration(name, value.text), args.ping_interval);
  if (name == "ping-timeout") return assign_ping_timeout(value, args);
  return std::nullopt;
}

Outcome apply_output(const cli::Value& value, Args& args) {
  const std::string_view name = value.option->name;
  if (name == "show-control") args.show_control = true;
  if (name == "stats") args.stats = true;
  return cli::apply_talk(value, args.talk);
}

/// `--dribble`, or `--dribble=SIZE/TIME`.
Outcome assign_dribble(const cli::Value& value, std::optional<Slices>& target) {
  target = value.text.empty() ? Slices{.size = 1, .pause = std::chrono::milliseconds(10)}
                              : parse_slices(value.text);
  if (target) return std::nullopt;
  return failed({fmt::format("option --dribble: \"{}\" is not SIZE/TIME",
                             cli::escape(value.text, cli::Escape::line)),
                 "for example 1B/10ms"});
}

Outcome apply_odd(const cli::Value& value, Args& args) {
  const std::string_view name = value.option->name;
  if (name == "fragment") return assign(cli::size(name, value.text, 1), args.fragment);
  if (name == "dribble") return assign_dribble(value, args.dribble);
  return std::nullopt;
}

Outcome apply(const cli::Value& value, Args& args) {
  const std::string_view group = value.option->group;
  if (group == kHandshakeGroup) return apply_handshake(value, args);
  if (group == cli::kConnectionGroup) return cli::apply_connection(value, args.connection);
  if (group == kCloseGroup) return apply_close(value, args);
  if (group == kOddGroup) return apply_odd(value, args);
  if (group == cli::kTlsGroup) {
    cli::apply_tls(value, args.tls);
    return std::nullopt;
  }
  if (group == cli::kOutputGroup) return apply_output(value, args);
  const std::string_view name = value.option->name;
  const bool is_message =
      name == "data" || name == "data-raw" || name == "json" || name == "data-binary";
  return is_message ? add_message(value, args) : apply_messages(value, args);
}

Outcome take_url(const std::string& text, Args& args) {
  auto url = http::parse_url(text, "ws");
  if (!url) return failed(url.error(), cli::Exit::url);
  args.url = std::move(*url);
  args.url.scheme = args.url.secure() ? "wss" : "ws";
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

}  // namespace

const std::array<std::span<const cli::Option>, 10> kGroups = {
    kMessageOptions,   kRequestOptions,    kHandshakeOptions, cli::kConnectionOptions,
    cli::kTlsOptions,  kCloseOptions,      kOddOptions,       kOutputOptions,
    cli::kTalkOptions, cli::kRecordOptions};

const cli::Tool kTool = {.name = "ws-cat",
                         .summary = "WebSocket client for a terminal, a pipe or a script",
                         .usage = "[OPTIONS] URL",
                         .groups = kGroups,
                         .min_operands = 1,
                         .max_operands = 1,
                         .operand = "URL"};

bool contains(const CloseCodes& codes, ws::CloseCode code) {
  return std::any_of(codes.begin(), codes.end(), [&](const auto& range) {
    return range.first <= code && code <= range.second;
  });
}

std::variant<Args, cli::ArgsError> read_args(const cli::Parsed& parsed) {
  Args args;
  args.max_message = ws::MessageLimits{}.max_message;
  args.ping_timeout = std::chrono::seconds(20);
  args.request.user_agent = cli::product(kTool);
  for (const cli::Value& value : parsed.values) {
    if (auto error = apply(value, args)) return *error;
  }
  if (const auto paired = cli::check_identity(parsed); !paired) return *failed(paired.error());
  if (auto error = take_url(parsed.operands.front(), args)) return *error;
  if (args.url.secure()) {
    if (auto error = check_authorities(parsed, args)) return *error;
  }
  // Who looks at the wire, or writes on it, wants to read there what the messages say.
  const bool wire = args.from == Format::wire || args.to == Format::wire;
  if (wire && !args.compress_all) args.deflate.reset();
  // With messages on the command line, input is read only from a person at a terminal.
  args.read_stdin = args.messages.empty() || isatty(STDIN_FILENO) == 1;
  return args;
}

}  // namespace ws_cat
