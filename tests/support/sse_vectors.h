// The vectors of event streams, tests/vectors/sse.json and sse-extra.json, read and run. What both
// say: `input` or `input_b64`, what comes; `chunks`, how it is cut beside the usual cuts;
// `resume_last_event_id`, what an earlier connection left. sse.json then has what a browser shows,
// in `expect`. sse-extra.json has `log`, all that the parser says in the words of support/sse_log,
// and `max_event`, its limit.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "diag/rule.h"
#include "support/event_log.h"

namespace test {

struct StreamCase {
  std::string name;
  std::vector<std::uint8_t> stream;
  std::optional<Pieces> pieces;  ///< of its own
  std::string last_id;           ///< when it begins
  std::uint64_t max_event = 0;

  std::optional<std::string> log;  ///< expected as a whole, or else these:
  std::string messages;            ///< lines without their offsets
  std::optional<std::string> comments;
  std::string end_id;                                  ///< the last event ID string then
  std::vector<std::optional<std::uint64_t>> retry_ms;  ///< those that are right; nullopt: none came
  bool unfinished = false;
};

std::vector<StreamCase> stream_cases();

struct StreamRun {
  std::string log;
  std::string messages;
  std::string comments;
  std::string end_id;
  std::optional<std::uint64_t> retry_ms;
  bool unfinished = false;
  std::vector<diag::Violation> violations;  ///< and notes
};

StreamRun run_stream(const StreamCase& c, const Pieces& pieces);

}  // namespace test
