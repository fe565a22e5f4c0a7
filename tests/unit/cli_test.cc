// Behaviour of common/cli as a user of the four tools meets it: how words are read, what the error
// lines say, that help fits a terminal, and that nothing a peer sent can drive the terminal.
#include <array>
#include <cstdio>
#include <fstream>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "cli/escape.h"
#include "cli/exit.h"
#include "cli/help.h"
#include "cli/option.h"
#include "cli/parse.h"
#include "cli/suggest.h"
#include "cli/term.h"
#include "cli/value.h"

namespace {

using cli::Escape;
using cli::Takes;
using Strings = std::vector<std::string>;

constexpr cli::Option kHttp[] = {
    {.name = "header",
     .letter = 'H',
     .takes = Takes::many,
     .arg = "LINE",
     .group = "Handshake",
     .help = "Send this header line in the opening handshake",
     .doc = "Add LINE to the opening request. See *data*; a lone * or a*b is no reference."},
    {.name = "insecure",
     .letter = 'k',
     .group = "TLS",
     .help = "Accept any certificate",
     .doc = "Do not verify the peer."},
    {.name = "silent", .letter = 's', .group = "Output", .help = "Say nothing", .doc = "Quiet."},
    {.name = "ipv4", .letter = '4', .group = "Output", .help = "Use IPv4", .doc = "IPv4 only."},
};
constexpr cli::Option kOwn[] = {
    {.name = "data",
     .letter = 'd',
     .takes = Takes::many,
     .arg = "TEXT",
     .group = "Messages",
     .help = "Send TEXT as one message",
     .doc = "Send TEXT.\nA second paragraph that is long enough to be wrapped over more than one "
            "line of the terminal, because it goes on and on about *json* and *header*."},
    {.name = "json",
     .takes = Takes::many,
     .arg = "TEXT",
     .group = "Messages",
     .help = "Send TEXT as JSON",
     .doc = "As *data*."},
    {.name = "count",
     .letter = 'n',
     .takes = Takes::one,
     .arg = "N",
     .group = "Messages",
     .help = "Stop after N messages",
     .doc = "Stop."},
    {.name = "deflate",
     .letter = 'z',
     .takes = Takes::attached,
     .arg = "PARAMS",
     .group = "Handshake",
     .help = "Offer compression",
     .doc = "Offer it."},
    {.name = "follow", .letter = 'f', .group = "Output", .help = "Follow", .doc = "Go on."},
    {.name = "no-buffer", .letter = 'N'},
};
constexpr std::span<const cli::Option> kGroups[] = {kHttp, kOwn};
constexpr cli::Tool kTool{.name = "ws-cat",
                          .summary = "Netcat for WebSocket",
                          .usage = "[OPTIONS] URL",
                          .groups = kGroups,
                          .min_operands = 1,
                          .max_operands = 1,
                          .operand = "URL"};
constexpr cli::Tool kRunner{.name = "stream-echo",
                            .summary = "A server",
                            .usage = "[OPTIONS] [-- CMD ARG...]",
                            .groups = kGroups,
                            .takes_command = true};
constexpr cli::Tool kBytes{.name = "frame-dump",
                           .summary = "A dump",
                           .usage = "[BYTE...]",
                           .groups = kGroups,
                           .max_operands = 1000,
                           .operand = "BYTE"};

Result<cli::Parsed> parse(std::vector<const char*> words, const cli::Tool& tool = kTool) {
  return cli::parse(tool, words);
}

// "header=X; count=2; | URL | -- command"
std::string show(const Result<cli::Parsed>& parsed) {
  if (!parsed) return "error: " + parsed.error().message + " / " + parsed.error().hint;
  std::string out;
  for (const cli::Value& value : parsed->values) {
    out += std::string(value.option->name) + "=" + value.text + "; ";
  }
  for (const std::string& operand : parsed->operands) out += "| " + operand + " ";
  for (const std::string& word : parsed->command) out += "$ " + word + " ";
  return out;
}

TEST(Parse, header_takes_exactly_one_argument_and_leaves_the_url) {
  EXPECT_EQ(show(parse({"-H", "A: b", "ws://x"})), "header=A: b; | ws://x ");
  EXPECT_EQ(show(parse({"-H", "A: b", "-H", "C: d", "ws://x"})),
            "header=A: b; header=C: d; | ws://x ");
  EXPECT_EQ(show(parse({"-HA: b", "ws://x"})), "header=A: b; | ws://x ");
}

TEST(Parse, empty_attached_value_does_not_take_the_url) {
  EXPECT_EQ(show(parse({"--header=", "ws://x"})), "header=; | ws://x ");
}

TEST(Parse, empty_values_and_empty_operands_are_kept) {
  EXPECT_EQ(show(parse({"-d", "", "--data", "", "--data=", ""})), "data=; data=; data=; |  ");
}

TEST(Parse, values_may_begin_with_a_dash) {
  EXPECT_EQ(show(parse({"-d", "-5", "-H", "-x", "--data", "--json", "-d-", "u"})),
            "data=-5; header=-x; data=--json; data=-; | u ");
  EXPECT_EQ(show(parse({"-d", "--", "u"})), "data=--; | u ");
  EXPECT_EQ(show(parse({"-d", "-", "u"})), "data=-; | u ");
}

TEST(Parse, values_in_brackets_braces_or_with_equals_signs_stay_whole) {
  EXPECT_EQ(show(parse({"-d", "[1,2]", "--json", "{}", "--data=a=b", "-d=c", "-d", "%%", "u"})),
            "data=[1,2]; json={}; data=a=b; data==c; data=%%; | u ");
  EXPECT_EQ(show(parse({"[1,2]"})), "| [1,2] ");
}

TEST(Parse, order_across_options_is_that_of_the_command_line) {
  EXPECT_EQ(show(parse({"-d", "a", "--json", "b", "-k", "-d", "c", "u", "-H", "h", "-k"})),
            "data=a; json=b; insecure=; data=c; header=h; insecure=; | u ");
}

TEST(Parse, letters_cluster_up_to_the_first_that_takes_a_value) {
  EXPECT_EQ(show(parse({"-ks4", "u"})), "insecure=; silent=; ipv4=; | u ");
  EXPECT_EQ(show(parse({"-skdx", "u"})), "silent=; insecure=; data=x; | u ");
  EXPECT_EQ(show(parse({"-skd", "x", "u"})), "silent=; insecure=; data=x; | u ");
  EXPECT_EQ(show(parse({"-zk", "u"})), "deflate=; insecure=; | u ");
}

TEST(Parse, optional_value_is_attached_and_never_the_next_word) {
  EXPECT_EQ(show(parse({"--deflate", "u"})), "deflate=; | u ");
  EXPECT_EQ(show(parse({"--deflate=a,b", "u"})), "deflate=a,b; | u ");
}

TEST(Parse, dash_alone_is_an_operand) {
  EXPECT_EQ(show(parse({"-"})), "| - ");
}

TEST(Parse, operands_after_two_dashes_may_look_like_options) {
  EXPECT_EQ(show(parse({"-k", "--", "--data"})), "insecure=; | --data ");
}

TEST(Parse, many_operands_keep_their_order) {
  EXPECT_EQ(show(parse({"81", "-k", "05", "--", "-1"}, kBytes)), "insecure=; | 81 | 05 | -1 ");
}

TEST(Parse, command_after_two_dashes_is_not_read) {
  EXPECT_EQ(show(parse({"-k", "--", "sh", "-c", "--", "x"}, kRunner)),
            "insecure=; $ sh $ -c $ -- $ x ");
  EXPECT_EQ(show(parse({"-d", "--", "-k"}, kRunner)), "data=--; insecure=; ");
  EXPECT_EQ(show(parse({"--"}, kRunner)), "error: no command given after -- / ");
}

TEST(Parse, last_value_wins_and_all_values_are_there) {
  const auto parsed = parse({"-n", "1", "--count=2", "-d", "a", "-d", "b", "u"});
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->last("count"), "2");
  EXPECT_EQ(parsed->last("json"), std::nullopt);
  EXPECT_EQ(parsed->all("data"), (std::vector<std::string_view>{"a", "b"}));
  EXPECT_TRUE(parsed->has("count"));
  EXPECT_FALSE(parsed->has("insecure"));
}

