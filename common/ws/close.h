// Close codes (RFC 6455 section 7.4) and the closing handshake as a table
// (sections 1.4, 5.5.1, 7.1).
//
// A connection is `open` until a Close frame goes either way. `closing`: ours is sent, theirs is
// awaited; data is still delivered and pings are still answered. `done`: both are sent, only the
// end of the transport is awaited. `failed`: the peer broke a rule or stopped answering, our Close
// is sent, and nothing more is read (7.1.7). `gone`: the transport has ended.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ws {

using CloseCode = std::uint16_t;

namespace code {
inline constexpr CloseCode kNormal = 1000;
inline constexpr CloseCode kGoingAway = 1001;
inline constexpr CloseCode kProtocolError = 1002;
inline constexpr CloseCode kNoStatus = 1005;  ///< never sent: a Close frame without a body
inline constexpr CloseCode kAbnormal = 1006;  ///< never sent: the connection ended without a Close
inline constexpr CloseCode kPolicy = 1008;
inline constexpr CloseCode kServerError = 1011;
}  // namespace code

inline constexpr std::size_t kMaxControlSize = 125;  ///< of a control frame (RFC 6455 5.5)
inline constexpr std::size_t kMaxReasonSize = kMaxControlSize - 2;  ///< what the code leaves

/// Whether `code` may stand in a Close frame: 1000-1003, 1007-1014, 3000-4999 (RFC 6455 7.4 and the
/// IANA registry).
bool may_be_sent(CloseCode code);

/// What `code` means, in two or three words; empty for private and unassigned ones.
std::string_view close_meaning(CloseCode code);

enum class CloseState : std::uint8_t { open, closing, done, failed, gone };

enum class CloseInput : std::uint8_t {
  we_close,    ///< our side wants to end the connection
  peer_close,  ///< the peer's Close frame arrived
  violation,   ///< the peer broke a rule
  peer_eof,    ///< the transport ended
  timeout,     ///< pong missing, a message that never ends, a Close or an end that does not come
};

enum class CloseAction : std::uint8_t {
  none,
  send_close,         ///< with the code of the input
  echo_close,         ///< with the peer's code
  report_cut,         ///< 1006: no Close frame came
  report_code,        ///< the peer's code, or ours after a failure
  report_unanswered,  ///< our Close was not answered: a note, many servers are that sloppy
  drop,               ///< close the transport, then report as report_code does
  reject,             ///< our own call comes too late: an Error for our caller
  ignore,
};

struct CloseStep {
  CloseState next = CloseState::open;
  CloseAction action = CloseAction::none;
};

CloseStep close_step(CloseState state, CloseInput input);

}  // namespace ws
