// The shape of a --resolve, as libcurl reads one (CURLOPT_RESOLVE): it speaks up only when it
// dials, and then not of the option.
#pragma once

#include <string_view>

namespace cli {

/// `[+]HOST:PORT:ADDRESS[,ADDRESS]...` or `-HOST:PORT`. HOST may be `*`; an IPv6 ADDRESS may stand
/// in brackets.
bool is_resolve_entry(std::string_view text);

}  // namespace cli
