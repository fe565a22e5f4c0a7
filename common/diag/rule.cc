#include "diag/rule.h"

#include <array>

namespace diag {
namespace {

using enum Rule;
constexpr Severity kLimit = Severity::limit;
constexpr Severity kShould = Severity::should;
constexpr Severity kNote = Severity::note;

// clang-format off
constexpr std::array kRules = {
    RuleInfo{http_request_line, "http-request-line", "RFC 9112 3",
             "a request starts with METHOD SP TARGET SP HTTP/1.1",
             "is this client speaking TLS, or another protocol, to a plain HTTP port?", 400},
    RuleInfo{http_status_line, "http-status-line", "RFC 9112 4",
             "an answer starts with HTTP/1.1 SP STATUS SP REASON",
             "the port may belong to another protocol; a TLS port wants wss://", 400},
    RuleInfo{http_version, "http-version", "RFC 9112 2.3",
             "the major version of HTTP is 1 on this connection",
             "HTTP/2 needs its own port or ALPN", 505},
    RuleInfo{http_line_end, "http-line-end", "RFC 9112 2.2",
             "lines of a head end with CR LF, and neither of the two stands alone",
             "write \\r\\n at the end of each line", 400},
    RuleInfo{http_control_character, "http-control-character", "RFC 9110 5.5",
             "a head holds no control characters",
             "these bytes are not HTTP, or a field value was not encoded", 400},
    RuleInfo{http_field_name, "http-field-name", "RFC 9112 5.1",
             "a field line is NAME ':' VALUE, with a token as name and no space before the colon",
             "look for a line without a colon, or a space before it", 400},
    RuleInfo{http_line_folding, "http-line-folding", "RFC 9112 5.2",
             "a field line does not begin with space (obsolete line folding)",
             "send the value in one line", 400},
    RuleInfo{http_target, "http-target", "RFC 9112 3.2",
             "the target is a path with an optional query, or an absolute http URL",
             "a fragment (#...) is never sent; spaces and controls are percent-encoded", 400},
    RuleInfo{http_method, "http-method", "RFC 9110 9.1",
             "the method is one that the server knows, in its exact case",
             "methods are case-sensitive: GET, not get", 501},
    RuleInfo{http_host, "http-host", "RFC 9112 3.2",
             "a request has exactly one Host field, with a valid host and port",
             "", 400},
    RuleInfo{http_body_length, "http-body-length", "RFC 9112 6.3",
             "the length of a body is given once and unambiguously",
             "Content-Length twice, or beside Transfer-Encoding, invites request smuggling", 400},
    RuleInfo{http_chunk, "http-chunk", "RFC 9112 7.1",
             "a chunk is SIZE in hexadecimal, CR LF, that many bytes, CR LF",
             "the size counts bytes, not characters", 400},
    RuleInfo{http_target_size, "http-target-size", "RFC 9110 15.5.15",
             "the request line is at most 8 KiB",
             "move long parameters out of the URL", 414, kLimit},
    RuleInfo{http_head_size, "http-head-size", "RFC 6585 5",
             "a head is at most 16 KiB in all",
             "large cookies are the usual cause", 431, kLimit},
    RuleInfo{http_field_count, "http-field-count", "RFC 6585 5",
             "a head has at most 100 fields",
             "", 431, kLimit},

    RuleInfo{ws_method, "ws-method", "RFC 6455 4.2.1 (1)",
             "the opening handshake is a GET request",
             "", 405},
    RuleInfo{ws_http_version, "ws-http-version", "RFC 6455 4.1, 4.2.1 (1)",
             "the opening handshake is HTTP/1.1",
             "an old proxy may have answered; HTTP/1.0 knows no Upgrade", 400},
    RuleInfo{ws_upgrade, "ws-upgrade", "RFC 6455 4.1 (2), 4.2.1 (3)",
             "the Upgrade field contains websocket",
             "a proxy in between may have removed the Upgrade field", 426},
    RuleInfo{ws_connection, "ws-connection", "RFC 6455 4.1 (3), 4.2.1 (4)",
             "the Connection field contains Upgrade",
             "a proxy in between may have removed it", 400},
    RuleInfo{ws_key, "ws-key", "RFC 6455 4.2.1 (5)",
             "Sec-WebSocket-Key is sent once and is 16 bytes in base64",
             "", 400},
    RuleInfo{ws_version, "ws-version", "RFC 6455 4.2.1 (6)",
             "Sec-WebSocket-Version is 13",
             "", 426},
    RuleInfo{ws_version_single, "ws-version-single", "RFC 6455 11.3.5",
             "a request names one Sec-WebSocket-Version",
             "only a server's answer lists several", 400},
    RuleInfo{ws_protocol_list, "ws-protocol-list", "RFC 6455 4.1 (10)",
             "Sec-WebSocket-Protocol lists unique tokens, none of them empty",
             "a subprotocol is a token: no space, comma or slash", 400},
    RuleInfo{ws_extension_list, "ws-extension-list", "RFC 6455 9.1",
             "Sec-WebSocket-Extensions lists tokens with parameters NAME or NAME=VALUE",
             "", 400},
    RuleInfo{ws_request_body, "ws-request-body", "RFC 6455 4.1, RFC 9110 9.3.1",
             "an opening handshake has no body",
             "the body would be read as frames", 400},
    RuleInfo{ws_accept, "ws-accept", "RFC 6455 4.1 (4)",
             "Sec-WebSocket-Accept is sent once and is the base64 of the SHA-1 of key and GUID",
             "the answer was not made for this request: a cached or hand-written reply?", 400},
    RuleInfo{ws_protocol_answer, "ws-protocol-answer", "RFC 6455 4.1 (6), 11.3.4",
             "a server answers with at most one subprotocol, one that the client offered",
             "offer it with --subprotocol", 400},
    RuleInfo{ws_extension_answer, "ws-extension-answer", "RFC 6455 4.1 (5), 9.1",
             "a server answers with extensions that the client offered, each once",
             "", 400},
    RuleInfo{ws_deflate_answer, "ws-deflate-answer", "RFC 7692 7.1",
             "the answer to permessage-deflate keeps to the offer, each parameter well-formed and once",
             "--no-deflate does without the extension", 400},
    RuleInfo{ws_deflate_offer, "ws-deflate-offer", "RFC 7692 7.1",
             "an offer of permessage-deflate has known parameters, each well-formed and once",
             "a server declines such an offer, and takes the next one or none", 0, kNote},

    RuleInfo{ws_rsv, "ws-rsv", "RFC 6455 5.2",
             "RSV1, RSV2 and RSV3 MUST be 0 unless an extension defines them",
             "RSV1 on data without permessage-deflate: the peer compresses unasked", 1002},
    RuleInfo{ws_opcode, "ws-opcode", "RFC 6455 5.2",
             "an opcode is 0, 1, 2, 8, 9 or 10; an unknown one MUST fail the connection",
             "the stream may have lost its frame boundaries earlier", 1002},
    RuleInfo{ws_mask_missing, "ws-mask-missing", "RFC 6455 5.1",
             "a client MUST mask every frame it sends",
             "", 1002},
    RuleInfo{ws_mask_forbidden, "ws-mask-forbidden", "RFC 6455 5.1",
             "a server MUST NOT mask a frame it sends",
             "", 1002},
    RuleInfo{ws_mask_key, "ws-mask-key", "RFC 6455 5.3",
             "a client MUST pick a fresh masking key for each frame",
             "two frames in a row with one key: no unpredictable source of keys", 0, kShould},
    RuleInfo{ws_length_minimal, "ws-length-minimal", "RFC 6455 5.2",
             "the minimal number of bytes MUST be used to encode the length",
             "", 1002},
    RuleInfo{ws_length_top_bit, "ws-length-top-bit", "RFC 6455 5.2",
             "the most significant bit of a 64-bit length MUST be 0",
             "", 1002},
    RuleInfo{ws_control_size, "ws-control-size", "RFC 6455 5.5",
             "a control frame MUST have a payload of 125 bytes or less",
             "", 1002},
    RuleInfo{ws_control_fragmented, "ws-control-fragmented", "RFC 6455 5.5",
             "a control frame MUST NOT be fragmented",
             "", 1002},
    RuleInfo{ws_continuation_unexpected, "ws-continuation-unexpected", "RFC 6455 5.4",
             "a continuation frame follows a fragment without FIN",
             "", 1002},
    RuleInfo{ws_continuation_missing, "ws-continuation-missing", "RFC 6455 5.4",
             "a new message MUST NOT begin inside a fragmented one",
             "only control frames may come between fragments", 1002},
    RuleInfo{ws_after_close, "ws-after-close", "RFC 6455 5.5.1",
             "a data frame MUST NOT be sent after a Close frame",
             "the other side no longer looks at it", 0},

    RuleInfo{ws_deflate, "ws-deflate", "RFC 7692 7.2.2",
             "a compressed message is whole DEFLATE blocks that refer only to the agreed window",
             "a sender that kept its window, although it agreed not to, looks like this too", 1007},
    RuleInfo{ws_text_utf8, "ws-text-utf8", "RFC 6455 8.1",
             "a text message is valid UTF-8",
             "send other bytes as a binary message", 1007},
    RuleInfo{ws_close_size, "ws-close-size", "RFC 6455 5.5.1",
             "the body of a Close frame is empty or begins with a 2-byte code",
             "", 1002},
    RuleInfo{ws_close_code, "ws-close-code", "RFC 6455 7.4",
             "a Close frame carries a code that may be sent: 1000-1003, 1007-1014, 3000-4999",
             "", 1002},
    RuleInfo{ws_close_utf8, "ws-close-utf8", "RFC 6455 5.5.1, 8.1",
             "the reason in a Close frame is valid UTF-8",
             "a reason cut at 123 bytes may end inside a character", 1007},
    RuleInfo{ws_message_size, "ws-message-size", "RFC 6455 10.4",
             "a message is no larger than the limit of this side",
             "--max-message raises the limit", 1009, kLimit},
    RuleInfo{ws_fragment_count, "ws-fragment-count", "RFC 6455 10.4",
             "a message has at most 262144 fragments",
             "", 1008, kLimit},

    RuleInfo{sse_utf8, "sse-utf8", "HTML 9.2.5",
             "an event stream is UTF-8; what is not becomes U+FFFD",
             "a charset in Content-Type does not change the encoding", 0, kNote},
    RuleInfo{sse_field, "sse-field", "HTML 9.2.6",
             "a line is a comment, or a field data, event, id or retry; others are ignored",
             "names are compared exactly: Data, or data with a space before the colon, is another", 0, kNote},
    RuleInfo{sse_id, "sse-id", "HTML 9.2.6",
             "an id holds no U+0000; a field with one is ignored",
             "", 0, kNote},
    RuleInfo{sse_retry, "sse-retry", "HTML 9.2.6",
             "a retry time is ASCII digits, a 64-bit number of milliseconds; any other is ignored",
             "no sign, space, unit or decimal point", 0, kNote},
    RuleInfo{sse_event_size, "sse-event-size", "HTML 2.1.8",
             "an event is no larger than the limit of this side",
             "--max-event raises the limit", 0, kLimit},
};
// clang-format on

constexpr bool rows_stand_in_order() {
  for (std::size_t i = 0; i < kRules.size(); ++i) {
    if (static_cast<std::size_t>(kRules[i].rule) != i) return false;
  }
  return true;
}
static_assert(rows_stand_in_order(), "a row stands where its enumerator says");
static_assert(kRules.size() == static_cast<std::size_t>(sse_event_size) + 1);

}  // namespace

const RuleInfo& info(Rule rule) {
  return kRules[static_cast<std::size_t>(rule)];
}

std::span<const RuleInfo> all_rules() {
  return kRules;
}

}  // namespace diag
