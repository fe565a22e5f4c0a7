// The command line of ws-cat: its option table, and what the words mean as one plain struct.
// Nothing is connected or sent here; the only files read are those that @FILE names.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"
#include "base/text.h"
#include "base/time.h"
#include "cli/args.h"
#include "cli/connection_options.h"
#include "cli/option.h"
#include "cli/parse.h"
#include "cli/request_options.h"
#include "cli/shared_options.h"
#include "http/url.h"
#include "net/curl.h"
#include "ws/close.h"
#include "ws/handshake.h"
#include "ws/message.h"

namespace ws_cat {

extern const cli::Tool kTool;

/// How messages are told apart on standard input and output, in the order in which the option table
/// names them.
enum class Format { lines, nul, jsonl, hex, base64, len32, raw, wire };

/// The top bit of a len32 length marks a binary message.
inline constexpr std::uint32_t kBinaryBit = 0x80000000;

/// A message from the command line.
struct GivenMessage {
  ws::MessageKind kind = ws::MessageKind::text;
  std::string data;
};

/// Closed ranges of close codes.
using CloseCodes = std::vector<std::pair<ws::CloseCode, ws::CloseCode>>;
bool contains(const CloseCodes& codes, ws::CloseCode code);

struct Args {
  http::Url url;  ///< scheme ws or wss

  // Connection
  net::ClientTls tls;
  cli::ConnectionArgs connection;  ///< connect_timeout: up to the answer to the opening handshake

  // Handshake
  cli::RequestArgs request;
  std::optional<std::string> origin;
  std::vector<std::string> protocols;
  std::optional<ws::DeflateOffer> deflate = ws::kUsualOffer;  ///< nullopt: none is made
  bool compress_all = false;  ///< whatever can be; otherwise only long texts

  // Messages
  std::vector<GivenMessage> messages;
  bool read_stdin = true;
  bool binary = false;
  Format from = Format::lines;
  Format to = Format::lines;
  std::optional<Duration> eof_wait = std::chrono::seconds(1);  ///< nullopt: until the server closes
  std::optional<std::uint64_t> count;
  std::uint64_t max_message = 0;

  // Odd traffic
  std::size_t fragment = SIZE_MAX;  ///< payload bytes of a frame at most
  std::optional<Slices> dribble;    ///< what leaves in one write

  // Close and liveness
  ws::CloseCode close_code = ws::code::kNormal;
  std::string close_reason;
  CloseCodes fail_on_close;
  CloseCodes ok_close;
  Duration ping_interval = Duration(0);
  Duration ping_timeout = Duration(0);

  // Output
  bool show_control = false;
  bool stats = false;
  cli::TalkArgs talk;
};

/// Step two: words become values. `parsed` holds an operand.
std::variant<Args, cli::ArgsError> read_args(const cli::Parsed& parsed);

}  // namespace ws_cat
