// Lines of JSON as events: the vectors of tests/vectors/ndjson.json, at every split.
#include "sse/ndjson.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/event_log.h"
#include "support/sse_log.h"
#include "support/vector_file.h"

namespace {

struct Case {
  std::string name;
  std::vector<std::uint8_t> body;
  sse::LineParser::Unit unit = sse::LineParser::Unit::line;
  std::uint64_t max_event = sse::kMaxEventSize;
  std::string log = {};
};

std::vector<Case> cases() {
  std::vector<Case> all;
  const nlohmann::json vectors = test::load_vectors("ndjson.json");
  for (const auto& object : vectors["cases"]) {
    Case c{.name = object["name"].get<std::string>(),
           .body = test::input_of(object),
           .max_event = test::number_at(object, "max_event").value_or(sse::kMaxEventSize)};
    if (test::text_at(object, "unit") == "body") c.unit = sse::LineParser::Unit::body;
    for (const auto& line : object["log"]) c.log += line.get<std::string>() + '\n';
    all.push_back(std::move(c));
  }
  return all;
}

std::string run(const Case& c, const test::Pieces& pieces) {
  sse::LineParser parser(c.unit, c.max_event);
  std::string log;
  std::uint64_t offset = 0;
  test::feed_pieces(c.body, pieces, [&](Bytes piece) {
    ConstBytes in = piece;
    offset += piece.size();
    while (const auto event = parser.next(in)) log += test::show(*event);
    if (!in.empty()) log += fmt::format("{} BYTES LEFT\n", in.size());
    if (parser.offset() != offset) log += "OFFSET\n";
  });
  if (const auto event = parser.end()) log += test::show(*event);
  if (parser.end()) log += "ENDS TWICE\n";
  return log;
}

TEST(Ndjson, vectors_give_the_same_at_every_split) {
  for (const Case& c : cases()) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(run(c, test::whole(c.body.size())), c.log);
    for (const test::Pieces& pieces : test::all_splits(c.body.size())) {
      ASSERT_EQ(run(c, pieces), c.log) << test::describe(pieces);
    }
  }
}

TEST(Ndjson, large_line_in_many_pieces_is_one_message) {
  const std::string text(std::size_t{3} << 20, 'x');
  sse::LineParser parser(sse::LineParser::Unit::line);
  for (std::size_t at = 0; at < text.size(); at += 4096) {
    ConstBytes in = as_bytes(std::string_view(text).substr(at, 4096));
    ASSERT_FALSE(parser.next(in));
  }
  ConstBytes in = as_bytes("\n{}\n");
  const auto event = parser.next(in);
  ASSERT_TRUE(event);
  EXPECT_EQ(event->data, text);
  EXPECT_EQ(parser.next(in)->data, "{}");
}

}  // namespace
