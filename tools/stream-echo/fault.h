// The words in which a client under test, or a command line, asks this server to misbehave:
// `close=1011&after=2`. One table says how each is written and what it does; reading them is all
// that happens here. What they do is done in opening_fault (before and in the 101), distortion (to
// frames), stream_distortion (to event streams), pace_fault (how it is written) and saboteur
// (everything else).
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
  // Instead of the answer, or how it leaves
  delay,
  hang,
  drop,
  status,
  redirect,
  auth,
  junk_head,
  dribble,
  // In the 101
  bad_accept,
  no_accept,
  wrong_protocol,
  unasked_extension,
  takeover_cheat,
  coalesce,
  // In the head of an event stream, or about all of it
  type,
  charset,
  chunked,
  gzip,
  bom,
  // Once, when their time has come
  abort,
  rst,
  half_close,
  stall,
  hex,
  close,
  close1byte,
  ping,
  oversize,
  bomb,
  ignore_close,
  drop_after,
  error,
  comment,
  long_line,
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
  // To the events of a stream from then on
  eol,
  split,
  nul_id,
  cut,
  no_final_blank,
  done,
};

/// Which part of a connection a word is about.
enum class Part : std::uint8_t {
  opening,
  handshake,     ///< of a WebSocket
  stream_head,   ///< of an event stream
  event,         ///< happens once, or begins
  frame_event,   ///< the same, on a WebSocket
  stream_event,  ///< the same, in an event stream
  writing,
  frames,  ///< of a WebSocket
  stream,  ///< an event stream
};

/// Whether it is over when the connection is open.
bool is_opening(Part part);

/// What a connection speaks once it is open.
enum class Speaks : std::uint8_t { unknown, websocket, events };
bool has_meaning(Part part, Speaks speaks);

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
  text,         ///< Fault::text
  field_value,  ///< of an HTTP field: Fault::text
  choice,       ///< one of WordInfo::arg, which has a | between them: Fault::text
  maybe,        ///< nothing, or the one word of WordInfo::arg, "[=split]": Fault::text
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
  std::uint64_t messages = 0;   ///< after so many have been echoed, or events or words sent
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
  double probability = 1;  ///< of each occasion: each frame or event, or the one time it would be
};

/// What one query or one --fault asks for.
struct FaultPlan {
  std::vector<Fault> faults = {};
  std::optional<std::uint64_t> seed = {};
  std::vector<std::string> doubts =
      {};  ///< words that are none, but nearly: a line each for the log
};

enum class Unknown { ignored, refused };

/// Reads `WORD[=VALUE]&...` with %HH for any byte; `WORD=` is as good as `WORD`. `after=` and
/// `prob=` belong to the word before them; in front of all words they hold for those that have none
/// of their own. A query may well hold other things (Unknown::ignored), and a word that has no
/// meaning for what the connection speaks is one of them. The error names the word.
Result<FaultPlan> parse_faults(std::string_view text, Unknown unknown,
                               Speaks speaks = Speaks::unknown);

/// Whether a fault means something only where permessage-deflate is agreed on.
bool needs_deflate(const Fault& fault);

/// "close=1011", as the log names it: safe to print.
std::string describe(const Fault& fault);

/// Whether a fault throws the dice at all.
bool left_to_chance(const Fault& fault);

/// The words with their explanations, as --help and the manual show them.
std::span<const cli::WordRow> fault_words();

}  // namespace stream_echo
