#include "ws/deflate_offer.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "ws/deflate.h"

namespace ws {
namespace {

using http::Extension;
using http::Parameter;

constexpr std::string_view kServerFresh = "server_no_context_takeover";
constexpr std::string_view kClientFresh = "client_no_context_takeover";
constexpr std::string_view kServerBits = "server_max_window_bits";
constexpr std::string_view kClientBits = "client_max_window_bits";

/// 8 to 15, without a leading zero.
std::optional<std::uint8_t> parse_bits(std::string_view text) {
  const auto bits = text.starts_with('0') ? std::nullopt : parse_integer(text, 15);
  if (!bits || *bits < 8) return std::nullopt;
  return static_cast<std::uint8_t>(*bits);
}

/// Reads one parameter of an offer or an answer into `read`; false: RFC 7692 7.1 knows no such.
bool take(const Parameter& parameter, DeflateOffer& read) {
  const auto set = [&](bool& flag) {
    return !parameter.value && !std::exchange(flag, true);  // not twice
  };
  if (parameter.name == kServerFresh) return set(read.server_no_context_takeover);
  if (parameter.name == kClientFresh) return set(read.client_no_context_takeover);
  const auto bits = parameter.value ? parse_bits(*parameter.value) : std::nullopt;
  if (parameter.name == kServerBits) {
    if (!bits || read.server_max_window_bits) return false;
    read.server_max_window_bits = bits;
    return true;
  }
  if (parameter.name != kClientBits || read.names_client_window) return false;
  if (parameter.value && !bits) return false;
  read.names_client_window = true;
  read.client_max_window_bits = bits;
  return true;
}

}  // namespace

std::string to_text(const DeflateOffer& offer) {
  std::string text(kDeflateName);
  const auto add = [&](std::string_view name, std::optional<std::uint8_t> value = std::nullopt) {
    text += fmt::format("; {}", name);
    if (value) text += fmt::format("={}", *value);
  };
  if (offer.server_no_context_takeover) add(kServerFresh);
  if (offer.client_no_context_takeover) add(kClientFresh);
  if (offer.server_max_window_bits) add(kServerBits, offer.server_max_window_bits);
  if (offer.names_client_window) add(kClientBits, offer.client_max_window_bits);
  return text;
}

Result<DeflateOffer> parse_deflate_offer(std::string_view parameters) {
  const std::string hint =
      fmt::format("{} and {} take no value, {} takes one from 8 to 15, {} may; each once",
                  kServerFresh, kClientFresh, kServerBits, kClientBits);
  DeflateOffer offer;
  if (trim_spaces(parameters).empty()) return offer;
  const std::string element = fmt::format("{};{}", kDeflateName, parameters);
  const auto extensions = http::parse_extensions({element});
  if (!extensions) return Error{"these are no parameters NAME or NAME=VALUE, divided by ;", hint};
  for (const Parameter& parameter : extensions->front().parameters) {
    if (take(parameter, offer)) continue;
    std::string shown = parameter.name;
    if (parameter.value) shown += "=" + *parameter.value;
    return Error{fmt::format("\"{}\" is no parameter of {}, or stands twice", shown, kDeflateName),
                 hint};
  }
  return offer;
}

std::optional<DeflateOffer> read_deflate_offer(const Extension& element) {
  DeflateOffer read;
  for (const Parameter& parameter : element.parameters) {
    if (!take(parameter, read)) return std::nullopt;
  }
  return read;
}

std::optional<DeflateAnswer> answer_deflate(std::span<const Extension> offers,
                                            const DeflateParameters& wish) {
  for (const Extension& extension : offers) {
    if (extension.name != kDeflateName) continue;
    const auto offer = read_deflate_offer(extension);
    if (!offer) continue;
    const std::uint8_t bits =
        std::min(offer->server_max_window_bits.value_or(15), wish.server_max_window_bits);
    if (bits < kMinDeflateBits) continue;  // it could be agreed to, but not kept

    DeflateOffer answer;
    // 7.1.1.1 and 7.1.2.1: what was asked for has to be confirmed.
    answer.server_no_context_takeover =
        offer->server_no_context_takeover || wish.server_no_context_takeover;
    if (offer->server_max_window_bits || bits < 15) answer.server_max_window_bits = bits;
    // 7.1.1.2: a client that says so will keep no window, and then neither do we.
    answer.client_no_context_takeover =
        offer->client_no_context_takeover || wish.client_no_context_takeover;
    // 7.1.2.2: only when the client has named it.
    const std::uint8_t client_bits =
        std::min(offer->client_max_window_bits.value_or(15), wish.client_max_window_bits);
    if (offer->names_client_window && wish.client_max_window_bits < 15) {
      answer.names_client_window = true;
      answer.client_max_window_bits = client_bits;
    }
    return DeflateAnswer{
        .agreed = {.server_no_context_takeover = answer.server_no_context_takeover,
                   .client_no_context_takeover = answer.client_no_context_takeover,
                   .server_max_window_bits = bits,
                   .client_max_window_bits = answer.client_max_window_bits.value_or(15)},
        .text = to_text(answer)};
  }
  return std::nullopt;
}

std::optional<DeflateParameters> accept_deflate(const DeflateOffer& offer,
                                                const Extension& extension) {
  const auto answer = read_deflate_offer(extension);
  if (!answer) return std::nullopt;
  // 7.1.1.1, 7.1.2.1: what was asked for is confirmed, the window perhaps smaller.
  if (offer.server_no_context_takeover && !answer->server_no_context_takeover) return std::nullopt;
  if (offer.server_max_window_bits &&
      answer->server_max_window_bits.value_or(16) > *offer.server_max_window_bits) {
    return std::nullopt;
  }
  // 7.1.2.2: only when offered, with a value, and no larger one.
  const std::uint8_t client_bits = offer.client_max_window_bits.value_or(15);
  if (answer->names_client_window) {
    if (!offer.names_client_window) return std::nullopt;
    if (answer->client_max_window_bits.value_or(16) > client_bits) return std::nullopt;
  }
  return DeflateParameters{
      .server_no_context_takeover = answer->server_no_context_takeover,
      .client_no_context_takeover =
          offer.client_no_context_takeover || answer->client_no_context_takeover,
      .server_max_window_bits = answer->server_max_window_bits.value_or(15),
      .client_max_window_bits = answer->client_max_window_bits.value_or(client_bits)};
}

}  // namespace ws
