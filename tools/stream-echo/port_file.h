// The file that tells a test which port the system chose. It is renamed into place, so that whoever
// sees it can read all of it.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace stream_echo {

Result<void> write_port_file(const std::string& path, std::uint16_t port);

}  // namespace stream_echo
