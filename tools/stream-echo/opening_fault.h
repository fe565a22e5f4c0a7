// What the opening words of a fault plan make of a request that would have succeeded: another
// answer, none at all, or for a WebSocket a 101 with something wrong in it. Pure: the session
// carries it out.
#pragma once

#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "fault_script.h"
#include "http/head.h"
#include "opening.h"

namespace stream_echo {

struct Hang {};
struct Drop {};
struct Reset {};
/// Bytes that are no HTTP, after which the connection ends.
struct Junk {
  std::string bytes;
};
/// Whatever the request asks for.
struct Proceed {};

struct OpeningPlan {
  Duration delay = Duration(0);  ///< before anything else
  std::variant<Proceed, Hang, Drop, Reset, Junk, Refusal> outcome;
};

/// The 101, with what stands behind it in the same write.
struct Handshake {
  std::string response;
  bool keeps_window = false;  ///< of compression, though the response says otherwise
};

/// The faults of a connection, as far as they mean something to it: those of every one, and those
/// its URL asks for, unless inspect() answers there. A Refusal says why that URL asks in vain.
std::variant<FaultPlan, Refusal> asked_faults(const http::Head& head, Speaks speaks,
                                              const FaultSettings& settings);

/// `happens` throws the dice.
OpeningPlan plan_opening(const std::vector<Fault>& faults, const http::Head& head,
                         const std::function<bool(double)>& happens);
Handshake distort_handshake(const std::vector<Fault>& faults, const Agreement& agreement,
                            const std::function<bool(double)>& happens);

}  // namespace stream_echo
