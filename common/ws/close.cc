#include "ws/close.h"

namespace ws {
namespace {

using enum CloseAction;
constexpr auto kOpen = CloseState::open;
constexpr auto kClosing = CloseState::closing;
constexpr auto kDone = CloseState::done;
constexpr auto kFailed = CloseState::failed;
constexpr auto kGone = CloseState::gone;

static_assert(kOpen == CloseState{0} && kGone == CloseState{4});

// clang-format off
constexpr std::array<std::array<CloseStep, 5>, 5> kTable = {{
  // we_close              peer_close           violation              peer_eof                    timeout
  {{ {kClosing, send_close}, {kDone, echo_close}, {kFailed, send_close}, {kGone, report_cut},        {kFailed, send_close} }},
  {{ {kClosing, reject},     {kDone, none},       {kFailed, none},       {kGone, report_unanswered}, {kGone, report_unanswered} }},
  {{ {kDone, reject},        {kDone, ignore},     {kDone, ignore},       {kGone, report_code},       {kGone, drop} }},
  {{ {kFailed, reject},      {kFailed, ignore},   {kFailed, ignore},     {kGone, report_code},       {kGone, drop} }},
  {{ {kGone, reject},        {kGone, ignore},     {kGone, ignore},       {kGone, ignore},            {kGone, ignore} }},
}};
// clang-format on

}  // namespace

bool may_be_sent(CloseCode code) {
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
         (code >= 3000 && code <= 4999);
}

std::string_view close_meaning(CloseCode code) {
  switch (code) {
    case 1000: return "normal closure";
    case 1001: return "going away";
    case 1002: return "protocol error";
    case 1003: return "unsupported data";
    case 1005: return "no status received";
    case 1006: return "abnormal closure";
    case 1007: return "invalid payload data";
    case 1008: return "policy violation";
    case 1009: return "message too big";
    case 1010: return "extension missing";
    case 1011: return "internal error";
    case 1012: return "service restart";
    case 1013: return "try again later";
    case 1014: return "bad gateway";
    case 1015: return "TLS handshake failed";
    case 3000: return "unauthorized";
    case 3003: return "forbidden";
    case 3008: return "timeout";
    default: return {};
  }
}

CloseStep close_step(CloseState state, CloseInput input) {
  return kTable[static_cast<std::size_t>(state)][static_cast<std::size_t>(input)];
}

}  // namespace ws