TEST(Parse, unknown_option_suggests_a_near_one) {
  EXPECT_EQ(show(parse({"--folow", "u"})),
            "error: option --folow: is unknown / did you mean --follow?");
  EXPECT_EQ(show(parse({"--haeder=x", "u"})),
            "error: option --haeder: is unknown / did you mean --header?");
  EXPECT_EQ(show(parse({"--xyzzy", "u"})),
            "error: option --xyzzy: is unknown / ws-cat --help lists the options");
}

TEST(Parse, abbreviation_is_unknown_but_suggested) {
  EXPECT_EQ(show(parse({"--ins", "u"})),
            "error: option --ins: is unknown / did you mean --insecure?");
}

TEST(Parse, unknown_letters_are_no_operands) {
  for (const char* word : {"-5", "-!", "-k!", "-k-s", "- ", "-Z", "---", "--!", "--=x"}) {
    EXPECT_NE(show(parse({word, "u"})).find("is unknown"), std::string::npos) << word;
  }
  EXPECT_EQ(show(parse({"-kZ", "u"})),
            "error: option -Z: is unknown / ws-cat --help lists the options");
}

TEST(Parse, control_characters_of_the_command_line_are_escaped_in_errors) {
  EXPECT_EQ(show(parse({"--\x1b[2J", "u"})),
            "error: option --\\x1b[2J: is unknown / ws-cat --help lists the options");
}

