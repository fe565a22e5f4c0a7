#include "sse_request.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "base/bytes.h"
#include "base/text.h"
#include "base/utf8.h"
#include "cli/escape.h"
#include "http/url.h"
#include "policy.h"

namespace stream_echo {
namespace {

// Longer is a slip, and a day is beyond what any connection lives.
constexpr Duration kMaxPause = std::chrono::hours(24);

// As much as a request may carry.
constexpr std::uint64_t kMaxContent = std::uint64_t{1} << 20;

// Beyond that a time between two messages is none, in microseconds.
constexpr std::uint64_t kMaxPerSecond = 1'000'000;

constexpr std::array<std::string_view, 15> kNames = {
    "count", "start", "interval", "tps",  "duration", "ttft",      "heartbeat",  "retry",
    "event", "data",  "size",     "echo", "id",       "reasoning", "lastEventId"};

Error bad(std::string_view name, std::string_view value, std::string_view wanted) {
  return {fmt::format("{}: \"{}\" is not {}", name, cli::escape(value, cli::Escape::line), wanted),
          {}};
}

Result<void> read_number(std::string_view name, std::string_view value, std::uint64_t& number) {
  const auto read = parse_integer(value);
  if (!read || *read > kMaxSseCount) {
    return bad(name, value, fmt::format("a whole number up to {}", kMaxSseCount));
  }
  number = *read;
  return {};
}

Result<void> read_pause(std::string_view name, std::string_view value, Duration& pause) {
  const auto read = parse_duration(value);
  if (!read || *read < Duration(0) || *read > kMaxPause) {
    return bad(name, value, "a time such as 250ms, at most a day");
  }
  pause = *read;
  return {};
}

Result<void> take(std::string_view name, std::string_view value, SseRequest& request) {
  if (name == "count") return read_number(name, value, request.count);
  if (name == "start") return read_number(name, value, request.start);
  if (name == "interval") return read_pause(name, value, request.interval);
  if (name == "ttft") return read_pause(name, value, request.first_after);
  if (name == "heartbeat") return read_pause(name, value, request.heartbeat);
  if (name == "duration") return read_pause(name, value, request.duration.emplace());
  if (name == "tps") {
    const auto read = parse_integer(value);
    if (!read || *read == 0 || *read > kMaxPerSecond) {
      return bad(name, value, fmt::format("a whole number from 1 to {}", kMaxPerSecond));
    }
    request.interval = std::chrono::duration_cast<Duration>(std::chrono::seconds(1)) / *read;
    return {};
  }
  if (name == "size") {
    const auto read = parse_size(value);
    if (!read || *read > kMaxContent) return bad(name, value, "a size such as 64k, at most 1M");
    request.content.emplace(static_cast<std::size_t>(*read), 'x');
    return {};
  }
  if (name == "retry") {
    std::uint64_t retry_ms = 0;
    if (auto read = read_number(name, value, retry_ms); !read) return read.error();
    request.retry_ms = retry_ms;
  } else if (name == "event") {
    // A line end in the type would begin a field of the client's choice (9.2.5).
    if (value.find_first_of("\r\n") != value.npos) return bad(name, value, "one line");
    request.type.clear();
    append_valid_utf8(request.type, as_bytes(value));
  } else if (name == "data") {
    append_valid_utf8(request.content.emplace(), as_bytes(value));
  } else if (name == "reasoning") {
    request.reasoning.clear();
    append_valid_utf8(request.reasoning, as_bytes(value));
  } else if (name == "echo") {
    if (value != "body") return bad(name, value, "body");
    request.echoes_body = true;
  } else if (name == "id") {
    request.names_id = true;
    request.numbered = value != "none";
  } else if (name == "lastEventId") {
    request.last_event_id = value;
  }
  return {};
}

}  // namespace

Result<SseRequest> parse_sse_request(std::string_view query, std::string_view last_event_id,
                                     SseRequest defaults) {
  SseRequest request = std::move(defaults);
  for (const auto& [name, raw] : query_items(query)) {
    const auto value = http::percent_decoded(raw);
    if (!value) return bad(name, raw, "percent-encoded");
    if (auto taken = take(name, *value, request); !taken) return taken.error();
  }
  if (!last_event_id.empty()) request.last_event_id = last_event_id;
  if (request.duration && request.count > 0) {
    request.interval =
        Duration(request.duration->count() / static_cast<Duration::rep>(request.count));
  }
  request.next = request.start;
  const auto last = parse_integer(request.last_event_id);
  if (last && *last >= request.start && *last - request.start < request.count) {
    request.next = *last + 1;
  }
  return request;
}

bool is_sse_parameter(std::string_view name) {
  return std::ranges::find(kNames, name) != kNames.end();
}

}  // namespace stream_echo
