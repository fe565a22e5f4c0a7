// What /mcp answers, without a connection: messages, methods, sessions, and the events of a stream.
#include "stream-echo/mcp.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "stream-echo/mcp_method.h"
#include "stream-echo/rpc.h"

namespace stream_echo {
namespace {

using namespace std::chrono_literals;

constexpr Time kStart = Time(1000s);

// ---- JSON-RPC

RpcMessage message_of(std::string_view json) {
  auto read = read_rpc(*rec::parse_json(json));
  if (const auto* const error = std::get_if<RpcError>(&read)) {
    ADD_FAILURE() << error->message << ": " << json;
    return {};
  }
  return std::get<RpcMessage>(std::move(read));
}

RpcError error_of(std::string_view json) {
  const auto read = read_rpc(*rec::parse_json(json));
  const auto* const error = std::get_if<RpcError>(&read);
  if (error == nullptr) {
    ADD_FAILURE() << "is a message: " << json;
    return {};
  }
  return *error;
}

TEST(StreamEchoRpc, messages_are_told_apart) {
  using Kind = RpcMessage::Kind;
  const RpcMessage request = message_of(R"({"jsonrpc":"2.0","id":"\u00e4","method":"a/b"})");
  EXPECT_EQ(request.kind, Kind::request);
  EXPECT_EQ(request.id, "\"\\u00e4\"");
  EXPECT_EQ(request.method, "a/b");
  EXPECT_TRUE(request.params.is_null());
  EXPECT_EQ(message_of(R"({"jsonrpc":"2.0","id":-7,"method":"x","params":{}})").id, "-7");
  EXPECT_EQ(message_of(R"({"jsonrpc":"2.0","method":"x"})").kind, Kind::notification);
  EXPECT_EQ(message_of(R"({"jsonrpc":"2.0","id":1,"result":{}})").kind, Kind::response);
  EXPECT_EQ(message_of(R"({"jsonrpc":"2.0","id":1,"error":{"code":1}})").kind, Kind::response);
}

TEST(StreamEchoRpc, what_is_no_message_says_why_and_to_whom) {
  EXPECT_EQ(error_of("[]").message, "a message is an object");
  EXPECT_EQ(error_of("17").code, RpcCode::invalid_request);
  EXPECT_EQ(error_of(R"({"id":1,"method":"x"})").message, "jsonrpc is not \"2.0\"");
  EXPECT_EQ(error_of(R"({"jsonrpc":2.0,"id":1,"method":"x"})").id, "1");
  EXPECT_EQ(error_of(R"({"jsonrpc":"2.0","id":"a"})").message, "method is missing");
  EXPECT_EQ(error_of(R"({"jsonrpc":"2.0","id":1,"method":7})").message, "method is missing");
  EXPECT_EQ(error_of(R"({"jsonrpc":"2.0","id":1,"method":"x","params":[1]})").message,
            "params is not an object");
  for (const char* const id : {"null", "1.5", "{}", "true", "18446744073709551616"}) {
    const std::string json = std::string(R"({"jsonrpc":"2.0","method":"x","id":)") + id + "}";
    EXPECT_EQ(error_of(json).message,
              "id is neither a string nor a whole number of at most 64 bits")
        << id;
    EXPECT_EQ(error_of(json).id, "null") << id;
  }
}

TEST(StreamEchoRpc, an_id_has_a_limit) {
  const auto with_id = [](std::size_t size) {
    return R"({"jsonrpc":"2.0","method":"x","id":")" + std::string(size - 2, 'i') + "\"}";
  };
  EXPECT_EQ(message_of(with_id(kMaxRpcId)).id.size(), kMaxRpcId);
  EXPECT_EQ(error_of(with_id(kMaxRpcId + 1)).code, RpcCode::invalid_request);
  EXPECT_EQ(error_of(with_id(kMaxRpcId + 1)).id, "null");
}

TEST(StreamEchoRpc, errors_are_json_whatever_they_say) {
  EXPECT_EQ(rpc_error({.code = RpcCode::parse_error, .message = "\"\n"}),
            R"({"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"\"\n"}})");
}

// ---- Methods

McpOutcome outcome_of(std::string_view method, std::string_view params,
                      std::string_view version = "2025-11-25") {
  const std::string json = R"({"jsonrpc":"2.0","id":1,"method":")" + std::string(method) +
                           R"(","params":)" + std::string(params) + "}";
  return answer_method(message_of(json), version);
}

