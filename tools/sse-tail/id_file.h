// The last event ID in a file, so that another run goes on where this one ended (--id-file): the ID
// and a line end. A regular file is replaced as a whole, so that whoever reads it, and whatever
// happens, it is one ID; it keeps its mode, and a symbolic link to it stays one. Anything else, a
// device say, is written to and stays what it is.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace sse_tail {

/// Empty when there is no such file, nothing in it, or no regular file. What no ID can be is an
/// error: somebody else wrote it.
Result<std::string> read_id_file(const std::string& path);

/// Whether save() would work, as far as can be said without writing.
Result<void> check_id_file(const std::string& path);

class IdFile {
 public:
  /// `id` is what the file is known to hold. An empty `path`: nothing is ever written.
  IdFile(std::string path, std::string_view id) : path_(std::move(path)), id_(id) {}

  /// Writes `id` if it is another one. Not a second time after an error.
  Result<void> save(std::string_view id);

 private:
  std::string path_;
  std::string id_;
};

}  // namespace sse_tail
