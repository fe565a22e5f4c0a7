// The words in which a client under test, or a command line, asks this server to misbehave:
// `close=1011&after=2`. One table says how each is written and what it does; reading them is all
// that happens here. What they do is done in opening_fault (before the 101), distortion (to frames)
// and saboteur (everything else).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "cli/option.h"

namespace stream_echo {

enum class Word : std::uint8_t {
  // Instead of the 101, or in it
  delay,
  hang,
  drop,
  status,
  redirect,
  auth,
  junk_head,
  bad_accept,
  no_accept,
  wrong_protocol,
  unasked_extension,
  takeover_cheat,
  dribble,
  coalesce,
  // Once, when their time has come
  close,
  close1byte,
  abort,
  rst,
  half_close,
  stall,
  ping,
  oversize,
  bomb,
  hex,
  ignore_close,
  // How what is sent leaves
  slice,
  rate,
  jitter,
  // To each frame from then on
  no_pong,
  pong_delay,
  bad_pong,
  fragment,
  interleave,
  dup,
  reorder,
  data_after_close,
  masked,
  rsv,
  opcode,
  nonminimal,
  len63,
  bad_utf8,
  bad_deflate,
  truncate,
};

/// Which part of a connection a word is about.
enum class Part : std::uint8_t { opening, event, writing, frames };

/// What stands after the `=`.
enum class Takes : std::uint8_t {
  nothing,
  number,       ///< Fault::number, min to max
  size,         ///< Fault::number, min to max
  time,         ///< Fault::time
  slices,       ///< SIZE/TIME: Fault::number, Fault::time
  close_code,   ///< CODE[,REASON]: Fault::number, Fault::text
  http_status,  ///< STATUS[,retry-after=SECONDS]: Fault::number, Fault::text
  user,         ///< USER:PASSWORD: Fault::text
  target,       ///< a count in Fault::number, or a URL on this machine in Fault::text
  bytes,        ///< hexadecimal: Fault::text
  maybe_split,  ///< nothing, or `split`: Fault::text
};

struct WordInfo {
  Word word = Word::delay;
  std::string_view name = {};
  Part part = Part::opening;
  Takes takes = Takes::nothing;
  std::string_view arg = {};   ///< the value's name in help
  std::string_view help = {};  ///< one line, verb first: what the server does
  std::uint64_t min = 0;
  std::uint64_t max = UINT64_MAX;
};

/// All words, in the order of the enumeration.
std::span<const WordInfo> all_words();
const WordInfo& info(Word word);

/// When a fault begins. Nothing given: at once.
struct Trigger {
  std::uint64_t messages = 0;   ///< after so many whole messages of the client have been echoed
  std::uint64_t bytes = 0;      ///< after so many bytes of payload
  Duration time = Duration(0);  ///< after the connection has been open for so long

  bool at_once() const { return messages == 0 && bytes == 0 && time == Duration(0); }
};

struct Fault {
  Word word = Word::delay;
  std::uint64_t number = 0;
  Duration time = Duration(0);
  std::string text = {};
  std::optional<Trigger> after = {};  ///< nullopt: not given
  double probability = 1;  ///< of each occasion: each frame, or the one time it would happen
};

/// What one query or one --fault asks for.
struct FaultPlan {
  std::vector<Fault> faults = {};
  std::optional<std::uint64_t> seed = {};
  std::vector<std::string> doubts =
      {};  ///< words that are none, but nearly: a line each for the log
};

enum class Unknown { ignored, refused };

/// Reads `WORD[=VALUE]&...` with %HH for any byte. `after=` and `prob=` belong to the word before
/// them; in front of all words they hold for those that have none of their own. A query may well
/// hold other things (Unknown::ignored). The error names the word.
Result<FaultPlan> parse_faults(std::string_view text, Unknown unknown);

/// Whether a fault means something only where permessage-deflate is agreed on.
bool needs_deflate(const Fault& fault);

/// "close=1011", as the log names it.
std::string describe(const Fault& fault);

/// Whether a fault throws the dice at all.
bool left_to_chance(const Fault& fault);

/// The words with their explanations, as --help and the manual show them.
std::span<const cli::WordRow> fault_words();

}  // namespace stream_echo