TEST(Parse, missing_value_names_it) {
  EXPECT_EQ(show(parse({"u", "--count"})),
            "error: option --count: needs a value N / ws-cat --help count explains it");
  EXPECT_EQ(show(parse({"u", "-kn"})),
            "error: option --count: needs a value N / ws-cat --help count explains it");
}

TEST(Parse, flag_takes_no_value) {
  EXPECT_EQ(show(parse({"--insecure=yes", "u"})), "error: option --insecure: takes no value / ");
}

TEST(Parse, count_of_operands_is_checked) {
  EXPECT_EQ(show(parse({"-k"})), "error: no URL given / ws-cat --help shows the usage");
  EXPECT_EQ(show(parse({"u", "v"})),
            "error: unexpected argument \"v\" / ws-cat --help shows the usage");
}

TEST(Parse, help_and_version_need_no_operand) {
  EXPECT_EQ(show(parse({"--help"})), "help=; ");
  EXPECT_EQ(show(parse({"-h", "tls"})), "help=tls; ");
  EXPECT_EQ(show(parse({"--help", "--data"})), "help=--data; ");
  EXPECT_EQ(show(parse({"-kV"})), "insecure=; version=; ");
}

TEST(Parse, broken_table_is_an_error_and_not_an_exception) {
  static constexpr cli::Option kTwice[] = {{.name = "a"}, {.name = "a"}};
  static constexpr std::span<const cli::Option> kTwiceGroups[] = {kTwice};
  EXPECT_FALSE(parse({}, {.name = "t", .groups = kTwiceGroups}));
}

TEST(Option, good_table_has_no_problems) {
  EXPECT_EQ(cli::problems(kTool), Strings{});
  EXPECT_EQ(cli::problems(kRunner), Strings{});
}

TEST(Option, each_flaw_of_a_table_is_found) {
  static constexpr cli::Option kBad[] = {
      {.name = "one", .letter = 'o', .group = "G", .help = "Do", .doc = "See *nothing*."},
      {.name = "one", .letter = 'o', .group = "G", .help = "Do", .doc = "It."},
      {.name = "two", .arg = "N", .group = "G", .help = "", .doc = ""},
      {.name = "three", .takes = Takes::one, .group = "G", .doc = "It."},
      {.name = "Four", .group = "G", .doc = "It."},
      {.name = "five",
       .group = "G",
       .help = "Do a thing that takes far more words than there are columns on any terminal",
       .doc = "It."},
      {.name = "six", .group = "G", .help = "Do", .doc = "It.", .words = "a b'"},
  };
  static constexpr std::span<const cli::Option> kBadGroups[] = {kBad};
  EXPECT_EQ(
      cli::problems({.name = "t", .groups = kBadGroups}),
      (Strings{"t: option --one: doc refers to *nothing*, which is no option",
               "t: option --one: is listed twice", "t: option --one: letter -o is taken already",
               "t: option --two: names a value but takes none", "t: option --two: has no help",
               "t: option --two: has no doc", "t: option --three: takes a value without naming it",
               "t: option --three: has no help",
               "t: option --Four: name has other characters than a-z, 0-9, '-' and '.'",
               "t: option --Four: has no help", "t: option --five: help line is 91 columns wide",
               "t: option --six: offers values but takes none",
               "t: option --six: offers \"b'\", which is no plain word"}));
}

