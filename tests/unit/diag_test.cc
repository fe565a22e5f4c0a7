#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <set>

#include "diag/report.h"
#include "diag/rule.h"
#include "support/observed.h"
#include "support/sse_vectors.h"
#include "support/vectors.h"
#include "ws/close.h"

namespace {

/// Lower-case words with hyphens between: `ws-rsv`.
bool is_id(std::string_view id) {
  const bool letters = std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
  return letters && !id.empty() && id.front() != '-' && id.back() != '-' &&
         id.find("--") == id.npos;
}

TEST(DiagRule, ids_are_unique_and_well_formed) {
  std::set<std::string_view> seen;
  for (const diag::RuleInfo& rule : diag::all_rules()) {
    EXPECT_TRUE(is_id(rule.id)) << rule.id;
    const std::string prefix(rule.id.substr(0, rule.id.find('-')));
    EXPECT_THAT(prefix, testing::AnyOf("http", "ws", "sse"));
    EXPECT_TRUE(seen.insert(rule.id).second) << rule.id << " stands twice";
  }
}

TEST(DiagRule, row_is_found_by_its_enumerator) {
  for (const diag::RuleInfo& rule : diag::all_rules()) {
    EXPECT_EQ(diag::info(rule.rule).id, rule.id);
  }
}

TEST(DiagRule, sentences_and_hints_are_one_line_without_a_final_stop) {
  for (const diag::RuleInfo& rule : diag::all_rules()) {
    EXPECT_FALSE(rule.must.empty()) << rule.id;
    for (const std::string_view text : {rule.must, rule.hint, rule.cite}) {
      EXPECT_EQ(text.find('\n'), text.npos) << rule.id;
      EXPECT_FALSE(text.ends_with('.') && !text.ends_with("...")) << rule.id << ": " << text;
      EXPECT_FALSE(text.starts_with(' ') || text.ends_with(' ')) << rule.id << ": " << text;
    }
    // Lower case, but for names: RSV1, Sec-WebSocket-Key, HTTP/2.
    const bool capital = std::isupper(static_cast<unsigned char>(rule.must[0])) != 0;
    const bool word =
        rule.must.size() > 1 && std::islower(static_cast<unsigned char>(rule.must[1]));
    const bool field_name = rule.must.starts_with("Sec-WebSocket-");
    EXPECT_FALSE(capital && word && !field_name) << rule.id << ": " << rule.must;
  }
}

TEST(DiagRule, every_rule_cites_a_section_of_a_standard) {
  for (const diag::RuleInfo& rule : diag::all_rules()) {
    EXPECT_THAT(std::string(rule.cite), testing::MatchesRegex("(RFC [0-9]+|HTML) [0-9].*"))
        << rule.id;
  }
}

TEST(DiagRule, answer_is_an_http_error_before_the_upgrade_and_a_close_code_after_it) {
  for (const diag::RuleInfo& rule : diag::all_rules()) {
    const bool handshake = rule.rule < diag::Rule::ws_rsv;
    // Behind a Close nobody answers.
    const bool answers = rule.severity != diag::Severity::should &&
                         rule.severity != diag::Severity::note &&
                         rule.rule != diag::Rule::ws_after_close;
    if (rule.id.starts_with("sse-") || !answers) {
      EXPECT_EQ(rule.answer, 0) << rule.id;
    } else if (handshake) {
      EXPECT_TRUE(rule.answer >= 400 && rule.answer <= 599) << rule.id << ' ' << rule.answer;
    } else {
      EXPECT_TRUE(ws::may_be_sent(rule.answer)) << rule.id << ' ' << rule.answer;
    }
  }
}

TEST(DiagRule, limits_are_answered_with_codes_that_say_so) {
  for (const diag::RuleInfo& rule : diag::all_rules()) {
    if (rule.severity != diag::Severity::limit || rule.id.starts_with("sse-")) continue;
    EXPECT_THAT(rule.answer, testing::AnyOf(414, 431, 1008, 1009)) << rule.id;
  }
}

TEST(DiagRule, every_rule_is_shown_by_a_vector) {
  std::set<std::string> shown;
  const auto note = [&](const std::optional<diag::Violation>& violation) {
    if (violation) shown.insert(std::string(diag::info(violation->rule).id));
  };
  for (const auto& c : test::frame_cases()) {
    note(test::run_frames(c, test::whole(c.stream.size())).violation);
  }
  for (const auto& cases : {test::server_cases(), test::client_cases()}) {
    for (const auto& c : cases) {
      note(test::run_handshake(c, test::whole(c.stream.size())).violation);
    }
  }
  for (const auto& c : test::stream_cases()) {
    const auto run = test::run_stream(c, test::whole(c.stream.size()));
    for (const diag::Violation& violation : run.violations) note(violation);
  }
  for (const auto& c : test::observed_cases()) {
    const test::ObserverLog log = test::run_observed(c, test::whole(c.size()));
    for (const auto& broken : log.broken()) note(broken.violation);
  }
  std::string missing;
  for (const diag::RuleInfo& rule : diag::all_rules()) {
    if (!shown.contains(std::string(rule.id))) missing += ' ' + std::string(rule.id);
  }
  EXPECT_EQ(missing, "") << "no vector in tests/vectors breaks these";
}

TEST(DiagReport, violation_in_one_line_names_citation_sentence_id_and_offset) {
  EXPECT_EQ(diag::describe({diag::Rule::ws_mask_missing, 129, 0}),
            "RFC 6455 5.1: a client MUST mask every frame it sends (ws-mask-missing, at byte 129)");
}

TEST(DiagReport, fields_of_a_violation_come_in_a_fixed_order) {
  std::string line;
  JsonWriter json(line);
  json.begin();
  diag::write_fields(json, {diag::Rule::ws_text_utf8, 7, 0xFF});
  json.end();
  EXPECT_EQ(line,
            "{\"rule\":\"ws-text-utf8\",\"cite\":\"RFC 6455 8.1\","
            "\"must\":\"a text message is valid UTF-8\","
            "\"hint\":\"send other bytes as a binary message\",\"offset\":7}\n");
}

TEST(DiagReport, rule_without_a_hint_has_no_hint_field) {
  std::string line;
  JsonWriter json(line);
  json.begin();
  diag::write_fields(json, {diag::Rule::ws_mask_missing, 0, 0});
  json.end();
  EXPECT_EQ(line.find("hint"), line.npos) << line;
}

}  // namespace
