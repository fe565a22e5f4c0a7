// The files made from an option table: whatever a help text holds, it arrives as it is, and neither
// roff nor a shell reads it as its own language.
#include <set>
#include <span>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "cli/complete.h"
#include "cli/exit.h"
#include "cli/man.h"
#include "cli/mdoc.h"
#include "cli/option.h"
#include "diag/rule.h"

namespace {

using cli::Takes;

constexpr cli::Option kOptions[] = {
    {.name = "header",
     .letter = 'H',
     .takes = Takes::many,
     .arg = "LINE",
     .group = "Odd",
     .help = "Send LINE: don't [quote] \\ it",
     .doc = "A (see *mode*) and *mode*x. LINE, but not LINES.\n.So a dot 'begins' this: *mode*.",
     .offers = cli::Offers::at_file},
    {.name = "mode",
     .takes = Takes::attached,
     .arg = "WORD[:N]",
     .group = "Odd",
     .help = "Be so",
     .doc = "WORD and N.",
     .words = "fast slow"},
    {.name = "quiet", .letter = 'q', .group = "Odd", .help = "Say less ...", .doc = "Less."},
    {.name = "secret"},
};
constexpr std::span<const cli::Option> kGroups[] = {kOptions};
constexpr cli::Tool kTool = {.name = "odd-tool",
                             .summary = "odd",
                             .usage = "URL",
                             .groups = kGroups,
                             .min_operands = 1,
                             .max_operands = 1,
                             .operand = "URL"};

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != text.npos;
}

TEST(Man, option_has_a_heading_and_sentences_on_lines_of_their_own) {
  const std::string text = cli::man_options(kTool);
  const std::string_view expected =
      ".Ss Odd\n"
      ".Bl -tag -width Ds\n"
      ".It Fl H , Fl -header Ar LINE\n"
      "Send\n"
      ".Ar LINE :\n"
      "don\\(aqt [quote] \\e it.\n"
      "A (see\n"
      ".Fl -mode )\n"
      "and\n"
      ".Fl -mode Ns \\&x.\n"
      ".Ar LINE ,\n"
      "but not LINES.\n"
      ".Pp\n"
      "\\&.So a dot \\(aqbegins\\(aq this:\n"
      ".Fl -mode .\n"
      ".It Fl -mode Ns Oo = Ns Ar WORD[:N] Oc\n"
      "Be so.\n"
      ".Ar WORD\n"
      "and\n"
      ".Ar N .\n"
      ".It Fl q , Fl -quiet\n"
      "Say less ...\n"
      "Less.\n"
      ".El\n";
  EXPECT_EQ(text.substr(0, expected.size()), expected);
  EXPECT_TRUE(has(text, ".It Fl h , Fl -help Op Ar CATEGORY\n"));
  EXPECT_FALSE(has(text, "secret"));
  EXPECT_FALSE(has(text, "generate"));
}

TEST(Man, template_keeps_its_prose_and_an_example_its_characters) {
  const auto page = cli::man_page(
      kTool, ".Sh X\n@EXAMPLE@\n$ a-b '\\n' `c` \"d\" ~^\n.dot\n@END@\n@EXIT_STATUS 0 22@\nend");
  ASSERT_TRUE(page);
  EXPECT_EQ(*page,
            ".Sh X\n"
            ".Bd -literal -offset 3n\n"
            "$ a\\-b \\(aq\\en\\(aq \\(gac\\(ga \\(dqd\\(dq \\(ti\\(ha\n"
            "\\&.dot\n"
            ".Ed\n"
            ".Bl -tag -width Ds\n"
            ".It 0\n"
            "All went well, or standard output went away early.\n"
            ".It 22\n"
            "The server refused: its HTTP status or media type is not the one that is\n"
            "needed.\n"
            ".El\n"
            "end\n");
}

TEST(Man, template_with_a_mistake_is_refused_with_its_line) {
  const auto said = [](std::string_view text) {
    const auto page = cli::man_page(kTool, text);
    return page ? "no error" : page.error().message;
  };
  EXPECT_EQ(said("a\n@OPTION@\n"), "line 2 of the template: @OPTION@ is no placeholder");
  EXPECT_EQ(said("@EXIT_STATUS 1 22@\n"), "line 1 of the template: 1 is no exit code");
  EXPECT_EQ(said("@EXAMPLE@\n$ a\n"), "line 2 of the template: @EXAMPLE@ without @END@");
}

TEST(Man, every_rule_and_every_exit_code_is_on_the_page) {
  const auto page = cli::man_page(kTool, "@RULES@\n@EXIT_STATUS@\n");
  ASSERT_TRUE(page);
  for (const diag::RuleInfo& rule : diag::all_rules()) {
    EXPECT_TRUE(has(*page, ".It Sy " + cli::mdoc_escape(rule.id) + "\n")) << rule.id;
  }
  for (const cli::ExitInfo& info : cli::all_exits()) {
    EXPECT_TRUE(has(*page, ".It " + std::to_string(to_int(info.code)) + "\n")) << info.name;
  }
}

TEST(Mdoc, no_source_line_is_long_and_a_word_that_is_stands_alone) {
  cli::MdocText text;
  const std::string url = "https://" + std::string(100, 'x');
  text.words("Some words that come before, enough of them to fill more than a line of source, " +
             url + " and some after.");
  EXPECT_EQ(text.take(),
            "Some words that come before, enough of them to fill more than a line of\n"
            "source,\n" +
                url + "\nand some after.\n");
}

TEST(Exit, names_and_codes_are_unique) {
  std::set<std::string_view> names;
  int last = -1;
  for (const cli::ExitInfo& info : cli::all_exits()) {
    EXPECT_TRUE(names.insert(info.name).second) << info.name;
    EXPECT_GT(to_int(info.code), last);
    EXPECT_FALSE(info.meaning.empty() || info.meaning.ends_with('.')) << info.name;
    last = to_int(info.code);
  }
  EXPECT_EQ(last, 130);
}

TEST(Complete, help_texts_are_quoted_for_each_shell) {
  EXPECT_TRUE(
      has(cli::zsh_completion(kTool),
          R"('*--header=[Send LINE\: don'\''t \[quote\] \\ it]:LINE:{ compset -P @ && _files }')"));
  EXPECT_TRUE(has(cli::zsh_completion(kTool), R"('--mode=-[Be so]::WORD\[\:N\]:(fast slow)')"));
  EXPECT_TRUE(has(cli::fish_completion(kTool), R"(-d 'Send LINE: don\'t [quote] \\ it')"));
  EXPECT_TRUE(has(cli::fish_completion(kTool), "-l mode -a 'fast slow'"));
  EXPECT_TRUE(has(cli::bash_completion(kTool), "    --mode)\n      answer=(-W 'fast slow') ;;\n"));
}

TEST(Complete, attached_value_does_not_take_the_next_word) {
  const std::string text = cli::bash_completion(kTool);
  EXPECT_TRUE(has(text, "      --header | --help) option=$word ;;\n")) << text;
  EXPECT_TRUE(has(text, "^-[qV]*[Hh]$")) << text;
}

TEST(Complete, hidden_options_are_not_offered) {
  for (const std::string& text :
       {cli::bash_completion(kTool), cli::zsh_completion(kTool), cli::fish_completion(kTool)}) {
    EXPECT_FALSE(has(text, "--secret") || has(text, "-l secret")) << text;
  }
}

}  // namespace
