#include "cli/connection_options.h"

#include <fmt/format.h>

#include "cli/escape.h"
#include "cli/resolve_entry.h"

namespace cli {
namespace {

Outcome add_resolve(const std::string& text, std::vector<std::string>& entries) {
  if (!is_resolve_entry(text)) {
    return failed({fmt::format("option --resolve: \"{}\" is not HOST:PORT:ADDRESS",
                               escape(text, Escape::line)),
                   {}});
  }
  entries.push_back(text);
  return std::nullopt;
}

}  // namespace

Outcome apply_connection(const Value& value, ConnectionArgs& args) {
  const std::string_view name = value.option->name;
  if (name == "resolve") return add_resolve(value.text, args.resolve);
  if (name == "unix-socket") args.unix_socket = value.text;
  if (name == "connect-timeout") return assign_limit(value, args.connect_timeout);
  if (name == "max-time") return assign_limit(value, args.max_time);
  return std::nullopt;
}

}  // namespace cli
