// The options of a client for its connection, and how long it may take: their table, and what their
// values mean. Names and meanings are curl's.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "cli/args.h"
#include "cli/option.h"

namespace cli {

inline constexpr std::string_view kConnectionGroup = "Connection";

inline constexpr std::array kConnectionOptions = {
    Option{.name = "resolve",
           .takes = Takes::many,
           .arg = "HOST:PORT:ADDRESS",
           .group = kConnectionGroup,
           .help = "Use ADDRESS for HOST:PORT",
           .doc = "The name stays in the Host field and in the TLS handshake."},
    Option{.name = "unix-socket",
           .takes = Takes::one,
           .arg = "PATH",
           .group = kConnectionGroup,
           .help = "Connect through this unix socket",
           .doc = "The URL still gives the Host field and the path.",
           .offers = Offers::file},
    Option{.name = "connect-timeout",
           .takes = Takes::one,
           .arg = "SECONDS",
           .group = kConnectionGroup,
           .help = "Give up when not connected after this time",
           .doc = "Names, TCP and TLS together, and with a WebSocket the opening handshake, too. "
                  "Exit code 28."},
    Option{.name = "max-time",
           .letter = 'm',
           .takes = Takes::one,
           .arg = "SECONDS",
           .group = kConnectionGroup,
           .help = "End after this time, whatever happens",
           .doc = "Exit code 28."},
};

struct ConnectionArgs {
  std::vector<std::string> resolve;
  std::string unix_socket;
  std::optional<Duration> connect_timeout;
  std::optional<Duration> max_time;
};

/// `value` is one of an option in the table, or of another: then nothing happens.
Outcome apply_connection(const Value& value, ConnectionArgs& args);

}  // namespace cli
