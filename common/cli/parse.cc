// CLI11 2.1.2 collects the values, but reads some words unlike curl: an empty attached value takes
// the next word instead (`--header= URL`), an unknown option may pass for an operand (`-5`, `-k!`),
// `-k-s` becomes `--s`, and `[a,b]` may be split. So every word is respelled first: an option
// becomes `--name`, its value the next word. CLI11 then has one form to read and cannot mistake it.
#include "cli/parse.h"

#include <map>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "cli/escape.h"
#include "cli/suggest.h"

namespace cli {
namespace {

// An option as CLI11 sees it: what may have a value always has one, an empty one if need be.
struct Respelled {
  std::vector<std::string> words;
  Parsed parsed;  ///< operands and command
};

Error unknown_option(const Tool& tool, std::string_view dashes, std::string_view name) {
  std::vector<std::string_view> names;
  for (const Option* option : all_options(tool)) {
    if (!option->group.empty()) names.push_back(option->name);
  }
  const std::string_view near = dashes == "--" ? nearest(name, names) : std::string_view{};
  return {.message = fmt::format("option {}{}: is unknown", dashes, escape(name, Escape::line)),
          .hint = near.empty() ? fmt::format("{} --help lists the options", tool.name)
                               : fmt::format("did you mean --{}?", near)};
}

class Respeller {
 public:
  Respeller(const Tool& tool, std::span<const char* const> arguments)
      : tool_(tool), arguments_(arguments) {}

  Result<Respelled> run() {
    while (!arguments_.empty()) {
      const std::string_view word = take();
      if (word == "--") {
        if (tool_.takes_command && arguments_.empty()) {
          return Error{.message = "no command given after --", .hint = {}};
        }
        auto& rest = tool_.takes_command ? out_.parsed.command : out_.parsed.operands;
        rest.insert(rest.end(), arguments_.begin(), arguments_.end());
        break;
      }
      Result<void> done;
      if (word.starts_with("--")) {
        done = long_option(word.substr(2));
      } else if (word.size() > 1 && word[0] == '-') {
        done = letters(word.substr(1));
      } else {
        out_.parsed.operands.emplace_back(word);
      }
      if (!done) return done.error();
    }
    return std::move(out_);
  }

 private:
  std::string_view take() {
    const std::string_view word = arguments_.front();
    arguments_ = arguments_.subspan(1);
    return word;
  }

  void put(const Option& option) { out_.words.push_back(fmt::format("--{}", option.name)); }

  void put(const Option& option, std::string_view value) {
    put(option);
    out_.words.emplace_back(value);
  }

  Result<void> long_option(std::string_view word) {
    const std::size_t equals = word.find('=');
    const std::string_view name = word.substr(0, equals);
    const Option* option = find_option(tool_, name);
    if (option == nullptr) return unknown_option(tool_, "--", name);
    if (equals == std::string_view::npos) return without_attached(*option);
    if (option->takes == Takes::none) {
      return Error{.message = fmt::format("option --{}: takes no value", name), .hint = {}};
    }
    put(*option, word.substr(equals + 1));
    return {};
  }

  // The letters of a cluster are flags, up to the first that takes a value: the rest is that.
  Result<void> letters(std::string_view cluster) {
    while (!cluster.empty()) {
      const Option* option = find_letter(tool_, cluster[0]);
      if (option == nullptr) return unknown_option(tool_, "-", cluster.substr(0, 1));
      cluster.remove_prefix(1);
      const bool rest_is_value = option->takes != Takes::none && option->takes != Takes::attached;
      if (rest_is_value && !cluster.empty()) {
        put(*option, cluster);
        return {};
      }
      if (Result<void> done = without_attached(*option); !done) return done;
    }
    return {};
  }

  Result<void> without_attached(const Option& option) {
    switch (option.takes) {
      case Takes::none: put(option); return {};
      case Takes::attached: put(option, ""); return {};
      case Takes::if_any: put(option, arguments_.empty() ? "" : take()); return {};
      case Takes::one:
      case Takes::many: break;
    }
    if (arguments_.empty()) {
      return Error{.message = fmt::format("option --{}: needs a value {}", option.name, option.arg),
                   .hint = fmt::format("{} --help {} explains it", tool_.name, option.name)};
    }
    put(option, take());
    return {};
  }

  const Tool& tool_;
  std::span<const char* const> arguments_;
  Respelled out_;
};

// CLI11 reports an order across options (parse_order) and the values of each (results); merged,
// they are the command line again.
std::vector<Value> collect(const Tool& tool, std::vector<std::string> words) {
  CLI::App app;
  app.set_help_flag();
  std::map<const CLI::Option*, const Option*> rows;
  for (const Option* option : all_options(tool)) {
    const std::string name = fmt::format("--{}", option->name);
    if (option->takes == Takes::none) {
      rows[app.add_flag(name)] = option;
      continue;
    }
    // Exactly one word each time, as often as one likes. allow_extra_args comes last, because the
    // others switch it on, and then a value would swallow the words after it.
    rows[app.add_option(name)
             ->type_size(1)
             ->expected(1)
             ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
             ->allow_extra_args(false)] = option;
  }
  app.parse(std::vector<std::string>(words.rbegin(), words.rend()));

  std::vector<Value> values;
  std::map<const CLI::Option*, std::size_t> taken;
  for (const CLI::Option* parsed : app.parse_order()) {
    const Option* option = rows.at(parsed);
    const std::size_t index = taken[parsed]++;
    values.push_back({.option = option,
                      .text = option->takes == Takes::none ? "" : parsed->results().at(index)});
  }
  return values;
}

}  // namespace

bool Parsed::has(std::string_view name) const {
  return last(name).has_value();
}

std::optional<std::string_view> Parsed::last(std::string_view name) const {
  for (auto value = values.rbegin(); value != values.rend(); ++value) {
    if (value->option->name == name) return value->text;
  }
  return std::nullopt;
}

std::vector<std::string_view> Parsed::all(std::string_view name) const {
  std::vector<std::string_view> texts;
  for (const Value& value : values) {
    if (value.option->name == name) texts.push_back(value.text);
  }
  return texts;
}

Error missing_operand(const Tool& tool) {
  return {.message = fmt::format("no {} given", tool.operand),
          .hint = fmt::format("{} --help shows the usage", tool.name)};
}

Result<Parsed> parse(const Tool& tool, std::span<const char* const> arguments) {
  Result<Respelled> respelled = Respeller(tool, arguments).run();
  if (!respelled) return respelled.error();
  Parsed parsed = std::move(respelled->parsed);
  try {
    parsed.values = collect(tool, std::move(respelled->words));
  } catch (const CLI::Error& error) {
    // Reached only when the table itself is wrong (a name twice): problems() says so in a test.
    return Error{.message = fmt::format("cannot read the options: {}", error.what()), .hint = {}};
  }
  for (const Option& option : kSharedOptions) {
    if (parsed.has(option.name)) return parsed;
  }
  if (parsed.operands.size() < tool.min_operands) return missing_operand(tool);
  if (parsed.operands.size() > tool.max_operands) {
    const std::string& extra = parsed.operands[tool.max_operands];
    return Error{.message = fmt::format("unexpected argument \"{}\"", escape(extra, Escape::line)),
                 .hint = fmt::format("{} --help shows the usage", tool.name)};
  }
  return parsed;
}

}  // namespace cli
