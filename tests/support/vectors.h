// The test vectors of tests/vectors, read and run: byte streams and what an endpoint has to make of
// them. The formats are described in the `about` of each file; ws-extra.json adds to them
//   frames: `rule`, the rule that the stream breaks; `max_fragments`; `offset`, where it is broken
//   server, client: `request`, `response`, an array of lines without their CR LF in place of the
//   hex (a line may say [text, count] to repeat a text); `rule` and `offset` as above.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "diag/rule.h"
#include "http/head.h"
#include "support/event_log.h"
#include "ws/connection.h"

namespace test {

// ---- Frames

struct FrameCase {
  std::string name;
  ws::Role role = ws::Role::server;
  ws::MessageLimits limits;
  std::optional<ws::DeflateParameters> deflate;  ///< agreed
  std::vector<std::uint8_t> stream;

  std::string events;               ///< expected lines; a failure is `fail 1002`
  std::string replies;              ///< expected frames back; a failure's reason is left out
  std::string ending;               ///< what eof() gives then
  std::optional<std::string> rule;  ///< expected, by its id
  std::optional<std::uint64_t> offset;
};

std::vector<FrameCase> frame_cases();

struct FrameRun {
  std::string events;   ///< as EventLog writes them
  std::string summary;  ///< the same with `fail CODE` for a violation
  std::string replies;  ///< without a failure's reason
  std::string ending;
  std::optional<diag::Violation> violation;
};

FrameRun run_frames(const FrameCase& c, const Pieces& pieces);

// ---- The opening handshake

struct HandshakeCase {
  std::string name;
  http::HeadKind kind = http::HeadKind::request;
  std::vector<std::uint8_t> stream;

  bool close = false;    ///< server: anything but an upgrade
  bool policy = false;   ///< server: the core accepts, what a server refuses is its own decision
  unsigned status = 0;   ///< server: of the answer; client: of a refusal, 0 for any failure
  bool open = false;     ///< client
  std::string accept;    ///< server: the expected Sec-WebSocket-Accept, or empty
  std::string protocol;  ///< client: the agreed one
  std::string sent_key;  ///< client
  std::vector<std::string> protocols;       ///< client: offered
  std::optional<ws::DeflateOffer> deflate;  ///< client: offered
  std::optional<std::string> rule;
  std::optional<std::uint64_t> offset;
};

std::vector<HandshakeCase> server_cases();
std::vector<HandshakeCase> client_cases();

/// What came of a head, through http::HeadReader and ws/handshake.
struct HandshakeRun {
  std::string outcome;  ///< `open b`, `upgrade echo.v1 chat.v1`, `refused 302`, `violation ws-key
                        ///< @93`, `incomplete`
  std::optional<diag::Violation> violation;
  std::string answer;  ///< server: the 101 without a subprotocol and extensions
  std::string rest;    ///< bytes behind the head, which belong to the frames
};

HandshakeRun run_handshake(const HandshakeCase& c, const Pieces& pieces);

// ---- The negotiation of permessage-deflate

struct NegotiationCase {
  std::string name;
  bool server = true;
  std::string offer;   ///< the value of Sec-WebSocket-Extensions
  std::string answer;  ///< client: likewise
  ws::DeflateParameters wish;
  std::vector<std::string> outcomes;  ///< that are right
};

std::vector<NegotiationCase> negotiation_cases();

/// A server's: `none`, `400` or its answer. A client's: `fail`, or `ok` with what is agreed.
std::string run_negotiation(const NegotiationCase& c);

}  // namespace test
