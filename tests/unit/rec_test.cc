// Recordings: written and read back at every split, damaged ones, and what plays out of them.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "base/base64.h"
#include "rec/recording.h"
#include "rec/writer.h"
#include "support/event_log.h"
#include "support/replay.h"
#include "ws/connection.h"
#include "ws/handshake.h"

namespace {

using rec::Kind;
using std::chrono::microseconds;

constexpr std::string_view kHeader = "{\"streamrec\":1,\"side\":\"client\"}\n";

constexpr std::string_view kKindNames[] = {"<", ">", "open", "<eof", ">eof", "<rst", ">rst"};

std::string show(const rec::Reader::Item& item) {
  if (const auto* header = std::get_if<rec::Header>(&item)) {
    return fmt::format("header {} {} {} {} {}\n", header->tool,
                       header->side == rec::Side::client ? "client" : "server", header->url,
                       header->started, header->via);
  }
  if (const auto* damage = std::get_if<rec::Damage>(&item)) return damage->text() + '\n';
  const auto& record = std::get<rec::Record>(item);
  return fmt::format("{}{} #{} {} {}\n", record.t.count(), record.clamped ? " (clamped)" : "",
                     record.conn, kKindNames[static_cast<std::size_t>(record.kind)],
                     to_base64(record.bytes));
}

std::string read_in(std::string_view file, const test::Pieces& pieces) {
  rec::Reader reader;
  std::string log;
  test::feed_pieces(as_bytes(file), pieces, [&](Bytes piece) {
    ConstBytes in = piece;
    while (const auto item = reader.next(in)) log += show(*item);
    EXPECT_TRUE(in.empty());
  });
  if (const auto item = reader.finish()) log += show(*item);
  return log;
}

/// The log of `file`, which must not depend on how it is cut.
std::string read(std::string_view file) {
  const std::string log = read_in(file, test::whole(file.size()));
  for (const test::Pieces& pieces : test::all_splits(file.size())) {
    const std::string other = read_in(file, pieces);
    if (other == log) continue;
    ADD_FAILURE() << test::describe(pieces) << "\n" << other << "instead of\n" << log;
    break;
  }
  return log;
}

std::string read_lines(std::string_view lines) {
  const std::string log = read(fmt::format("{}{}", kHeader, lines));
  return log.substr(log.find('\n') + 1);
}

TEST(Recording, what_is_written_is_read_back) {
  std::string file;
  rec::append_header(file, {.tool = "ws-cat 0.1.0",
                            .side = rec::Side::server,
                            .url = "ws://h/\"",
                            .started = "2026-11-22T20:00:00Z",
                            .via = "h2"});
  rec::Writer one(1, rec::Secrets::kept);
  rec::Writer two(2, rec::Secrets::kept);
  one.append(file, microseconds(0), Kind::opened);
  two.append(file, microseconds(1), Kind::opened);
  one.append(file, microseconds(2), Kind::received, as_bytes(std::string_view("\0\xff\x80", 3)));
  two.append(file, microseconds(2), Kind::sent, as_bytes("x"));
  one.append(file, microseconds(3), Kind::received_end);
  one.append(file, microseconds(3), Kind::sent_end);
  two.append(file, microseconds(4), Kind::received_reset);
  two.append(file, microseconds(5), Kind::sent_reset);
  EXPECT_EQ(
      file,
      "{\"streamrec\":1,\"tool\":\"ws-cat 0.1.0\",\"side\":\"server\",\"url\":\"ws://h/\\\"\","
      "\"started\":\"2026-11-22T20:00:00Z\",\"via\":\"h2\"}\n"
      "[0,\"x\",\"open\"]\n[1,\"x\",\"open\",2]\n[2,\"<\",\"AP+A\"]\n[2,\">\",\"eA==\",2]\n"
      "[3,\"x\",\"<eof\"]\n[3,\"x\",\">eof\"]\n[4,\"x\",\"<rst\",2]\n[5,\"x\",\">rst\",2]\n");
  EXPECT_EQ(read(file),
            "header ws-cat 0.1.0 server ws://h/\" 2026-11-22T20:00:00Z h2\n"
            "0 #1 open \n1 #2 open \n2 #1 < AP+A\n2 #2 > eA==\n3 #1 <eof \n3 #1 >eof \n"
            "4 #2 <rst \n5 #2 >rst \n");
}

TEST(Recording, many_bytes_at_once_become_several_lines) {
  const std::string bytes(rec::kMaxChunkSize + 1, 'x');
  std::string file(kHeader);
  rec::Writer(1, rec::Secrets::kept).append(file, microseconds(7), Kind::sent, as_bytes(bytes));
  rec::Reader reader;
  ConstBytes in = as_bytes(file);
  std::vector<std::size_t> sizes;
  while (const auto item = reader.next(in)) {
    if (const auto* record = std::get_if<rec::Record>(&*item))
      sizes.push_back(record->bytes.size());
    EXPECT_FALSE(std::holds_alternative<rec::Damage>(*item)) << show(*item);
  }
  EXPECT_EQ(sizes, (std::vector<std::size_t>{rec::kMaxChunkSize, 1}));
}

TEST(Recording, unknown_keys_and_wrong_types_in_the_header_are_skipped) {
  EXPECT_EQ(read("{\"new\":[{}],\"streamrec\":1,\"side\":\"client\",\"tool\":7,\"url\":\"u\"}\n"),
            "header  client u  \n");
}

TEST(Recording, last_line_may_lack_its_line_end) {
  EXPECT_EQ(read_lines("[1,\"<\",\"QQ==\"]"), "1 #1 < QQ==\n");
}

TEST(Recording, line_ends_of_another_system_are_fine) {
  EXPECT_EQ(read_lines("[1,\"<\",\"QQ==\"]\r\n"), "1 #1 < QQ==\n");
}

TEST(Recording, impossible_times_become_that_of_the_line_before) {
  EXPECT_EQ(read_lines("[5,\"x\",\"open\"]\n[4,\"<\",\"\"]\n[-1,\"<\",\"\"]\n[1e300,\"<\",\"\"]\n"
                       "[6.5,\"<\",\"\"]\n[18446744073709551615,\"<\",\"\"]\n[6,\"<\",\"\"]\n"),
            "5 #1 open \n5 (clamped) #1 < \n5 (clamped) #1 < \n5 (clamped) #1 < \n"
            "5 (clamped) #1 < \n5 (clamped) #1 < \n6 #1 < \n");
}

struct DamageCase {
  std::string_view what;
  std::string file;
  std::string_view log;  ///< of the whole file
};

TEST(Recording, no_recording_is_refused_with_a_sentence) {
  const std::string_view none = "this is no recording, which begins with {\"streamrec\":1\n";
  const std::vector<DamageCase> cases = {
      {"nothing", "", "line 1 (byte 0): the recording is empty\n"},
      {"text", "hello\n", none},
      {"another JSON", "{\"a\":1}\n", none},
      {"a list", "[0,\"x\",\"open\"]\n", none},
      {"binary", std::string("\x81\x05Hello\n", 8), none},
      {"an empty line", "\n", none},
      {"a newer version", "{\"streamrec\":2,\"side\":\"client\"}\n",
       "its version is 2, and only 1 is known\n"},
      {"a strange version", "{\"streamrec\":\"1\",\"side\":\"client\"}\n",
       "its version is something else, and only 1 is known\n"},
      {"no side", "{\"streamrec\":1}\n", "\"side\" is neither \"client\" nor \"server\"\n"},
      {"a cut header", "{\"streamrec\":1,\"si", "it is cut short\n"},
  };
  for (const DamageCase& one : cases) {
    EXPECT_TRUE(read(one.file).ends_with(one.log)) << one.what << ": " << read(one.file);
  }
}

TEST(Recording, everything_before_the_damage_is_delivered_and_nothing_behind_it) {
  const std::string good = "[1,\"<\",\"QQ==\"]\n";
  const std::string deep = std::string(600, '[') + std::string(600, ']');
  const std::vector<DamageCase> cases = {
      {"cut in a number", good + "[2", "it is cut short"},
      {"cut in the bytes", good + "[2,\"<\",\"QUF", "it is cut short"},
      {"no JSON", good + "[2,\"<\",\"QQ==\"\n" + good, "it is not JSON"},
      {"two on a line", good + "[2,\"x\",\"open\"][3,\"x\",\"open\"]\n" + good, "it is not JSON"},
      {"an empty line", good + "\n" + good, "it is not JSON"},
      {"too deep", good + deep + "\n" + good, "it is not JSON"},
      {"a number beyond all", good + "[1e999,\"<\",\"\"]\n" + good, "it is not JSON"},
      {"another header", good + std::string(kHeader) + good, "it is not a list of three or four"},
      {"two elements", good + "[2,\"<\"]\n" + good, "it is not a list of three or four"},
      {"five elements", good + "[2,\"<\",\"\",1,1]\n", "it is not a list of three or four"},
      {"no time", good + "[\"2\",\"<\",\"\"]\n" + good, "its time is not a number"},
      {"no direction", good + "[2,\"=\",\"\"]\n" + good,
       "its second element is none of <, > and x"},
      {"no event", good + "[2,\"x\",\"fin\"]\n",
       "its event is none of open, <eof, >eof, <rst and >rst"},
      {"no base64", good + "[2,\"<\",\"QQ\"]\n" + good, "its bytes are not base64"},
      {"no text", good + "[2,\"<\",7]\n" + good, "its bytes are not base64"},
      {"connection 0", good + "[2,\"<\",\"\",0]\n", "its connection is not a number from 1 on"},
      {"connection 1.5", good + "[2,\"<\",\"\",1.5]\n", "its connection is not a number from 1 on"},
  };
  const std::size_t offset = kHeader.size() + good.size();
  for (const DamageCase& one : cases) {
    EXPECT_EQ(read_lines(one.file),
              fmt::format("1 #1 < QQ==\nline 3 (byte {}): {}\n", offset, one.log))
        << one.what;
  }
}

TEST(Recording, endless_line_is_given_up_at_the_limit) {
  rec::Reader reader;
  const std::string piece(std::size_t{64} << 10, 'x');
  std::size_t size = 0;
  std::string log;
  while (log.empty() && size < 2 * rec::kMaxLineSize) {
    ConstBytes in = as_bytes(piece);
    if (const auto item = reader.next(in)) log = show(*item);
    size += piece.size();
  }
  EXPECT_EQ(log, "line 1 (byte 0): it has more than 1048576 bytes\n");
}

// --- What plays out of a recording

/// Both ends of a WebSocket connection in memory; the client's side is recorded.
class Live {
  static constexpr const char* kKey = "dGhlIHNhbXBsZSBub25jZQ==";