TEST(Help, every_line_fits_80_columns_and_names_its_option) {
  const auto text = cli::help(kTool, "");
  ASSERT_TRUE(text);
  std::size_t begin = 0;
  for (std::size_t end = 0; (end = text->find('\n', begin)) != std::string::npos; begin = end + 1) {
    EXPECT_LE(end - begin, 80u) << text->substr(begin, end - begin);
  }
  EXPECT_EQ(begin, text->size());
  EXPECT_NE(text->find("usage: ws-cat [OPTIONS] URL\nNetcat for WebSocket\n"), std::string::npos);
  EXPECT_NE(text->find("  -h, --help [CATEGORY]  Show help"), std::string::npos) << *text;
  EXPECT_EQ(text->find("no-buffer"), std::string::npos) << *text;
}

TEST(Help, category_is_found_in_either_case) {
  const auto text = cli::help(kTool, "handSHAKE");
  ASSERT_TRUE(text);
  EXPECT_EQ(*text,
            "Handshake:\n"
            "  -H, --header LINE       Send this header line in the opening handshake\n"
            "  -z, --deflate[=PARAMS]  Offer compression\n");
}

TEST(Help, option_is_explained_in_full) {
  const auto text = cli::help(kTool, "--data");
  ASSERT_TRUE(text);
  EXPECT_EQ(*text,
            "-d, --data TEXT\n"
            "    Send TEXT as one message\n"
            "\n"
            "    Send TEXT.\n"
            "\n"
            "    A second paragraph that is long enough to be wrapped over more than one\n"
            "    line of the terminal, because it goes on and on about --json and --header.\n");
  EXPECT_EQ(*cli::help(kTool, "-d"), *text);
  EXPECT_EQ(*cli::help(kTool, "data"), *text);
  EXPECT_NE(cli::help(kTool, "-H")->find("See --data; a lone * or a*b"), std::string::npos);
}

TEST(Help, unknown_topic_lists_the_categories) {
  const auto text = cli::help(kTool, "nope\n");
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().message, "option --help: \"nope\\n\" is neither a category nor an option");
  EXPECT_EQ(text.error().hint, "the categories are Handshake, TLS, Output, Messages, General");
  EXPECT_EQ(*cli::help(kTool, "category"), "Handshake\nTLS\nOutput\nMessages\nGeneral\n");
}

TEST(Help, version_names_tool_and_suite) {
  const std::string version = cli::version(kTool);
  EXPECT_TRUE(version.starts_with("ws-cat ")) << version;
  EXPECT_TRUE(version.ends_with(" (streamutils)\n")) << version;
  const std::string number = version.substr(7, version.find(' ', 7) - 7);
  EXPECT_EQ(cli::product(kTool), "ws-cat/" + number);
}

template <typename T>
std::string said(const Result<T>& result) {
  return result ? "no error" : result.error().message;
}

TEST(Value, number_outside_its_range_is_refused_with_the_range) {
  EXPECT_EQ(*cli::integer("count", "7", 1, 9), 7u);
  EXPECT_EQ(said(cli::integer("count", "x", 1, 9)),
            "option --count: \"x\" is not a whole number between 1 and 9");
  EXPECT_EQ(said(cli::integer("count", "10", 1, 9)),
            "option --count: \"10\" is not a whole number between 1 and 9");
  EXPECT_EQ(said(cli::integer("count", "0", 1)),
            "option --count: \"0\" is not a whole number of at least 1");
  EXPECT_EQ(said(cli::integer("count", "-1")), "option --count: \"-1\" is not a whole number");
}

TEST(Value, size_and_time_say_how_they_are_written) {
  EXPECT_EQ(*cli::size("max-message", "64k"), 65536u);
  EXPECT_EQ(said(cli::size("max-message", "1x")),
            "option --max-message: \"1x\" is not a size such as 4096, 64k or 10M");
  EXPECT_EQ(said(cli::size("max-message", "2k", 0, 1024)),
            "option --max-message: \"2k\" is not a size of at most 1024");
  EXPECT_EQ(cli::duration("max-time", "250ms")->count(), 250000);
  EXPECT_EQ(said(cli::duration("max-time", "soon")),
            "option --max-time: \"soon\" is not a time such as 2, 0.5, 250ms or 1m");
}

