// Who may connect to stream-echo, and whether its option table is sound.
#include "stream-echo/policy.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "stream-echo/options.h"

namespace stream_echo {
namespace {

TEST(StreamEchoOptions, table_is_sound) {
  EXPECT_EQ(cli::problems(kTool), std::vector<std::string>{});
}

Policy with_origins(const std::vector<std::string>& rules) {
  Policy policy;
  for (const std::string& text : rules) {
    auto rule = parse_origin_rule(text);
    if (!rule) {
      ADD_FAILURE() << rule.error().message;
    } else {
      policy.origins.push_back(*rule);
    }
  }
  return policy;
}

constexpr http::HostPort kHost{.host = "localhost", .port = 9000};

TEST(StreamEchoPolicy, only_loopback_names_are_hosts_unless_others_are_allowed) {
  Policy policy;
  EXPECT_TRUE(host_allowed(policy, "localhost"));
  EXPECT_TRUE(host_allowed(policy, "127.0.0.1"));
  EXPECT_TRUE(host_allowed(policy, "::1"));
  EXPECT_FALSE(host_allowed(policy, "attacker.example"));
  EXPECT_FALSE(host_allowed(policy, "localhost.attacker.example"));
  EXPECT_FALSE(host_allowed(policy, "127.0.0.1.attacker.example"));
  policy.hosts.push_back("dev.example");
  EXPECT_TRUE(host_allowed(policy, "DEV.example"));
}

TEST(StreamEchoPolicy, by_default_pages_of_this_machine_may_connect) {
  const Policy policy;
  EXPECT_TRUE(origin_allowed(policy, "http://localhost:3000", kHost));
  EXPECT_TRUE(origin_allowed(policy, "https://[::1]", kHost));
  EXPECT_FALSE(origin_allowed(policy, "https://attacker.example", kHost));
  EXPECT_FALSE(origin_allowed(policy, "http://localhost.attacker.example", kHost));
  EXPECT_FALSE(origin_allowed(policy, "http://localhost@attacker.example", kHost));
  EXPECT_FALSE(origin_allowed(policy, "null", kHost));
  EXPECT_FALSE(origin_allowed(policy, "", kHost));
}

TEST(StreamEchoPolicy, same_means_host_and_port_of_the_request) {
  const Policy policy = with_origins({"same"});
  EXPECT_TRUE(origin_allowed(policy, "http://localhost:9000", kHost));
  EXPECT_FALSE(origin_allowed(policy, "http://localhost:9001", kHost));
  EXPECT_FALSE(origin_allowed(policy, "null", kHost));
}

TEST(StreamEchoPolicy, same_means_https_where_the_server_speaks_tls) {
  Policy policy = with_origins({"same"});
  policy.secure = true;
  EXPECT_TRUE(origin_allowed(policy, "https://localhost:9000", kHost));
  EXPECT_FALSE(origin_allowed(policy, "http://localhost:9000", kHost));
  const http::HostPort without_port{.host = "localhost", .port = std::nullopt};
  EXPECT_TRUE(origin_allowed(policy, "https://localhost", without_port));
  EXPECT_TRUE(origin_allowed(policy, "https://localhost:443", without_port));
  EXPECT_FALSE(origin_allowed(policy, "https://localhost:80", without_port));
}

TEST(StreamEchoPolicy, exact_origin_compares_scheme_host_and_port) {
  const Policy policy = with_origins({"https://app.example"});
  EXPECT_TRUE(origin_allowed(policy, "https://APP.example", kHost));
  EXPECT_TRUE(origin_allowed(policy, "https://app.example:443", kHost));
  EXPECT_FALSE(origin_allowed(policy, "http://app.example", kHost));
  EXPECT_FALSE(origin_allowed(policy, "https://app.example:8443", kHost));
  EXPECT_FALSE(origin_allowed(policy, "http://localhost:9000", kHost));  // replaces the default
}

TEST(StreamEchoPolicy, star_allows_everything_even_null) {
  EXPECT_TRUE(origin_allowed(with_origins({"*"}), "null", kHost));
}

TEST(StreamEchoPolicy, path_is_without_query_and_authority) {
  EXPECT_EQ(path_of("/ws?a=b"), "/ws");
  EXPECT_EQ(path_of("http://localhost:9000/ws?x"), "/ws");
  EXPECT_EQ(path_of("http://localhost:9000"), "/");
}

TEST(StreamEchoPolicy, client_s_order_chooses_the_subprotocol) {
  Policy policy;
  EXPECT_EQ(choose_protocol(policy, {"a"}), "");
  policy.protocols = {"a", "b"};
  EXPECT_EQ(choose_protocol(policy, {"x", "b", "a"}), "b");
  EXPECT_EQ(choose_protocol(policy, {"A"}), "");
}

TEST(StreamEchoPolicy, a_query_is_items_as_they_stand) {
  std::string seen;
  for (const auto& [name, value] : query_items("a=1&&b&c==&=d&%20=%")) {
    seen += "<" + std::string(name) + "|" + std::string(value) + ">";
  }
  EXPECT_EQ(seen, "<a|1><b|><c|=><|d><%20|%>");
  EXPECT_TRUE(query_items("").empty());
}

TEST(StreamEchoPolicy, a_row_with_a_slash_at_its_end_stands_for_what_lies_below) {
  EXPECT_TRUE(path_fits("/a", "/a"));
  EXPECT_FALSE(path_fits("/a", "/a/"));
  EXPECT_TRUE(path_fits("/a/", "/a/b"));
  EXPECT_FALSE(path_fits("/a/", "/a"));
}

}  // namespace
}  // namespace stream_echo