 public:
  explicit Live(rec::Secrets secrets) : writer_(1, secrets) {
    rec::append_header(file, {.side = rec::Side::client});
    writer_.append(file, microseconds(0), Kind::opened);
    const std::string request = ws::make_head("GET /ws?token=s3cr3t HTTP/1.1",
                                              ws::request_fields("localhost", kKey, {"chat"}));
    record(Kind::sent, as_bytes(request));
    record(Kind::received,
           as_bytes(ws::make_response({.accept = ws::accept_for(kKey), .protocols = {}}, "")));
  }

  void exchange() {
    move(client, Kind::sent, server, sent_log);
    move(server, Kind::received, client, received_log);
  }

  /// What both ends got, without how they came to their end, which bytes alone do not tell.
  std::string log() const {
    return without_ends("> ", sent_log) + without_ends("< ", received_log);
  }

  std::string file;
  ws::Connection client{ws::Role::client, ws::Settings{}, test::fixed_mask, Time()};
  ws::Connection server{ws::Role::server, ws::Settings{}, {}, Time()};
  test::EventLog sent_log;
  test::EventLog received_log;

 private:
  void move(ws::Connection& from, Kind kind, ws::Connection& to, test::EventLog& log) {
    std::vector<std::uint8_t> bytes(from.output().begin(), from.output().end());
    from.sent(bytes.size());
    if (bytes.empty()) return;
    record(kind, bytes);
    Bytes in(bytes);
    while (const auto event = to.next(in)) log.add(*event);
  }
  void record(Kind kind, ConstBytes bytes) {
    writer_.append(file, microseconds(++time_), kind, bytes);
  }
  static std::string without_ends(std::string_view prefix, const test::EventLog& log) {
    std::string text;
    std::istringstream in(log.text());
    for (std::string line; std::getline(in, line);) {
      if (!line.starts_with("ended")) text += fmt::format("#1 {}{}\n", prefix, line);
    }
    return text;
  }

