// What may be written to a stream that could be a terminal: whether it is one, whether colour is
// wanted, and the one voice in which a tool talks to people on standard error. Data on standard
// output is not its business; what a peer sent must be escaped first (cli/escape.h).
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "cli/escape.h"

namespace cli {

enum class ColorMode { automatic, always, never };

struct Look {
  bool terminal = false;
  bool color = false;
};

/// `automatic` means colour on a terminal, unless NO_COLOR is set and not empty or TERM is "dumb".
Look look_of(int fd, ColorMode mode);

/// Marks of what follows on a terminal, for where a Look says `color`; each lasts until kPlainMark.
inline constexpr std::string_view kPlainMark = "\x1b[0m";
inline constexpr std::string_view kDimMark = "\x1b[2m";
inline constexpr std::string_view kErrorMark = "\x1b[1;31m";  // bold and red
inline constexpr std::string_view kYellowMark = "\x1b[33m";
inline constexpr std::string_view kCyanMark = "\x1b[36m";

/// Writes a text of our own (help, version) to standard output; false when it did not all go out.
bool print(std::string_view text);

/// Whole lines on standard error, each in one write. A failure to write is ignored: there is nobody
/// left to tell.
class Talk {
 public:
  /// `tool` stands in front of errors and notes. `silent` is -s: no errors, no notes.
  Talk(std::string_view tool, bool silent) : tool_(tool), silent_(silent) {}

  void set_look(Look look) { look_ = look; }
  void set_verbosity(int verbosity) { verbosity_ = verbosity; }  ///< how often -v was given
  void set_fd(int fd) { fd_ = fd; }                              ///< instead of 2; not owned

  /// Called before each line, to make room for it on a terminal.
  void set_before_line(std::function<void()> before) { before_line_ = std::move(before); }

  /// "TOOL: MESSAGE", then "hint: HINT" if there is one.
  void error(std::string_view message, std::string_view hint = {});

  /// "TOOL: MESSAGE", for what is worth knowing and no failure.
  void note(std::string_view message);

  /// The text alone, as it is; silenced by -s.
  void plain(std::string_view text);

  /// The text alone, only with -v; -s does not change that.
  void verbose(std::string_view text);

  /// The text alone, which an option asked for by name: -s does not change that.
  void report(std::string_view text);

  /// Likewise, without a line end of ours.
  void write(std::string_view text);

  int verbosity() const { return verbosity_; }

 private:
  void write_line(std::string_view line);

  std::string tool_;
  bool silent_ = false;
  int verbosity_ = 0;
  Look look_;
  int fd_ = 2;
  std::function<void()> before_line_;
};

}  // namespace cli