TEST(Value, wrong_choice_lists_the_words_and_suggests_one) {
  constexpr std::array<std::string_view, 3> kWords = {"lines", "jsonl", "hex"};
  EXPECT_EQ(*cli::choice("to", "jsonl", kWords), 1u);
  const auto wrong = cli::choice("to", "json", kWords);
  EXPECT_EQ(said(wrong), "option --to: \"json\" is not one of lines, jsonl, hex");
  EXPECT_EQ(wrong.error().hint, "did you mean jsonl?");
}

TEST(Value, file_is_read_whole_and_a_missing_one_is_named) {
  const std::string path = testing::TempDir() + "cli_test_file";
  const std::string content = "a\0b\n" + std::string(200000, 'x');
  std::ofstream(path, std::ios::binary) << content;
  EXPECT_EQ(*cli::read_file(path), content);
  std::remove(path.c_str());
  EXPECT_EQ(said(cli::read_file("/nonexistent")),
            "cannot open /nonexistent: No such file or directory");
  EXPECT_EQ(said(cli::read_file("/")), "cannot read /: Is a directory");
}

TEST(Suggest, swap_counts_once_and_far_words_are_not_offered) {
  constexpr std::array<std::string_view, 3> kWords = {"url", "header", "hex"};
  EXPECT_EQ(cli::nearest("hxe", kWords), "hex");
  EXPECT_EQ(cli::nearest("foo", kWords), "");
  EXPECT_EQ(cli::nearest("", kWords), "");
}

std::string line(std::string_view text) {
  return cli::escape(text, Escape::line);
}
std::string message(std::string_view text) {
  return cli::escape(text, Escape::message);
}

TEST(Escape, window_title_cannot_be_set) {
  EXPECT_EQ(line("\x1b]0;pwn\x07"), "\\x1b]0;pwn\\x07");
  EXPECT_EQ(message("\x1b]0;pwn\x07"), "\\x1b]0;pwn\\x07");
}

TEST(Escape, backslashes_stay_in_what_is_to_be_read) {
  EXPECT_EQ(cli::escape("\\frac{a}\n\t\x1b\u202e", Escape::reading), "\\frac{a}\n\t\\x1b\\u202e");
}

TEST(Escape, line_ends_and_tabs_stay_in_a_message_only) {
  EXPECT_EQ(message("a\tb\r\n"), "a\tb\\r\n");
  EXPECT_EQ(line("a\tb\r\n"), "a\\tb\\r\\n");
  EXPECT_EQ(message("\u2028\u2029"), "\u2028\u2029");
  EXPECT_EQ(line("\u2028\u2029"), "\\u2028\\u2029");
}

TEST(Escape, every_control_is_escaped) {
  for (int c = 0; c < 0x20; ++c)
    EXPECT_EQ(line(std::string(1, static_cast<char>(c)))[0], '\\') << c;
  EXPECT_EQ(line("\x7f"), "\\x7f");
  EXPECT_EQ(line(std::string_view("\0", 1)), "\\x00");
}

TEST(Escape, c1_is_escaped_as_a_byte_and_as_a_code_point) {
  EXPECT_EQ(line("\x9b"
                 "2J"),
            "\\x9b2J");
  EXPECT_EQ(line("\xc2\x9b"
                 "2J"),
            "\\u009b2J");
  EXPECT_EQ(line("\xc2\x80\xc2\x9f\xc2\xa0"), "\\u0080\\u009f\xc2\xa0");
}

TEST(Escape, bidi_controls_are_escaped) {
  EXPECT_EQ(message("a\u202eb\u2066c\u2069\u200e\u200f\u061c\u202a"),
            "a\\u202eb\\u2066c\\u2069\\u200e\\u200f\\u061c\\u202a");
}

TEST(Escape, printable_text_of_any_script_stays) {
  const std::string text = "plain \u00e4 \u20ac \u05d0 \U0001f600 \"quoted\" {}";
  EXPECT_EQ(line(text), text);
  EXPECT_EQ(line("\\"), "\\\\");
}

