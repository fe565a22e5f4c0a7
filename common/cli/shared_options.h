// Groups of options that several tools have, each with one meaning everywhere. A tool lists the
// array among its own.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "cli/args.h"
#include "cli/option.h"
#include "cli/term.h"

namespace cli {

inline constexpr std::string_view kOutputGroup = "Output";

/// For clients: what they say, and how it looks.
inline constexpr std::array kTalkOptions = {
    Option{.name = "verbose",
           .letter = 'v',
           .group = kOutputGroup,
           .help = "Show heads and how the connection goes",
           .doc = "On standard error, * for remarks, > for what is sent, < for what comes."},
    Option{.name = "silent",
           .letter = 's',
           .group = kOutputGroup,
           .help = "Print nothing on standard error",
           .doc = "But for reports that are asked for by name, such as those of *stats*. The exit "
                  "code still tells."},
    Option{.name = "color",
           .takes = Takes::one,
           .arg = "WHEN",
           .group = kOutputGroup,
           .help = "Use colour: auto, always or never",
           .doc = "auto (default) means on a terminal, unless NO_COLOR is set.",
           .words = "auto always never"},
};

inline constexpr std::array kRecordOptions = {
    Option{.name = "record",
           .takes = Takes::one,
           .arg = "FILE",
           .group = kOutputGroup,
           .help = "Record all bytes of the connection in FILE",
           .doc = "What goes over the transport, after TLS and in both directions, as "
                  "streamrec(5) describes; FILE is overwritten. Secrets in HTTP heads are "
                  "replaced by asterisks, see *record-secrets*; messages are recorded as they "
                  "are. A pipe whose reader is slow holds the program up.",
           .offers = Offers::file},
    Option{.name = "record-secrets",
           .group = kOutputGroup,
           .help = "Keep passwords and tokens in the recording",
           .doc = "Otherwise the values of Authorization, Cookie and similar fields and of "
                  "parameters such as token or api_key are overwritten. See *record*."},
};

/// What the options of both arrays say to a client.
struct TalkArgs {
  bool silent = false;
  int verbosity = 0;
  ColorMode color = ColorMode::automatic;
  std::string record;  ///< the file to record to; empty: none
  bool record_secrets = false;
};

/// `value` is one of an option in the tables, or of another: then nothing happens.
Outcome apply_talk(const Value& value, TalkArgs& args);

}  // namespace cli
