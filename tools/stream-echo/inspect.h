// Answers that let a client see what it has sent, and what it makes of what it gets: the request as
// JSON, any status, redirects, authentication, a late answer. Pure: a whole request in, its answer
// out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "answer.h"
#include "http/head.h"

namespace stream_echo {

/// A request, and who it is from.
struct Seen {
  const http::Head& head;
  std::string_view body = {};
  std::string_view peer = {};        ///< its address, as the log has it
  std::uint64_t conn = 0;            ///< its number in the log
  std::size_t connection_count = 0;  ///< that are open, this one among them
  bool secure = false;               ///< it came by TLS
};

/// The most that /redirect/ sends a client around: beyond what any of them follows.
inline constexpr std::uint64_t kMaxRedirects = 1000;

/// Whether inspect() answers there: /anything and all below it, /headers, /status/N, /redirect/N,
/// /basic-auth, /basic-auth/USER/PASSWORD, /bearer, /delay/TIME, /health.
bool is_inspected(std::string_view path);

/// The answer to a request for such a path, 400 if what follows in it cannot be. What is said for
/// the log names neither fields nor passwords. What `seen` shows outlives an answer that is late.
LateAnswer inspect(const Seen& seen);

}  // namespace stream_echo