TEST(Escape, bytes_that_are_not_utf8_are_shown_one_by_one) {
  EXPECT_EQ(line("\xff"), "\\xff");
  EXPECT_EQ(line("\xc0\xaf"), "\\xc0\\xaf");                    // overlong
  EXPECT_EQ(line("\xe0\x80\x80"), "\\xe0\\x80\\x80");           // overlong
  EXPECT_EQ(line("\xed\xa0\x80"), "\\xed\\xa0\\x80");           // surrogate
  EXPECT_EQ(line("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");  // above U+10FFFF
  EXPECT_EQ(line("\xe2\x82"
                 "A"),
            "\\xe2\\x82A");                                     // cut by a letter
  EXPECT_EQ(line("\xe2\x82\xe2\x82\xac"), "\\xe2\\x82\u20ac");  // cut by a good one
  EXPECT_EQ(line("\xf0\x9f\x98"), "\\xf0\\x9f\\x98");           // cut by the end
  EXPECT_EQ(line("\xe2\x1b"), "\\xe2\\x1b");
}

std::string escape_pieces(std::string_view a, std::string_view b, std::string_view c, Escape mode) {
  std::string out;
  cli::Escaper escaper(mode);
  escaper.append(out, a);
  escaper.append(out, b);
  escaper.append(out, c);
  escaper.finish(out);
  return out;
}

TEST(Escape, every_split_gives_the_same_output) {
  const std::string_view text =
      "a\\\u20ac\U0001f600\u202e\x1b["
      "m\xe2\x82z\xf0\x9f\xc2\x9b\xc2\n\xed\xa0\x80\u2028\xf0\x9f\x98";
  for (const Escape mode : {Escape::message, Escape::line, Escape::reading}) {
    const std::string whole = cli::escape(text, mode);
    for (std::size_t i = 0; i <= text.size(); ++i) {
      for (std::size_t j = i; j <= text.size(); ++j) {
        EXPECT_EQ(escape_pieces(text.substr(0, i), text.substr(i, j - i), text.substr(j), mode),
                  whole)
            << "split at " << i << " and " << j;
      }
    }
  }
}

TEST(Escape, escaper_is_as_new_after_finish) {
  std::string out;
  cli::Escaper escaper(Escape::line);
  escaper.append(out, "\xe2\x82");
  escaper.finish(out);
  escaper.append(out, "\xac");
  escaper.finish(out);
  EXPECT_EQ(out, "\\xe2\\x82\\xac");
}

// The inverse, for text that escape() made.
std::string unescape(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      out += text[i];
      continue;
    }
    const char kind = text.at(++i);
    if (kind == 'n') out += '\n';
    if (kind == 'r') out += '\r';
    if (kind == 't') out += '\t';
    if (kind == '\\') out += '\\';
    if (kind != 'x' && kind != 'u') continue;
    const std::size_t digits = kind == 'x' ? 2 : 4;
    const unsigned long code = std::stoul(std::string(text.substr(i + 1, digits)), nullptr, 16);
    i += digits;
    if (kind == 'x') {
      out += static_cast<char>(code);
    } else if (code < 0x800) {
      out += static_cast<char>(0xc0 | (code >> 6));
      out += static_cast<char>(0x80 | (code & 0x3f));
    } else {
      out += static_cast<char>(0xe0 | (code >> 12));
      out += static_cast<char>(0x80 | ((code >> 6) & 0x3f));
      out += static_cast<char>(0x80 | (code & 0x3f));
    }
  }
  return out;
}

TEST(Escape, random_bytes_come_back_and_pieces_do_not_matter) {
  // Bytes that make up code points, and cut ones, more often than chance would.
  constexpr std::string_view kSpice = "\\xun\xe2\x80\xae\xc2\x9b\xf0\x9f\x98\x80\xed\xa0\xd8\x9c\n";
  std::mt19937 random(1);
  for (int round = 0; round < 20000; ++round) {
    std::string text(random() % 24, '\0');
    for (char& c : text) {
      c = random() % 2 == 0 ? kSpice[random() % kSpice.size()] : static_cast<char>(random());
    }
    const Escape mode = round % 2 == 0 ? Escape::line : Escape::message;
    const std::string escaped = cli::escape(text, mode);
    ASSERT_EQ(unescape(escaped), text) << escaped;
    ASSERT_EQ(cli::escape(unescape(escaped), mode), escaped);
    std::string bytewise;
    cli::Escaper escaper(mode);
    for (const char& c : text) escaper.append(bytewise, {&c, 1});
    escaper.finish(bytewise);
    ASSERT_EQ(bytewise, escaped);
  }
}

