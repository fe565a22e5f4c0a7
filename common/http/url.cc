#include "http/url.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"

namespace http {
namespace {

struct Scheme {
  std::string_view name;
  std::uint16_t port;
};
constexpr std::array<Scheme, 4> kSchemes = {
    {{"ws", 80}, {"wss", 443}, {"http", 80}, {"https", 443}}};

const Scheme* find_scheme(std::string_view name) {
  const auto* const found = std::find_if(kSchemes.begin(), kSchemes.end(), [&](const Scheme& s) {
    return equals_ignoring_case(s.name, name);
  });
  return found == kSchemes.end() ? nullptr : found;
}

bool is_host_char(char c) {
  constexpr std::string_view kMarks = "-._~!$&'()*+,;=%";
  return is_ascii_alpha(c) || is_ascii_digit(c) || kMarks.find(c) != kMarks.npos;
}

bool is_ipv6_char(char c) {
  const char lower = ascii_lower(c);
  return is_ascii_digit(c) || (lower >= 'a' && lower <= 'f') || c == ':' || c == '.';
}

std::string encoded_target(std::string_view text) {
  std::string target;
  if (text.empty() || text.front() == '?') target += '/';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      target += c;
    } else {
      target += fmt::format("%{:02X}", byte);
    }
  }
  return target;
}

Error url_error(std::string_view why, std::string_view hint = {}) {
  return {fmt::format("bad URL: {}", why), std::string(hint)};
}

/// `text` is no HOST:PORT: what of it is not.
Error authority_error(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  const std::string_view port = colon == text.npos ? "" : text.substr(colon + 1);
  const bool number = !port.empty() && std::all_of(port.begin(), port.end(), is_ascii_digit);
  if (number && !parse_integer(port, UINT16_MAX) && parse_authority(text.substr(0, colon))) {
    return url_error(fmt::format("port {} is above {}", port, UINT16_MAX));
  }
  return url_error(fmt::format("\"{}\" is not HOST or HOST:PORT", text),
                   "an IPv6 address stands in brackets: [::1]:8080");
}

Result<void> parse_user_info(std::string_view text, Url& url) {
  const std::size_t colon = text.find(':');
  url.user = percent_decoded(text.substr(0, colon));
  if (colon != text.npos) url.password = percent_decoded(text.substr(colon + 1));
  const bool decoded = url.user && (colon == text.npos || url.password);
  if (!decoded) return url_error("a % in the user information is not followed by two hex digits");
  return {};
}

}  // namespace

std::optional<std::string> percent_decoded(std::string_view text) {
  std::string plain;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      plain += text[at];
      continue;
    }
    const auto byte = from_hex(text.substr(at + 1, 2));
    if (!byte || byte->size() != 1) return std::nullopt;
    plain += static_cast<char>(byte->front());
    at += 2;
  }
  return plain;
}

std::string Url::authority() const {
  const std::string name = host.find(':') == host.npos ? host : fmt::format("[{}]", host);
  const Scheme* const known = find_scheme(scheme);
  return known != nullptr && known->port == port ? name : fmt::format("{}:{}", name, port);
}

std::string Url::text() const {
  return fmt::format("{}://{}{}", scheme, authority(), target);
}

Result<Url> parse_url(std::string_view text, std::string_view default_scheme) {
  const bool has_control = std::any_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) <= 0x20 || c == 0x7F;
  });
  if (has_control)
    return url_error("a space or control character in it", "write it as %20, %0A ...");
  if (text.find('#') != text.npos) {  // RFC 6455 3: fragment identifiers MUST NOT be used
    return url_error("a fragment (#...) cannot be sent", "write a literal # as %23");
  }

  std::size_t separator = text.find("://");
  if (separator > text.find_first_of("/?")) separator = text.npos;  // HOST/?to=ws://OTHER
  if (const std::size_t slashes = text.find("//");
      separator == text.npos && find_scheme(text.substr(0, slashes)) != nullptr) {
    return url_error(
        fmt::format("no colon behind \"{}\"", text.substr(0, slashes)),
        fmt::format("did you mean {}:{}?", text.substr(0, slashes), text.substr(slashes)));
  }
  const std::string_view name = separator == text.npos ? default_scheme : text.substr(0, separator);
  if (separator != text.npos) text.remove_prefix(separator + 3);
  const Scheme* const scheme = find_scheme(name);
  if (scheme == nullptr) {
    return url_error(fmt::format("scheme \"{}\" is not supported", name),
                     "use ws://, wss://, http:// or https://");
  }

  Url url;
  url.scheme = scheme->name;
  const std::size_t authority_end = std::min(text.find_first_of("/?"), text.size());
  std::string_view authority = text.substr(0, authority_end);
  url.target = encoded_target(text.substr(authority_end));

  if (const std::size_t at = authority.rfind('@'); at != authority.npos) {
    if (auto parsed = parse_user_info(authority.substr(0, at), url); !parsed) return parsed.error();
    authority.remove_prefix(at + 1);
  }
  const auto host_port = parse_authority(authority);
  if (!host_port) return authority_error(authority);
  url.host = host_port->host;
  url.port = host_port->port.value_or(scheme->port);
  return url;
}

std::optional<HostPort> parse_authority(std::string_view text) {
  HostPort result;
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == text.npos) return std::nullopt;
    result.host = text.substr(1, end - 1);
    text.remove_prefix(end + 1);
    if (!std::all_of(result.host.begin(), result.host.end(), is_ipv6_char)) return std::nullopt;
  } else {
    const std::size_t end = std::min(text.find(':'), text.size());
    result.host = text.substr(0, end);
    text.remove_prefix(end);
    if (!std::all_of(result.host.begin(), result.host.end(), is_host_char)) return std::nullopt;
  }
  if (result.host.empty()) return std::nullopt;
  if (text.empty() || text == ":") return result;
  if (text.front() != ':') return std::nullopt;
  const auto port = parse_integer(text.substr(1), UINT16_MAX);
  if (!port || *port == 0) return std::nullopt;
  result.port = static_cast<std::uint16_t>(*port);
  return result;
}

bool is_loopback(std::string_view host) {
  constexpr std::string_view kName = "localhost";
  if (host == "::1") return true;
  if (host.starts_with("127.")) {
    return std::all_of(host.begin(), host.end(),
                       [](char c) { return is_ascii_digit(c) || c == '.'; });
  }
  if (host.size() < kName.size()) return false;
  const std::string_view tail = host.substr(host.size() - kName.size());
  if (!equals_ignoring_case(tail, kName)) return false;
  return host.size() == kName.size() || host[host.size() - kName.size() - 1] == '.';
}

}  // namespace http