TEST(StreamEchoMcp, the_version_is_the_clients_if_it_is_known) {
  for (const std::string version : {"2025-03-26", "2025-06-18", "2025-11-25"}) {
    EXPECT_EQ(outcome_of("initialize", R"({"protocolVersion":")" + version + "\"}").version,
              version);
  }
  for (const char* const version : {"2024-11-05", "2099-01-01"}) {
    const McpOutcome outcome =
        outcome_of("initialize", std::string(R"({"protocolVersion":")") + version + "\"}");
    EXPECT_EQ(outcome.version, "2025-11-25") << version;
    EXPECT_NE(outcome.response.find(R"("protocolVersion":"2025-11-25")"), std::string::npos);
  }
  const McpOutcome none = outcome_of("initialize", "{}");
  EXPECT_EQ(none.version, "");
  EXPECT_NE(none.response.find("-32602"), std::string::npos) << none.response;
}

TEST(StreamEchoMcp, the_tool_says_what_it_is_told) {
  const McpOutcome outcome =
      outcome_of("tools/call", R"({"name":"echo","arguments":{"text":"a \"b\" "}})");
  EXPECT_EQ(outcome.response, "");  // follows from its text
  EXPECT_EQ(outcome.text, "a \"b\" ");
  EXPECT_EQ(echo_response("1", outcome.text),
            R"({"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"a \"b\" "}]}})");
  EXPECT_TRUE(outcome.streams);
  EXPECT_EQ(outcome.steps, 2U);
  EXPECT_EQ(outcome.progress_token, "");
}

TEST(StreamEchoMcp, progress_is_for_whom_asks) {
  const McpOutcome words = outcome_of(
      "tools/call",
      R"({"name":"echo","arguments":{"text":"a b"},"_meta":{"progressToken":"\u00e4"}})");
  EXPECT_EQ(words.progress_token, "\"\\u00e4\"");
  EXPECT_EQ(words.text, "a b");
  EXPECT_TRUE(words.tells_words);
  const McpOutcome steps =
      outcome_of("tools/call", R"({"name":"echo","arguments":{"text":"a b","steps":9},)"
                               R"("_meta":{"progressToken":7}})");
  EXPECT_EQ(steps.progress_token, "7");
  EXPECT_EQ(steps.steps, 9U);
  EXPECT_FALSE(steps.tells_words);
  const McpOutcome odd = outcome_of(
      "tools/call", R"({"name":"echo","arguments":{"text":"a"},"_meta":{"progressToken":{}}})");
  EXPECT_EQ(odd.progress_token, "");
}

TEST(StreamEchoMcp, errors_are_the_protocols_or_since_lately_the_tools) {
  const auto call = [](std::string_view params, std::string_view version) {
    return outcome_of("tools/call", params, version).response;
  };
  for (const char* const wrong :
       {"{}", R"({"name":7})", R"({"name":"other"})", R"({"arguments":{"text":"a"}})"}) {
    EXPECT_NE(call(wrong, "2025-11-25").find("-32602"), std::string::npos) << wrong;
  }
  for (const char* const wrong : {R"({"name":"echo"})", R"({"name":"echo","arguments":[]})",
                                  R"({"name":"echo","arguments":{"text":7}})",
                                  R"({"name":"echo","arguments":{"text":"a","steps":-1}})",
                                  R"({"name":"echo","arguments":{"text":"a","steps":1.5}})",
                                  R"({"name":"echo","arguments":{"text":"a","steps":100001}})"}) {
    EXPECT_NE(call(wrong, "2025-06-18").find("-32602"), std::string::npos) << wrong;
    EXPECT_NE(call(wrong, "2025-11-25").find(R"("isError":true)"), std::string::npos) << wrong;
  }
  EXPECT_NE(outcome_of("prompts/list", "{}").response.find("-32601"), std::string::npos);
}

TEST(StreamEchoMcp, a_number_of_steps_may_have_a_point) {
  for (const char* const steps : {"2", "2.0", "2e0", "20e-1"}) {
    const std::string params =
        std::string(R"({"name":"echo","arguments":{"text":"a","steps":)") + steps + "}}";
    EXPECT_EQ(outcome_of("tools/call", params).steps, 2U) << steps;
  }
}

