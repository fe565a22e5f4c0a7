#include "cli/shared_options.h"

namespace cli {

Outcome apply_talk(const Value& value, TalkArgs& args) {
  const std::string_view name = value.option->name;
  if (name == "silent") args.silent = true;
  if (name == "verbose") ++args.verbosity;
  if (name == "color") return assign_choice(value, args.color);
  if (name == "record") return assign(output_file(name, value.text), args.record);
  if (name == "record-secrets") args.record_secrets = true;
  return std::nullopt;
}

}  // namespace cli
