// The vectors of tests/vectors/ws-observed.json: whole connections, both directions, and what an
// observer finds broken in them. The file's `about` describes the format.
#pragma once

#include <string>
#include <vector>

#include "support/event_log.h"
#include "support/observer_log.h"

namespace test {

struct ObservedCase {
  struct Part {
    ws::Direction direction = ws::Direction::to_server;
    std::vector<std::uint8_t> bytes;
  };

  std::string name;
  ws::ObserverSettings settings;
  std::vector<Part> stream;
  std::string broken;  ///< expected lines: `> ws-rsv @2 frame 1`

  std::size_t size() const;                                    ///< of all parts
  std::vector<std::uint8_t> bytes(ws::Direction which) const;  ///< of one direction
};

std::vector<ObservedCase> observed_cases();

/// One direction of a connection alone, to its end.
ObserverLog watch(const ws::ObserverSettings& settings, ws::Direction direction, ConstBytes stream,
                  const Pieces& pieces);

/// `pieces` cut the whole stream; a part ends where it ends all the same.
ObserverLog run_observed(const ObservedCase& c, const Pieces& pieces);

/// The lines that a case expects.
std::string show_broken(const ObserverLog& log);

}  // namespace test