TEST(StreamEchoMcp, nothing_comes_in_more_steps_than_the_limit) {
  const auto call = [](std::size_t words, const std::string& more) {
    std::string text;
    for (std::size_t i = 0; i < words; ++i) text += "a ";
    return outcome_of("tools/call",
                      R"({"name":"echo","arguments":{"text":")" + text + "\"" + more + "}}");
  };
  EXPECT_EQ(call(kMaxSteps, "").steps, kMaxSteps);
  EXPECT_NE(call(kMaxSteps + 1, "").response.find(R"("isError":true)"), std::string::npos);
  EXPECT_EQ(call(kMaxSteps + 1, R"(,"steps":3)").steps, 3U);
}

TEST(StreamEchoMcp, a_progress_token_has_a_limit) {
  const auto call = [](std::size_t size) {
    return outcome_of("tools/call",
                      R"({"name":"echo","arguments":{"text":"a"},"_meta":{"progressToken":")" +
                          std::string(size - 2, 't') + "\"}}");
  };
  EXPECT_EQ(call(kMaxProgressToken).progress_token.size(), kMaxProgressToken);
  EXPECT_NE(call(kMaxProgressToken + 1).response.find("-32602"), std::string::npos);
}

// ---- Streams

McpStream& with(McpStream& stream, std::string text, std::uint64_t steps) {
  stream.number = 3;
  stream.response = "{}";
  stream.progress_token = "7";
  stream.tells_words = !text.empty();
  stream.text = std::move(text);
  stream.steps = steps;
  stream.started = kStart;
  stream.first_after = 500ms;
  stream.interval = 100ms;
  return stream;
}

/// What comes from event `next` on.
std::string events_from(const McpStream& stream, std::uint64_t next) {
  OutputBuffer out;
  for (McpWriter writer(stream, next); !writer.finished();) writer.append(out);
  return std::string(as_text(out.view()));
}

std::string progress(int step, int total, const std::string& message) {
  return R"({"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":7,)"
         R"("progress":)" +
         std::to_string(step) + R"(,"total":)" + std::to_string(total) + R"(,"message":")" +
         message + "\"}}";
}

TEST(StreamEchoMcpStream, is_an_id_then_progress_then_the_response) {
  McpStream stream;
  with(stream, "a\n b ", 2);
  EXPECT_EQ(events_from(stream, 0), "id: 3-0\ndata:\n\nid: 3-1\ndata: " + progress(1, 2, "a\\n ") +
                                        "\n\nid: 3-2\ndata: " + progress(2, 2, "b ") +
                                        "\n\nid: 3-3\ndata: {}\n\n");
}

TEST(StreamEchoMcpStream, any_event_can_be_the_first) {
  McpStream stream;
  with(stream, "one two three", 3);
  const std::string all = events_from(stream, 0);
  for (std::uint64_t next = 1; next <= stream.last(); ++next) {
    const std::string rest = events_from(stream, next);
    EXPECT_TRUE(all.ends_with(rest)) << rest;
    EXPECT_TRUE(rest.starts_with("id: 3-" + std::to_string(next) + "\n")) << rest;
  }
}

TEST(StreamEchoMcpStream, the_response_of_an_echo_is_made_of_its_text) {
  McpStream stream;
  with(stream, "a \x7F", 1);
  stream.id = "\"i\"";
  stream.response = "";
  EXPECT_EQ(events_from(stream, 2),
            R"(id: 3-2)"
            "\n"
            R"(data: {"jsonrpc":"2.0","id":"i","result":{"content":[{"type":"text",)"
            R"("text":"a \u007f"}]}})"
            "\n\n");
  EXPECT_EQ(stream.size(), 3U + 3U + 1U);  // no more than it was sent
}

TEST(StreamEchoMcpStream, steps_without_words_are_counted) {
  McpStream stream;
  with(stream, "", 2);
  EXPECT_NE(events_from(stream, 2).find("\"message\":\"2 of 2\""), std::string::npos);
}

TEST(StreamEchoMcpStream, each_event_has_its_time_with_or_without_progress) {
  McpStream stream;
  with(stream, "a b", 2);
  EXPECT_EQ(stream.due(0), kStart);
  EXPECT_EQ(stream.due(1), kStart + 500ms);
  EXPECT_EQ(stream.due(2), kStart + 600ms);
  EXPECT_EQ(stream.due(3), kStart + 700ms);
  stream.progress_token = "";
  EXPECT_EQ(stream.last(), 1U);
  EXPECT_EQ(stream.due(1), kStart + 700ms);
}

