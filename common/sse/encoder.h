// Writes an event stream (HTML Living Standard 9.2.5): a parser gives back what was put in, and
// nothing that was put in becomes a field, a comment or a message that was not meant.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/output_buffer.h"
#include "base/result.h"

namespace sse {

/// What goes out together; what is absent is not written. Text is to be UTF-8 (append_valid_utf8()
/// makes it that); it is passed on as it is.
struct Block {
  /// What follows the colon. Each of its lines becomes a comment.
  std::optional<std::string_view> comment = {};
  std::optional<std::uint64_t> retry_ms = {};  ///< the reconnection time
  /// The last event ID string from here on; empty: none. Without CR, LF and NUL.
  std::optional<std::string_view> id = {};
  std::string_view type = {};  ///< the event type, without CR and LF; empty: "message"
  /// Lines end at CR LF, CR or LF; the receiver gets LF. Without data there is no message.
  std::optional<std::string_view> data = {};
};

/// Appends `block`. A comment alone goes without the blank line, at which some clients dispatch
/// even when there is nothing to dispatch. An error says what cannot be written; then nothing is.
Result<void> encode(OutputBuffer& out, const Block& block);

}  // namespace sse
