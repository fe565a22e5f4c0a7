// An HTTP answer of one go: status, fields and a short text for people, after which the connection
// ends. The 101 that opens a WebSocket is not one of these.
#pragma once

#include <ctime>
#include <string>
#include <string_view>
#include <vector>

#include "diag/rule.h"
#include "ws/handshake.h"

namespace stream_echo {

struct Answer {
  unsigned status = 200;
  std::string text;  ///< the body without its last line end; may have several lines
  std::vector<ws::FieldLine> fields = {};  ///< beside those that every answer has
  bool with_body = true;                   ///< false for HEAD
  /// What Access-Control-Allow-Origin says: `*`, an origin, or empty for no such field.
  std::string allow_origin = "*";
};

/// The rule in words, with the status that it asks for and the fields that go with that status.
Answer answer_to(const diag::Violation& violation);

/// The bytes to send; `now` is for the Date field (RFC 9110 6.6.1).
std::string to_http(const Answer& answer, std::time_t now);

/// "Not Found" for 404, of the statuses used here.
std::string_view reason_phrase(unsigned status);

}  // namespace stream_echo
