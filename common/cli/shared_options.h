// Groups of options that several tools have, each with one meaning everywhere. A tool lists the
// array among its own.
#pragma once

#include <array>
#include <string_view>

#include "cli/option.h"

namespace cli {

inline constexpr std::string_view kOutputGroup = "Output";

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

}  // namespace cli
