// The one table of protocol rules. Every check that an endpoint makes on what came over the wire is
// a row here: what the rule is called, where it stands, what it says, what to do about it, and what
// an endpoint answers. A broken rule travels as a Violation, three numbers and no text. Errors of
// the operating system are not rules.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace diag {

enum class Rule : std::uint8_t {
  // HTTP/1.1 heads
  http_request_line,
  http_status_line,
  http_version,
  http_line_end,
  http_control_character,
  http_field_name,
  http_line_folding,
  http_target,
  http_method,
  http_host,
  http_body_length,
  http_chunk,
  http_target_size,
  http_head_size,
  http_field_count,
  // The opening handshake
  ws_method,
  ws_http_version,
  ws_upgrade,
  ws_connection,
  ws_key,
  ws_version,
  ws_version_single,
  ws_protocol_list,
  ws_extension_list,
  ws_request_body,
  ws_accept,
  ws_protocol_answer,
  ws_extension_answer,
  ws_deflate_answer,
  ws_deflate_offer,
  // Frames
  ws_rsv,
  ws_opcode,
  ws_mask_missing,
  ws_mask_forbidden,
  ws_mask_key,
  ws_length_minimal,
  ws_length_top_bit,
  ws_control_size,
  ws_control_fragmented,
  ws_continuation_unexpected,
  ws_continuation_missing,
  ws_after_close,
  // Messages
  ws_deflate,
  ws_text_utf8,
  ws_close_size,
  ws_close_code,
  ws_close_utf8,
  ws_message_size,
  ws_fragment_count,
  // Event streams
  sse_utf8,
  sse_field,
  sse_id,
  sse_retry,
  sse_event_size,
};

/// `must`: the peer broke a MUST. `limit`: what came is legal, but more than this side takes
/// (RFC 6455 10.4). An endpoint fails on both. `should`: the sender was to do otherwise, and no
/// receiver acts on it. `note`: the standard says how to go on, and so does an endpoint, but hardly
/// as the sender meant it.
enum class Severity : std::uint8_t { must, limit, should, note };

struct RuleInfo {
  Rule rule = Rule::http_request_line;
  std::string_view id;    ///< stable name, `ws-rsv`
  std::string_view cite;  ///< `RFC 6455 5.2`
  std::string_view must;  ///< the rule, one sentence in lower case without a full stop
  std::string_view hint;  ///< the likely cause or cure, one line
  /// What an endpoint answers with: an HTTP status (below 1000) during the opening handshake, a
  /// Close code (1000 and up) afterwards; 0 in an event stream, which goes one way.
  std::uint16_t answer = 0;
  Severity severity = Severity::must;
};

struct Violation {
  Rule rule = Rule::http_request_line;
  std::uint64_t offset =
      0;                  ///< of the byte that shows it, from the start of this direction's stream
  std::uint64_t got = 0;  ///< the value that broke the rule: an opcode, a length, a code, a byte
};

const RuleInfo& info(Rule rule);

/// All rows, in the order of the enumeration.
std::span<const RuleInfo> all_rules();

}  // namespace diag
