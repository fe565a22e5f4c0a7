#include "ws/deflate_offer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/vectors.h"

namespace {

std::vector<http::Extension> extensions(std::string_view value) {
  return http::parse_extensions({value}).value();
}

std::string answer(std::string_view offer, const ws::DeflateParameters& wish = {}) {
  const auto given = ws::answer_deflate(extensions(offer), wish);
  return given ? given->text : "none";
}

std::string round_trip(std::string_view parameters) {
  const auto offer = ws::parse_deflate_offer(parameters);
  return offer ? ws::to_text(*offer) : "error: " + offer.error().message;
}

TEST(WsDeflateOffer, vectors_of_the_negotiation_give_what_they_say) {
  const auto cases = test::negotiation_cases();
  EXPECT_GT(cases.size(), 40u);
  for (const test::NegotiationCase& c : cases) {
    EXPECT_THAT(c.outcomes, testing::Contains(test::run_negotiation(c))) << c.name;
  }
}

TEST(WsDeflateOffer, usual_offer_is_that_of_browsers) {
  EXPECT_EQ(ws::to_text(ws::kUsualOffer), "permessage-deflate; client_max_window_bits");
}

TEST(WsDeflateOffer, parameters_of_a_user_become_an_offer) {
  EXPECT_EQ(round_trip(""), "permessage-deflate");
  EXPECT_EQ(round_trip(" client_max_window_bits "), "permessage-deflate; client_max_window_bits");
  EXPECT_EQ(round_trip("client_max_window_bits=10;server_max_window_bits = 8; "
                       "client_no_context_takeover;server_no_context_takeover"),
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover; "
            "server_max_window_bits=8; client_max_window_bits=10");
}

TEST(WsDeflateOffer, error_names_the_parameter_that_is_none) {
  for (const std::string_view text :
       {"foo", "server_max_window_bits", "server_max_window_bits=16", "client_max_window_bits=09",
        "client_no_context_takeover=1"}) {
    EXPECT_EQ(round_trip(text), "error: \"" + std::string(text) +
                                    "\" is no parameter of permessage-deflate, or stands twice");
  }
  EXPECT_EQ(round_trip("client_max_window_bits; client_max_window_bits=9"),
            "error: \"client_max_window_bits=9\" is no parameter of permessage-deflate, or stands "
            "twice");
  EXPECT_EQ(round_trip("a b"), "error: these are no parameters NAME or NAME=VALUE, divided by ;");
}

TEST(WsDeflateOffer, server_takes_the_first_offer_that_it_can_keep) {
  EXPECT_EQ(answer("permessage-deflate; server_max_window_bits=8"), "none");
  EXPECT_EQ(answer("x-other"), "none");
  auto offers = extensions("permessage-deflate; server_max_window_bits=8");
  offers.push_back(extensions("permessage-deflate; client_max_window_bits=8").front());
  const auto given = ws::answer_deflate(offers);
  ASSERT_TRUE(given);
  EXPECT_EQ(given->text, "permessage-deflate");
}

TEST(WsDeflateOffer, wishes_of_the_server_go_as_far_as_the_offer_allows) {
  const ws::DeflateParameters wish = {.server_no_context_takeover = true,
                                      .client_no_context_takeover = true,
                                      .server_max_window_bits = 11,
                                      .client_max_window_bits = 12};
  EXPECT_EQ(answer("permessage-deflate", wish),
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover; "
            "server_max_window_bits=11");
  EXPECT_EQ(answer("permessage-deflate; server_max_window_bits=10; client_max_window_bits=9", wish),
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover; "
            "server_max_window_bits=10; client_max_window_bits=9");
}

TEST(WsDeflateOffer, client_keeps_what_it_has_promised_though_the_answer_is_silent) {
  const auto offer = ws::parse_deflate_offer(
      "client_no_context_takeover; client_max_window_bits=10; server_max_window_bits=12");
  ASSERT_TRUE(offer);
  const auto agreed = ws::accept_deflate(
      *offer, extensions("permessage-deflate; server_max_window_bits=9").front());
  const ws::DeflateParameters wanted = {.client_no_context_takeover = true,
                                        .server_max_window_bits = 9,
                                        .client_max_window_bits = 10};
  EXPECT_EQ(agreed, wanted);
}

TEST(WsDeflateOffer, client_takes_no_larger_window_than_it_offered) {
  const auto offer = ws::parse_deflate_offer("client_max_window_bits=10");
  ASSERT_TRUE(offer);
  const auto with = [&](std::string_view text) {
    return ws::accept_deflate(*offer, extensions(text).front()).has_value();
  };
  EXPECT_TRUE(with("permessage-deflate; client_max_window_bits=10"));
  EXPECT_TRUE(with("permessage-deflate; client_max_window_bits=8"));
  EXPECT_FALSE(with("permessage-deflate; client_max_window_bits=11"));
}

}  // namespace
