// A completion function in the language of bash 4 and later. Readline hands it words that are cut
// at = and : and @ as well (COMP_WORDBREAKS), and wants answers without what stands before the last
// cut; so the function joins the words first and shortens its answers at the end.
#include <algorithm>

#include <fmt/format.h>

#include "cli/complete.h"

namespace cli {
namespace {

constexpr std::string_view kFile = R"(# bash completion for @NAME@, made by `@NAME@ --generate=bash`

_@IDENTIFIER@() {
  local options='@OPTIONS@'
  local rest=${COMP_LINE:0:COMP_POINT} word cur option='' value prefix='' skip i
  local -a words=()
  COMPREPLY=()

  # Bash divides words further than the tool does, at = and : and @: join what touches.
  rest=${rest#*"${COMP_WORDS[0]}"}
  for ((i = 1; i <= COMP_CWORD; i++)); do
    word=${rest#"${rest%%[![:space:]]*}"}
    if ((i == 1)) || [[ $word != "$rest" ]]; then words+=(''); fi
    rest=${word#"${COMP_WORDS[i]}"}
    if ((i < COMP_CWORD)); then word=${COMP_WORDS[i]}; fi
    words[${#words[@]} - 1]+=$word
  done

  # The option, if any, whose value is next.
  for ((i = 0; i < ${#words[@]} - 1; i++)); do
    word=${words[i]}
    if [[ -n $option ]]; then option=''; continue; fi
    case $word in
      --)
@AFTER_DASHES@
        return ;;
      --*=*) ;;
      @TAKING_NAMES@) option=$word ;;
      --*) ;;
      -*) if [[ $word =~ ^-[@FLAG_LETTERS@]*[@TAKING_LETTERS@]$ ]]; then option=-${word: -1}; fi ;;
    esac
  done

  cur=${words[${#words[@]} - 1]}
  value=$cur
  if [[ -z $option && $cur == --*=* ]]; then
    option=${cur%%=*} value=${cur#*=} prefix=$option=
  fi
  # What stands before the last cut stays as it is; an @ belongs to what follows it.
  skip=${cur%"${cur##*[$COMP_WORDBREAKS]}"}
  skip=${skip%@}

  local -a answer=()
  case $option in
    '') if [[ $cur == -* ]]; then answer=(-W "$options"); fi ;;
@VALUES@
  esac
  if [[ ${#answer[@]} -eq 0 ]]; then return; fi
  while IFS= read -r word; do
    if [[ ${answer[0]} == -f ]]; then
      # With -o filenames the @ would be quoted, so directories and spaces are ours to care for.
      if [[ -d $word ]]; then word+=/; compopt -o nospace; fi
      printf -v word %q "$word"
    fi
    word=$prefix$word
    COMPREPLY+=("${word#"$skip"}")
  done < <(compgen "${answer[@]}" -- "$value")
}

complete -F _@IDENTIFIER@ @NAME@
)";

constexpr std::string_view kNoMore = "        # Nothing but operands can follow.";

constexpr std::string_view kCommand =
    R"(        # A command line of its own; bash-completion, where it is loaded, knows it better.
        for ((i = 1; i < COMP_CWORD; i++)); do
          if [[ ${COMP_WORDS[i]} == -- ]]; then break; fi
        done
        if declare -F _comp_command_offset >/dev/null; then
          _comp_command_offset $((i + 1))
        elif declare -F _command_offset >/dev/null; then
          _command_offset $((i + 1))
        elif ((i + 1 == COMP_CWORD)); then
          while IFS= read -r word; do
            COMPREPLY+=("$word")
          done < <(compgen -c -- "${COMP_WORDS[COMP_CWORD]}")
        else
          compopt -o default
        fi)";

// "--data | -d"
std::string spellings(const Option& option) {
  // A value after a letter belongs to the options that take the next word.
  const bool letter = option.letter != 0 && option.takes != Takes::attached;
  return letter ? fmt::format("--{} | -{}", option.name, option.letter)
                : fmt::format("--{}", option.name);
}

// What answers for the value of this option; empty: nothing does.
std::string answer(const Tool& tool, const Option& option) {
  if (const std::string words = offered_words(tool, option); !words.empty()) {
    return fmt::format("answer=(-W '{}')", words);
  }
  switch (option.offers) {
    case Offers::nothing: break;
    // Readline's own completion copes with quotes, spaces and ~ in names.
    case Offers::file: return "compopt -o default";
    case Offers::directory: return "compopt -o dirnames";
    case Offers::at_file:
      return "if [[ $value == @* ]]; then\n"
             "        value=${value#@} prefix+=@ answer=(-f)\n"
             "      fi";
  }
  return {};
}

// The lines of the `case` over options whose value is wanted; one for all that are answered alike.
std::string cases(const Tool& tool) {
  std::vector<std::pair<std::string, std::string>> answers;  // and the options that have it
  for (const Option* option : visible_options(tool)) {
    std::string body = answer(tool, *option);
    if (body.empty()) continue;
    const auto same = std::ranges::find(answers, body, &std::pair<std::string, std::string>::first);
    if (same == answers.end()) {
      answers.emplace_back(std::move(body), spellings(*option));
    } else {
      same->second += " | " + spellings(*option);
    }
  }
  std::string out;
  for (const auto& [body, options] : answers) {
    out += fmt::format("{}    {})\n      {} ;;", out.empty() ? "" : "\n", options, body);
  }
  return out;
}

}  // namespace

std::string bash_completion(const Tool& tool) {
  std::string names;
  std::string taking_names;
  std::string flag_letters;
  std::string taking_letters;
  for (const Option* option : visible_options(tool)) {
    const bool takes_next = option->takes != Takes::none && option->takes != Takes::attached;
    names += fmt::format("{}--{}", names.empty() ? "" : " ", option->name);
    if (option->letter != 0) {
      names += fmt::format(" -{}", option->letter);
      (takes_next ? taking_letters : flag_letters) += option->letter;
    }
    if (takes_next) {
      taking_names += fmt::format("{}--{}", taking_names.empty() ? "" : " | ", option->name);
    }
  }
  return replace(kFile, {{"@NAME@", std::string(tool.name)},
                         {"@IDENTIFIER@", identifier(tool)},
                         {"@OPTIONS@", names},
                         {"@TAKING_NAMES@", taking_names},
                         {"@FLAG_LETTERS@", flag_letters},
                         {"@TAKING_LETTERS@", taking_letters},
                         {"@AFTER_DASHES@", std::string(tool.takes_command ? kCommand : kNoMore)},
                         {"@VALUES@", cases(tool)}});
}

}  // namespace cli
