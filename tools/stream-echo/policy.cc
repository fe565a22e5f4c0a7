#include "policy.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "base/text.h"
#include "cli/escape.h"

namespace stream_echo {
namespace {

struct Origin {
  std::string scheme;
  std::string_view host;
  std::uint16_t port = 0;
};

std::uint16_t default_port(std::string_view scheme) {
  if (scheme == "http" || scheme == "ws") return 80;
  if (scheme == "https" || scheme == "wss") return 443;
  return 0;
}

/// RFC 6454 6.2: scheme "://" host [ ":" port ]. Any scheme, because pages of editors and browser
/// extensions have their own. `null` is none.
std::optional<Origin> parse_origin(std::string_view text) {
  const std::size_t colon = text.find("://");
  if (colon == text.npos || colon == 0) return std::nullopt;
  const auto authority = http::parse_authority(text.substr(colon + 3));
  if (!authority) return std::nullopt;
  Origin origin;
  for (const char c : text.substr(0, colon)) origin.scheme += ascii_lower(c);
  origin.host = authority->host;
  origin.port = authority->port.value_or(default_port(origin.scheme));
  return origin;
}

bool matches(const OriginRule& rule, const Origin& origin, const http::HostPort& host,
             std::string_view own_scheme) {
  switch (rule.kind) {
    case OriginRule::Kind::any: return true;
    case OriginRule::Kind::same:
      return origin.scheme == own_scheme && equals_ignoring_case(origin.host, host.host) &&
             origin.port == host.port.value_or(default_port(own_scheme));
    case OriginRule::Kind::exact:
      return origin.scheme == rule.scheme && equals_ignoring_case(origin.host, rule.host) &&
             origin.port == rule.port;
  }
  return false;
}

}  // namespace

Result<OriginRule> parse_origin_rule(std::string_view text) {
  if (text == "*") return OriginRule{.kind = OriginRule::Kind::any};
  if (text == "same") return OriginRule{.kind = OriginRule::Kind::same};
  const std::string_view url = text.ends_with('/') ? text.substr(0, text.size() - 1) : text;
  const auto origin = parse_origin(url);
  if (!origin) {
    return Error{fmt::format("\"{}\" is not same, * or a URL such as https://example.com",
                             cli::escape(text, cli::Escape::line)),
                 {}};
  }
  return OriginRule{.kind = OriginRule::Kind::exact,
                    .scheme = origin->scheme,
                    .host = std::string(origin->host),
                    .port = origin->port};
}

bool host_allowed(const Policy& policy, std::string_view host) {
  return http::is_loopback(host) || std::ranges::any_of(policy.hosts, [&](const std::string& name) {
           return equals_ignoring_case(name, host);
         });
}

bool origin_allowed(const Policy& policy, std::string_view origin, const http::HostPort& host) {
  const auto any = [](const OriginRule& rule) { return rule.kind == OriginRule::Kind::any; };
  if (std::ranges::any_of(policy.origins, any)) return true;  // `null` too
  const auto parsed = parse_origin(origin);
  if (!parsed) return false;
  if (policy.origins.empty()) return http::is_loopback(parsed->host);
  const std::string_view own_scheme = policy.secure ? "https" : "http";
  return std::ranges::any_of(policy.origins, [&](const OriginRule& rule) {
    return matches(rule, *parsed, host, own_scheme);
  });
}

bool request_origin_allowed(const Policy& policy, http::Fields fields, const http::HostPort& host) {
  const http::Field* const origin = http::find_field(fields, "Origin");
  if (origin == nullptr) return true;  // not a browser
  return http::count_fields(fields, "Origin") == 1 && origin_allowed(policy, origin->value, host);
}

std::string origin_to_name(const Policy& policy, http::Fields fields, const http::HostPort& host) {
  const http::Field* const origin = http::find_field(fields, "Origin");
  if (origin == nullptr) return "*";
  const bool allowed = request_origin_allowed(policy, fields, host);
  return allowed ? std::string(origin->value) : std::string();
}

std::string_view path_of(std::string_view target) {
  target = target.substr(0, target.find('?'));
  if (target.starts_with('/')) return target;
  const std::size_t scheme_end = target.find("://");
  if (scheme_end == target.npos) return target;  // `*`, or the authority of a CONNECT
  const std::size_t slash = target.find('/', scheme_end + 3);
  return slash == target.npos ? "/" : target.substr(slash);
}

std::string_view query_of(std::string_view target) {
  const std::size_t mark = target.find('?');
  return mark == target.npos ? std::string_view{} : target.substr(mark + 1);
}

std::vector<QueryItem> query_items(std::string_view query) {
  std::vector<QueryItem> items;
  while (!query.empty()) {
    const std::string_view item = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(item.size() + 1, query.size()));
    const std::size_t equals = std::min(item.find('='), item.size());
    if (item.empty()) continue;
    items.push_back({item.substr(0, equals), item.substr(std::min(equals + 1, item.size()))});
  }
  return items;
}

bool path_fits(std::string_view row, std::string_view path) {
  return row.ends_with('/') ? path.starts_with(row) : path == row;
}

std::string url_of(const http::Head& head, std::string_view scheme) {
  const std::size_t scheme_end = head.target.find("://");
  const bool is_absolute = !head.target.starts_with('/') && scheme_end != head.target.npos;
  if (is_absolute) return fmt::format("{}{}", scheme, head.target.substr(scheme_end));
  return fmt::format("{}://{}{}", scheme, http::find_field(head.fields, "Host")->value,
                     head.target);
}

std::string choose_protocol(const Policy& policy, const std::vector<std::string>& offers) {
  for (const std::string& offer : offers) {
    if (std::ranges::find(policy.protocols, offer) != policy.protocols.end()) return offer;
  }
  return {};
}

}  // namespace stream_echo