  rec::Writer writer_;
  int time_ = 0;
};

TEST(Recording, replay_gives_the_events_of_the_live_run_at_every_split) {
  Live live(rec::Secrets::overwritten);
  EXPECT_TRUE(live.client.send(ws::MessageKind::text, false, as_bytes("hel")));
  live.exchange();
  EXPECT_TRUE(live.client.ping(as_bytes("now")));
  EXPECT_TRUE(live.client.send(ws::MessageKind::text, true, as_bytes("lo")));
  EXPECT_TRUE(
      live.server.send(ws::MessageKind::binary, true, as_bytes(std::string(70000, '\xfe'))));
  live.exchange();
  EXPECT_TRUE(live.server.close(4000, "enough"));
  live.exchange();
  live.exchange();
  ASSERT_NE(live.log().find("#1 > text \"hello\"\n"), std::string::npos) << live.log();
  ASSERT_NE(live.log().find("#1 < close 4000 \"enough\"\n"), std::string::npos) << live.log();

  EXPECT_EQ(live.file.find(to_base64(as_bytes("s3cr3t"))), std::string::npos);
  std::string expected = "#1 > GET /ws?token=****** HTTP/1.1\n" + live.log();
  expected.insert(expected.find("#1 <"), "#1 < 101\n");
  for (const test::Pieces& pieces : test::all_splits(live.file.size())) {
    ASSERT_EQ(test::replay(as_bytes(live.file), pieces), expected) << test::describe(pieces);
  }
}

TEST(Recording, replay_of_a_cut_file_tells_what_came_before_the_cut) {
  Live live(rec::Secrets::kept);
  EXPECT_TRUE(live.client.send(ws::MessageKind::text, true, as_bytes("one")));
  live.exchange();
  EXPECT_TRUE(live.client.send(ws::MessageKind::text, true, as_bytes("two")));
  live.exchange();
  live.file.resize(live.file.size() - 6);
  const std::string text = test::replay(as_bytes(live.file), test::whole(live.file.size()));
  EXPECT_EQ(text.substr(0, text.find("damage")),
            "#1 > GET /ws?token=s3cr3t HTTP/1.1\n#1 > text \"one\"\n#1 < 101\n");
  EXPECT_NE(text.find("): it is cut short\n"), std::string::npos) << text;
}

}  // namespace