TEST(StreamEchoMcpStream, ids_are_read_back) {
  const auto id = parse_event_id(event_id({12, 345}));
  ASSERT_TRUE(id);
  EXPECT_EQ(id->stream, 12U);
  EXPECT_EQ(id->event, 345U);
  for (const char* const wrong :
       {"", "-", "1", "1-", "-1", "1-2-3", "a-b", " 1-2", "01-1", "1-00"}) {
    EXPECT_FALSE(parse_event_id(wrong)) << wrong;
  }
}

// ---- Sessions

std::shared_ptr<McpStream> stream_of_size(std::size_t size) {
  auto stream = std::make_shared<McpStream>();
  stream->id = "1";
  stream->response = std::string(size, 'x');
  return stream;
}

TEST(StreamEchoMcpSessions, the_latest_streams_are_kept) {
  McpSession session("a", "2025-11-25");
  for (std::size_t i = 0; i <= McpSession::kMaxStreams; ++i) session.add(stream_of_size(1));
  EXPECT_EQ(session.find(1), nullptr);
  ASSERT_NE(session.find(2), nullptr);
  EXPECT_EQ(session.find(2)->number, 2U);
  ASSERT_NE(session.find(0), nullptr);
  EXPECT_TRUE(session.find(0)->is_silent());
}

TEST(StreamEchoMcpSessions, and_no_more_bytes_than_the_limit) {
  McpSession session("a", "2025-11-25");
  const std::size_t half = McpSession::kMaxKept / 2 - 1;  // and an id
  session.add(stream_of_size(half));
  session.add(stream_of_size(half));
  EXPECT_NE(session.find(1), nullptr);
  session.add(stream_of_size(1));
  EXPECT_EQ(session.find(1), nullptr);
  EXPECT_NE(session.find(2), nullptr);
  session.add(stream_of_size(McpSession::kMaxKept));
  EXPECT_EQ(session.find(4), nullptr);
  EXPECT_NE(session.find(3), nullptr);
}

TEST(StreamEchoMcpSessions, what_is_cancelled_or_ended_is_over) {
  McpSession session("a", "2025-11-25");
  const auto one = stream_of_size(1);
  const auto two = stream_of_size(1);
  two->id = "\"1\"";
  session.add(one);
  session.add(two);
  session.cancel("1");
  EXPECT_TRUE(one->over);
  EXPECT_FALSE(two->over);
  session.end();
  EXPECT_TRUE(two->over);
  EXPECT_TRUE(session.find(0)->over);
  const auto late = stream_of_size(1);
  session.add(late);
  EXPECT_TRUE(late->over);
}

/// One that reads a stream, and how often it was woken.
struct TestReader {
  TestReader(const std::shared_ptr<McpSession>& session, std::shared_ptr<McpStream> stream,
             net::Loop& loop)
      : watch(session, std::move(stream), loop, [this] { ++woken; }) {}
  int woken = 0;
  McpSession::Watch watch;
};

TEST(StreamEchoMcpSessions, only_who_reads_what_is_cancelled_is_woken) {
  net::Loop loop;
  const auto session = std::make_shared<McpSession>("a", "2025-11-25");
  const auto one = stream_of_size(1);
  const auto two = stream_of_size(1);
  two->id = "2";
  session->add(one);
  session->add(two);
  TestReader of_one(session, one, loop);
  TestReader of_two(session, two, loop);
  TestReader of_none(session, session->find(0), loop);
  session->cancel("999");
  session->cancel("1");
  session->cancel("1");
  loop.run_posted();
  EXPECT_EQ(of_one.woken, 1);
  EXPECT_TRUE(of_one.watch.has_ended());
  EXPECT_EQ(of_two.woken + of_none.woken, 0);
  EXPECT_FALSE(of_two.watch.has_ended());
  session->end();
  loop.run_posted();
  EXPECT_EQ(of_two.woken + of_none.woken, 2);
  EXPECT_TRUE(of_none.watch.has_ended());
}

