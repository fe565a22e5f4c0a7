// The command line of sse-tail: its option table, and what the words mean as one plain struct.
// Nothing is connected or sent here; the only files read are those that @FILE and --id-file name.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/time.h"
#include "cli/args.h"
#include "cli/connection_options.h"
#include "cli/option.h"
#include "cli/parse.h"
#include "cli/request_options.h"
#include "cli/shared_options.h"
#include "fail_if.h"
#include "http/url.h"
#include "net/connect.h"
#include "net/http_client.h"
#include "sse/parser.h"
#include "sse/reconnect.h"

namespace sse_tail {

extern const cli::Tool kTool;

/// In the order in which the option table names them.
enum class Format { pretty, data, raw, jsonl, text };

struct Args {
  http::Url url = {};  ///< scheme http or https

  // Request
  cli::RequestArgs request = {};
  std::string method = "GET";
  std::optional<std::string> body = {};
  bool json_body = false;
  net::HttpVersion version = net::HttpVersion::any;
  net::ClientTls tls = {};
  cli::ConnectionArgs connection = {};

  // Events
  std::optional<Format> to = {};  ///< nullopt: as suits standard output
  bool full = false;
  std::vector<std::string> types = {};  ///< to be shown; none: all
  bool comments = false;
  std::string each = {};  ///< empty: no command
  std::uint64_t max_event = sse::kMaxEventSize;
  bool any_type = false;

  // Models
  std::string llm = {};                    ///< the name of a preset, or auto; empty: none
  std::vector<std::string> pointers = {};  ///< JSON Pointers

  /// Events are those of a model's or agent's answer, which can fail or be cut short.
  bool judges() const { return !llm.empty(); }
  /// There is text in the events.
  bool has_text() const { return judges() || !pointers.empty(); }

  // Reconnecting
  std::string last_event_id = {};
  std::string id_file = {};  ///< empty: none
  std::string kept_id = {};  ///< that is in it
  sse::ReconnectPolicy policy = {};

  // End
  std::optional<std::uint64_t> count = {};
  std::vector<std::string> until_data = {};
  std::vector<std::string> until_event = {};
  std::optional<Duration> idle_timeout = {};

  // Timing
  bool timing = false;
  Duration stall = std::chrono::seconds(1);
  std::vector<FailIf> fail_if = {};
  std::uint64_t repeat = 1;
  std::optional<std::string> write_out = {};  ///< the format

  // Output
  bool stats = false;
  cli::TalkArgs talk = {};
};

/// Step two: words become values. `parsed` holds an operand.
std::variant<Args, cli::ArgsError> read_args(const cli::Parsed& parsed);

}  // namespace sse_tail
