#include "sse/encoder.h"

#include <string>

#include "sse/line.h"

namespace sse {
namespace {

void append_line(OutputBuffer& out, std::string_view start, std::string_view text) {
  out.append(as_bytes(start));
  out.append(as_bytes(text));
  out.append(as_bytes("\n"));
}

/// The space belongs to the syntax, so that one at the front of `value` is kept.
void append_field(OutputBuffer& out, std::string_view name, std::string_view value) {
  out.append(as_bytes(name));
  append_line(out, value.empty() ? ":" : ": ", value);
}

/// Calls `take` with each line of `text`, an empty one behind a line end at the end, too.
template <typename Take>
void split_lines(std::string_view text, Take take) {
  for (;;) {
    const std::size_t size = scan_line(as_bytes(text)).size;
    take(text.substr(0, size));
    if (size == text.size()) return;
    text.remove_prefix(size);
    text.remove_prefix(text.starts_with("\r\n") ? 2 : 1);
  }
}

bool has_line_end(std::string_view text) {
  return scan_line(as_bytes(text)).size < text.size();
}

}  // namespace

Result<void> encode(OutputBuffer& out, const Block& block) {
  constexpr std::string_view kHint = "what follows a line end would be read as a field of its own";
  if (has_line_end(block.type)) return Error{"the event type holds a line end", std::string(kHint)};
  if (block.id && has_line_end(*block.id)) {
    return Error{"the id holds a line end", std::string(kHint)};
  }
  if (block.id && block.id->find('\0') != std::string_view::npos) {
    return Error{"the id holds U+0000", "a receiver ignores such an id"};
  }
  if (block.comment) {
    split_lines(*block.comment, [&](std::string_view line) { append_line(out, ":", line); });
  }
  if (block.retry_ms) append_field(out, "retry", std::to_string(*block.retry_ms));
  if (block.id) append_field(out, "id", *block.id);
  if (!block.type.empty()) append_field(out, "event", block.type);
  if (block.data) {
    split_lines(*block.data, [&](std::string_view line) { append_field(out, "data", line); });
  }
  const bool fields = block.retry_ms || block.id || !block.type.empty() || block.data;
  if (fields) out.append(as_bytes("\n"));
  return {};
}

}  // namespace sse
