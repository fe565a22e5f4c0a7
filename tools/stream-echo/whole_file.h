// Files that others wait for: the port that the system chose, the CA of a certificate made on the
// spot. Such a file is renamed into place, so that whoever sees it can read all of it.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace stream_echo {

Result<void> write_whole_file(const std::string& path, std::string_view text);

}  // namespace stream_echo
