// The options of a client for the fields of its request: their tables, and what their values mean.
// Names and meanings are curl's. What is sent in the end is the tool's business.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/args.h"
#include "cli/option.h"

namespace cli {

/// Each tool has a category of its own for them.
constexpr std::array<Option, 4> request_options(std::string_view group) {
  return {
      Option{.name = "header",
             .letter = 'H',
             .takes = Takes::many,
             .arg = "LINE",
             .group = group,
             .help = "Send this header line (or those of @FILE)",
             .doc = "NAME: VALUE adds a field or replaces one of ours, in order; NAME; sends it "
                    "empty, NAME: leaves ours out.",
             .offers = Offers::at_file},
      Option{.name = "user-agent",
             .letter = 'A',
             .takes = Takes::one,
             .arg = "NAME",
             .group = group,
             .help = "Send NAME as User-Agent",
             .doc = "An empty NAME leaves the field out."},
      Option{.name = "cookie",
             .letter = 'b',
             .takes = Takes::one,
             .arg = "DATA",
             .group = group,
             .help = "Send cookies, NAME=VALUE; NAME2=VALUE2",
             .doc = "Sent as the Cookie field."},
      Option{.name = "user",
             .letter = 'u',
             .takes = Takes::one,
             .arg = "USER:PASSWORD",
             .group = group,
             .help = "Log in with Basic authentication",
             .doc = "Also taken from a URL that has USER:PASSWORD@ in front of the host."},
  };
}

/// What -H asks for: a field to add or to replace, or (without value) one to leave out.
struct HeaderChange {
  std::string name;
  std::optional<std::string> value;
};

struct RequestArgs {
  std::vector<HeaderChange> headers;  ///< in order
  std::string user_agent;
  std::string cookie;
  std::optional<std::string> user;  ///< NAME:PASSWORD
};

/// `value` is one of an option in the table, or of another: then nothing happens.
Outcome apply_request(const Value& value, RequestArgs& args);

/// Of an option whose value becomes that of a field.
Outcome assign_field_value(const Value& value, std::string& target);

}  // namespace cli
