#include "cli/resolve_entry.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <string>

#include "base/text.h"

namespace cli {
namespace {

/// What stands before the next `mark`, which is taken away with it.
std::string_view take_part(std::string_view& text, char mark) {
  const std::size_t end = std::min(text.find(mark), text.size());
  const std::string_view part = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return part;
}

/// As between the slashes of a URL: an IPv6 address in brackets has colons of its own.
std::string_view take_host(std::string_view& text) {
  const std::size_t end = text.starts_with('[') ? text.find(']') : text.npos;
  if (end == text.npos) return take_part(text, ':');
  const std::string_view host = text.substr(0, end + 1);
  text.remove_prefix(end + 1);
  return take_part(text, ':').empty() ? host : std::string_view();
}

bool is_address(std::string_view text) {
  if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  const std::string name(text);
  return inet_pton(AF_INET, name.c_str(), bytes.data()) == 1 ||
         inet_pton(AF_INET6, name.c_str(), bytes.data()) == 1;
}

}  // namespace

bool is_resolve_entry(std::string_view text) {
  const bool removes = text.starts_with('-');
  if (removes || text.starts_with('+')) text.remove_prefix(1);
  const std::string_view host = take_host(text);
  const bool known = !host.empty() && parse_integer(take_part(text, ':'), UINT16_MAX).has_value();
  if (!known || removes) return known && text.empty();
  bool any = false;
  while (!text.empty()) {
    const std::string_view address = take_part(text, ',');
    if (address.empty()) continue;  // libcurl passes over it
    if (!is_address(address)) return false;
    any = true;
  }
  return any;
}

}  // namespace cli