// What `speak` makes a Talk write.
template <typename Speak>
std::string heard(bool silent, Speak speak) {
  std::array<int, 2> ends{};
  EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  cli::Talk talk("ws-cat", silent);
  talk.set_fd(ends[1]);
  speak(talk);
  ::close(ends[1]);
  std::array<char, 4096> buffer{};
  const ssize_t count = ::read(ends[0], buffer.data(), buffer.size());
  ::close(ends[0]);
  return {buffer.data(), count > 0 ? static_cast<std::size_t>(count) : 0};
}

void say_everything(cli::Talk& talk) {
  talk.error("no URL given", "try harder");
  talk.error("bad");
  talk.note("closed by server: 1011");
  talk.verbose("* details");
}

TEST(Talk, errors_have_a_prefix_and_hints_a_line) {
  EXPECT_EQ(heard(false, say_everything),
            "ws-cat: no URL given\nhint: try harder\nws-cat: bad\n"
            "ws-cat: closed by server: 1011\n");
}

TEST(Talk, silent_prints_nothing) {
  EXPECT_EQ(heard(true, say_everything), "");
}

TEST(Talk, details_come_with_verbosity) {
  EXPECT_EQ(heard(true,
                  [](cli::Talk& talk) {
                    talk.set_verbosity(1);
                    say_everything(talk);
                  }),
            "* details\n");
}

TEST(Talk, color_marks_the_tool_and_the_hint) {
  EXPECT_EQ(heard(false,
                  [](cli::Talk& talk) {
                    talk.set_look({.terminal = true, .color = true});
                    talk.error("bad", "better");
                  }),
            "\x1b[1;31mws-cat:\x1b[0m bad\n\x1b[2mhint: better\x1b[0m\n");
}

TEST(Look, pipe_has_color_only_when_it_is_demanded) {
  const int fd = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  EXPECT_FALSE(cli::look_of(fd, cli::ColorMode::automatic).color);
  EXPECT_FALSE(cli::look_of(fd, cli::ColorMode::automatic).terminal);
  EXPECT_TRUE(cli::look_of(fd, cli::ColorMode::always).color);
  EXPECT_FALSE(cli::look_of(fd, cli::ColorMode::never).color);
  ::close(fd);
}

TEST(Look, terminal_has_color_unless_no_color_or_a_dumb_one) {
  const int fd = ::posix_openpt(O_RDWR | O_NOCTTY);
  ASSERT_TRUE(fd >= 0 && ::isatty(fd) == 1) << "no pseudo terminal here";
  ::unsetenv("NO_COLOR");
  ::setenv("TERM", "xterm", 1);
  EXPECT_TRUE(cli::look_of(fd, cli::ColorMode::automatic).color);
  ::setenv("NO_COLOR", "", 1);
  EXPECT_TRUE(cli::look_of(fd, cli::ColorMode::automatic).color);
  ::setenv("NO_COLOR", "1", 1);
  EXPECT_FALSE(cli::look_of(fd, cli::ColorMode::automatic).color);
  EXPECT_TRUE(cli::look_of(fd, cli::ColorMode::automatic).terminal);
  ::unsetenv("NO_COLOR");
  ::setenv("TERM", "dumb", 1);
  EXPECT_FALSE(cli::look_of(fd, cli::ColorMode::automatic).color);
  ::close(fd);
}

TEST(Exit, codes_are_curls_below_100) {
  EXPECT_EQ(cli::to_int(cli::Exit::ok), 0);
  EXPECT_EQ(cli::to_int(cli::Exit::refused), 22);
  EXPECT_EQ(cli::to_int(cli::Exit::cut), 56);
  EXPECT_EQ(cli::to_int(cli::Exit::violation), 100);
  EXPECT_EQ(cli::to_int(cli::Exit::interrupted), 130);
}

}  // namespace
