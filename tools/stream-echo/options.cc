#include "options.h"

#include <array>
#include <span>
#include <string_view>

#include <fmt/format.h>

#include "cli/escape.h"
#include "cli/value.h"
#include "endpoint.h"
#include "http/field.h"
#include "option_table.h"

namespace stream_echo {
namespace {

using cli::Parsed;

constexpr std::array<std::span<const cli::Option>, 9> kGroups = {
    kListeningOptions, kAccessOptions,  kTlsOptions,    kWebSocketOptions,  kEventOptions,
    kFaultOptions,     kTestingOptions, kOutputOptions, cli::kRecordOptions};

Error bad_value(std::string_view option, std::string_view text, std::string_view wanted) {
  return {fmt::format("option --{}: \"{}\" is not {}", option, cli::escape(text, cli::Escape::line),
                      wanted),
          {}};
}

Error conflict(std::string_view option, std::string_view other) {
  return {fmt::format("option --{}: cannot be combined with --{}", option, other), {}};
}

Result<void> read_address(const Parsed& parsed, Args& args) {
  const auto unix_path = parsed.last("unix");
  for (const std::string_view other : {"host", "port", "port-file"}) {
    if (unix_path && parsed.has(other)) return conflict("unix", other);
  }
  if (unix_path && unix_path->empty()) return bad_value("unix", "", "a path");
  if (const auto host = parsed.last("host"); host && host->empty()) {
    return Error{"option --host: needs an address",
                 "0.0.0.0 and :: are all addresses of this machine"};
  }
  const auto port = cli::integer("port", parsed.last("port").value_or(kDefaultPort), 0, UINT16_MAX);
  if (!port) return port.error();
  args.address.unix_path = unix_path.value_or("");
  args.address.host = parsed.last("host").value_or("");
  args.address.port = static_cast<std::uint16_t>(*port);
  args.port_file = parsed.last("port-file").value_or("");
  return {};
}

Result<void> read_policy(const Parsed& parsed, Args& args) {
  Policy& policy = args.server.policy;
  policy.any_path = parsed.has("any-path");
  policy.deflate = !parsed.has("no-deflate");
  if (!args.address.host.empty()) policy.hosts.push_back(args.address.host);
  for (const std::string_view text : parsed.all("allow-host")) {
    const auto host = http::parse_authority(text);
    if (!host) return bad_value("allow-host", text, "a host name or address");
    policy.hosts.emplace_back(host->host);
  }
  for (const std::string_view text : parsed.all("allow-origin")) {
    auto rule = parse_origin_rule(text);
    if (!rule) return Error{fmt::format("option --allow-origin: {}", rule.error().message), {}};
    policy.origins.push_back(std::move(*rule));
  }
  for (const std::string_view text : parsed.all("subprotocol")) {
    // RFC 6455 4.1 (10)
    if (!http::is_token(text)) return bad_value("subprotocol", text, "a token");
    policy.protocols.emplace_back(text);
  }
  return {};
}

/// Whoever names a certificate wants TLS.
Result<void> read_tls(const Parsed& parsed, Args& args) {
  TlsArgs& tls = args.tls;
  for (const std::string_view option : {"cert", "key", "client-ca", "ca-out"}) {
    const auto file = parsed.last(option);
    if (file && file->empty()) return bad_value(option, "", "a file");
    tls.on = tls.on || file;
  }
  tls.on = tls.on || parsed.has("tls");
  tls.certificate = parsed.last("cert").value_or("");
  tls.key = parsed.last("key").value_or("");
  tls.client_ca = parsed.last("client-ca").value_or("");
  tls.ca_out = parsed.last("ca-out").value_or("");
  if (!tls.ca_out.empty() && !tls.certificate.empty()) return conflict("ca-out", "cert");
  if (!tls.key.empty() && tls.certificate.empty()) {
    return Error{"option --key: there is no --cert for it", {}};
  }
  // What a client may ask for (read_policy() has put the names of the options in).
  tls.hosts = {"localhost", "127.0.0.1", "::1"};
  const std::vector<std::string>& more = args.server.policy.hosts;
  tls.hosts.insert(tls.hosts.end(), more.begin(), more.end());
  args.server.policy.secure = tls.on;
  return {};
}

Result<void> read_limits(const Parsed& parsed, Args& args) {
  ws::Settings& websocket = args.server.websocket;
  const auto interval =
      cli::duration("ping-interval", parsed.last("ping-interval").value_or(kDefaultPingInterval));
  if (!interval) return interval.error();
  const auto timeout =
      cli::duration("ping-timeout", parsed.last("ping-timeout").value_or(kDefaultPingTimeout));
  if (!timeout) return timeout.error();
  if (*timeout == Duration(0)) return bad_value("ping-timeout", "0", "a time above 0");
  const auto message =
      cli::size("max-message", parsed.last("max-message").value_or(kDefaultMaxMessage), 1);
  if (!message) return message.error();
  const auto connections = cli::integer(
      "max-connections", parsed.last("max-connections").value_or(kDefaultMaxConnections), 1);
  if (!connections) return connections.error();
  websocket.ping_interval = *interval;
  websocket.pong_timeout = *timeout;
  websocket.limits.max_message = *message;
  args.server.max_connections = *connections;
  return {};
}

Result<void> read_events(const Parsed& parsed, Args& args) {
  if (const auto text = parsed.last("max-age")) {
    const auto age = cli::duration("max-age", *text);
    if (!age) return age.error();
    if (*age == Duration(0)) return bad_value("max-age", "0", "a time above 0");
    args.server.max_age = *age;
  }
  if (const auto name = parsed.last("stdin")) {
    if (!is_channel_name(*name)) {
      return bad_value("stdin", *name,
                       fmt::format("1 to {} letters, digits and -._~", kMaxChannelName));
    }
    if (!parsed.command.empty()) {
      return Error{"option --stdin: standard input is the command's", {}};
    }
    args.feed = *name;
  }
  return {};
}

Result<void> read_faults(const Parsed& parsed, Args& args) {
  FaultSettings& faults = args.server.faults;
  faults.in_urls = args.address.host.empty() || http::is_loopback(args.address.host) ||
                   parsed.has("allow-faults");
  for (const std::string_view text : parsed.all("fault")) {
    auto plan = parse_faults(text, Unknown::refused);
    if (!plan) return Error{"option --fault: " + plan.error().message, plan.error().hint};
    if (plan->faults.empty()) {
      return Error{fmt::format("option --fault: there is no word in \"{}\"",
                               cli::escape(text, cli::Escape::line)),
                   "stream-echo --help faults lists the words"};
    }
    if (plan->seed) return Error{"option --fault: seed= is for URLs", "use --seed"};
    for (Fault& fault : plan->faults) faults.always.push_back(std::move(fault));
  }
  if (const auto seed = parsed.last("seed")) {
    const auto number = cli::integer("seed", *seed);
    if (!number) return number.error();
    args.seed = *number;
  }
  args.fault_script = parsed.last("fault-script").value_or("");
  return {};
}

/// More than one thread is for load. What is about one connection, or one file for all of them, is
/// for looking closely.
Result<void> read_threads(const Parsed& parsed, Args& args) {
  const auto count =
      cli::integer("threads", parsed.last("threads").value_or(kDefaultThreads), 1, kMaxThreads);
  if (!count) return count.error();
  args.thread_count = static_cast<unsigned>(*count);
  if (args.thread_count == 1) return {};
  for (const std::string_view other : {"unix", "one-connection", "record", "stdin"}) {
    if (parsed.has(other)) {
      return Error{conflict("threads", other).message,
                   "one thread serves thousands of connections"};
    }
  }
  return {};
}

Result<void> read_testing(const Parsed& parsed, Args& args) {
  args.server.one_connection = parsed.has("one-connection");
  args.check_client = parsed.has("check-client");
  if (const auto text = parsed.last("max-time")) {
    const auto time = cli::duration("max-time", *text);
    if (!time) return time.error();
    if (*time > Duration(0)) args.max_time = *time;  // as in curl, 0 means no limit
  }
  return {};
}

Result<void> read_output(const Parsed& parsed, Args& args) {
  if (const auto format = parsed.last("to")) {
    const auto choice = cli::choice(*cli::find_option(kTool, "to"), *format);
    if (!choice) return choice.error();
    args.jsonl = true;
  }
  if (const auto path = parsed.last("record")) {
    const auto file = cli::output_file("record", *path);
    if (!file) return file.error();
    args.record = *file;
  }
  args.record_secrets = parsed.has("record-secrets");
  args.verbosity = static_cast<int>(parsed.all("verbose").size());
  args.silent = parsed.has("silent");
  args.command = parsed.command;
  return {};
}

}  // namespace

const cli::Tool kTool = {.name = "stream-echo",
                         .summary = "WebSocket echo and event stream server for tests",
                         .usage = "[OPTIONS] [-- COMMAND [ARGUMENT...]]",
                         .groups = kGroups,
                         .takes_command = true,
                         .words_category = kFaultsGroup,
                         .words = fault_words()};

Result<Args> read_args(const Parsed& parsed) {
  Args args;
  for (const auto read : {read_address, read_policy, read_tls, read_limits, read_threads,
                          read_events, read_faults, read_testing, read_output}) {
    if (auto done = read(parsed, args); !done) return done.error();
  }
  return args;
}

}  // namespace stream_echo
