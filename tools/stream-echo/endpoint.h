// What is served beside the WebSocket: event streams, what is published to them, and a page. Which
// paths there are, what may be asked of each, and what a request asks for. Pure; the session serves
// it once all of the request has come.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "answer.h"
#include "http/body.h"
#include "http/head.h"
#include "model_request.h"
#include "policy.h"
#include "sse_request.h"

namespace stream_echo {

/// The most that a request may carry: what people send to an API, not what they upload.
inline constexpr std::size_t kMaxBody = std::size_t{1} << 20;

/// Of a channel's name, in bytes: it is meant to be typed, and is kept as long as the channel.
inline constexpr std::size_t kMaxChannelName = 64;

struct Endpoint {
  enum class Kind : std::uint8_t {
    page,      ///< `/`, for a browser
    messages,  ///< `/sse`: the demonstration stream
    channel,   ///< `/events/NAME`: the stream of what is published there
    publish,   ///< `/publish/NAME`
    model,     ///< `/v1/messages` and the like: what language models are asked by
    inspect,   ///< what inspect.h has
    mcp,       ///< `/mcp`: the Model Context Protocol
  };
  Kind kind = Kind::page;
  ModelApi model = ModelApi::chat;  ///< of `model`
  std::string url = {};             ///< what the client asked for, for the log
  std::string allow_origin = {};    ///< as Answer has it
  http::BodyLength body = {};       ///< what follows the head
  bool awaits_continue = false;     ///< the client sends that only when it is asked to
  bool knows_chunks = true;         ///< the client speaks HTTP/1.1
  bool head_only = false;           ///< HEAD
  SseRequest sse = {};              ///< of event streams; for `publish` the type is in it
  std::string channel = {};         ///< its name
};

/// What a request that wants no WebSocket asks for; nullopt: nothing of what is served here. `host`
/// is allowed, and `body` what its head says of the body.
std::optional<std::variant<Endpoint, Refusal>> find_endpoint(const http::Head& head,
                                                             const http::HostPort& host,
                                                             const Policy& policy,
                                                             const http::BodyLength& body);

/// Whose interface has that path; nullopt: no model's.
std::optional<ModelApi> model_at(std::string_view path);

/// The answer to a page that may not ask; nullopt: it may. `section` is what forbids it.
std::optional<Refusal> refuse_origin(const http::Head& head, const http::HostPort& host,
                                     const Policy& policy, std::string_view section);

/// 413, to what is longer than kMaxBody.
Refusal refuse_body();

/// 1 to kMaxChannelName unreserved characters (RFC 3986 2.3), which mean themselves in a URL.
bool is_channel_name(std::string_view name);

}  // namespace stream_echo
