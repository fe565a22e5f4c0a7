// Step two of reading a command line: the text of one value becomes a number, a size, a time or one
// of a few words. Every error names the option and says what would have been right. Also the whole
// content of a file, for options that take @FILE.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "cli/option.h"

namespace cli {

/// `option` is the long name without dashes in all of these. Both limits are allowed values.
Result<std::uint64_t> integer(std::string_view option, std::string_view text, std::uint64_t min = 0,
                              std::uint64_t max = UINT64_MAX);

/// Bytes, or with `k`, `M`, `G` (1024-based).
Result<std::uint64_t> size(std::string_view option, std::string_view text, std::uint64_t min = 0,
                           std::uint64_t max = UINT64_MAX);

/// Seconds with decimals, or with a unit: `250ms`, `2s`, `1m`.
Result<Duration> duration(std::string_view option, std::string_view text);

/// The index of `text` in `words`; the comparison is exact.
Result<std::size_t> choice(std::string_view option, std::string_view text,
                           std::span<const std::string_view> words);

/// The same among Option::words.
Result<std::size_t> choice(const Option& option, std::string_view text);

/// The path of a file to write. "-" is refused: standard output carries data.
Result<std::string> output_file(std::string_view option, std::string_view path);

/// All bytes of a file; "-" is standard input up to its end. There is no size limit: it is the
/// user's own file.
Result<std::string> read_file(const std::string& path);

}  // namespace cli