TEST(StreamEchoMcpSessions, what_is_read_ends_also_when_it_is_not_kept_any_more) {
  net::Loop loop;
  const auto session = std::make_shared<McpSession>("a", "2025-11-25");
  const auto large = stream_of_size(2 * McpSession::kMaxKept);
  const auto old = stream_of_size(1);
  large->id = "\"large\"";
  session->add(large);
  session->add(old);
  TestReader of_large(session, large, loop);
  TestReader of_old(session, old, loop);
  for (std::size_t i = 0; i < McpSession::kMaxStreams; ++i) {
    const auto other = stream_of_size(1);
    other->id = "2";
    session->add(other);
  }
  EXPECT_EQ(session->find(2), nullptr);
  session->cancel("\"large\"");
  loop.run_posted();
  EXPECT_EQ(of_large.woken, 1);
  session->end();
  loop.run_posted();
  EXPECT_EQ(of_old.woken, 1);
}

TEST(StreamEchoMcpSessions, who_begins_to_read_when_it_is_over_hears_of_it) {
  net::Loop loop;
  const auto session = std::make_shared<McpSession>("a", "2025-11-25");
  const auto dropped = stream_of_size(2 * McpSession::kMaxKept);
  session->add(dropped);
  const auto silent = session->find(0);
  session->end();
  TestReader of_silent(session, silent, loop);
  TestReader of_dropped(session, dropped, loop);
  loop.run_posted();
  EXPECT_EQ(of_silent.woken, 1);
  EXPECT_EQ(of_dropped.woken, 1);
  EXPECT_TRUE(of_dropped.watch.has_ended());
}

TEST(StreamEchoMcpSessions, whose_stream_is_taken_over_hears_of_it_but_all_read_the_silent_one) {
  net::Loop loop;
  const auto session = std::make_shared<McpSession>("a", "2025-11-25");
  const auto stream = stream_of_size(1);
  session->add(stream);
  TestReader first(session, stream, loop);
  TestReader second(session, stream, loop);
  TestReader silent(session, session->find(0), loop);
  TestReader silent_too(session, session->find(0), loop);
  loop.run_posted();
  EXPECT_EQ(first.woken, 1);
  EXPECT_TRUE(first.watch.has_ended());
  EXPECT_EQ(second.woken + silent.woken + silent_too.woken, 0);
  EXPECT_FALSE(second.watch.has_ended());
  EXPECT_FALSE(silent.watch.has_ended());
}

TEST(StreamEchoMcpSessions, of_too_many_the_one_goes_that_was_not_used_for_longest) {
  McpSessions sessions;
  std::vector<std::string> ids;
  for (std::size_t i = 0; i < McpSessions::kMaxCount; ++i) {
    ids.push_back(sessions.begin("2025-11-25")->id());
  }
  EXPECT_NE(ids[0], ids[1]);
  auto read = sessions.find(ids[0]);  // somebody reads from it
  EXPECT_NE(sessions.find(ids[1]), nullptr);
  sessions.begin("2025-11-25");
  sessions.begin("2025-11-25");
  EXPECT_EQ(sessions.find(ids[2]), nullptr);
  EXPECT_NE(sessions.find(ids[1]), nullptr);
  for (std::size_t i = 0; i < McpSessions::kMaxCount; ++i) sessions.begin("2025-11-25");
  EXPECT_NE(sessions.find(ids[0]), nullptr);
  EXPECT_EQ(sessions.find(ids[1]), nullptr);
}

TEST(StreamEchoMcpSessions, those_that_are_read_do_not_count) {
  McpSessions sessions;
  std::vector<std::shared_ptr<McpSession>> readers;
  for (std::size_t i = 0; i < 2 * McpSessions::kMaxCount; ++i) {
    readers.push_back(sessions.begin("2025-11-25"));
  }
  const std::string id = sessions.begin("2025-11-25")->id();
  EXPECT_NE(sessions.find(id), nullptr);
  EXPECT_NE(sessions.find(readers[0]->id()), nullptr);
  std::vector<std::string> ids;
  for (const auto& reader : readers) ids.push_back(reader->id());
  readers.clear();
  sessions.begin("2025-11-25");
  EXPECT_EQ(sessions.find(ids[1]), nullptr);
  EXPECT_EQ(sessions.find(ids[McpSessions::kMaxCount]), nullptr);
  EXPECT_NE(sessions.find(id), nullptr);
  EXPECT_NE(sessions.find(ids.back()), nullptr);
}

TEST(StreamEchoMcpSessions, what_has_ended_is_not_found) {
  McpSessions sessions;
  const auto session = sessions.begin("2025-11-25");
  sessions.end(session->id());
  EXPECT_EQ(sessions.find(session->id()), nullptr);
  EXPECT_TRUE(session->find(0)->over);
}

}  // namespace
}  // namespace stream_echo
