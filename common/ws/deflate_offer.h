// permessage-deflate as it is negotiated (RFC 7692 section 7.1), on both sides: what is offered,
// what is answered, and what is agreed then. No compression happens here.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "http/field.h"

namespace ws {

inline constexpr std::string_view kDeflateName = "permessage-deflate";

/// What both ends have agreed on. A window is that of whoever compresses: the server's messages
/// need no more than 2^server_max_window_bits bytes of it.
struct DeflateParameters {
  bool server_no_context_takeover = false;
  bool client_no_context_takeover = false;
  std::uint8_t server_max_window_bits = 15;  ///< 8 to 15
  std::uint8_t client_max_window_bits = 15;

  bool operator==(const DeflateParameters&) const = default;
};

/// One offer of a client's.
struct DeflateOffer {
  bool server_no_context_takeover = false;
  bool client_no_context_takeover = false;
  std::optional<std::uint8_t> server_max_window_bits = {};
  bool names_client_window = false;  ///< client_max_window_bits, with or without a value
  std::optional<std::uint8_t> client_max_window_bits = {};

  bool operator==(const DeflateOffer&) const = default;
};

/// As browsers offer it.
inline constexpr DeflateOffer kUsualOffer = {.names_client_window = true};

/// `permessage-deflate; client_max_window_bits`
std::string to_text(const DeflateOffer& offer);

/// What a user writes: `client_no_context_takeover; server_max_window_bits=10`, without the name of
/// the extension; nothing is an offer without parameters. The error names the parameter.
Result<DeflateOffer> parse_deflate_offer(std::string_view parameters);

struct DeflateAnswer {
  DeflateParameters agreed;
  std::string text;  ///< the value of Sec-WebSocket-Extensions
};

/// A server's answer to the first of `offers` that can be accepted; nullopt: none can, and the
/// connection does without. `wish` is what the server would like, as far as the client allows it.
std::optional<DeflateAnswer> answer_deflate(std::span<const http::Extension> offers,
                                            const DeflateParameters& wish = {});

/// One element of a client's list; nullopt: it has parameters that RFC 7692 7.1 does not know, or
/// one of them twice or malformed, so that a server has to decline it.
std::optional<DeflateOffer> read_deflate_offer(const http::Extension& element);

/// A client's look at the answer to `offer`; nullopt: RFC 7692 7.1 forbids it. What the client has
/// promised holds even if the answer does not mention it.
std::optional<DeflateParameters> accept_deflate(const DeflateOffer& offer,
                                                const http::Extension& answer);

}  // namespace ws
