#include "support/replay.h"

#include <map>
#include <memory>
#include <sstream>
#include <utility>

#include <fmt/format.h>

#include "diag/report.h"
#include "http/head.h"
#include "rec/recording.h"
#include "ws/message.h"

namespace test {
namespace {

/// One direction of a connection: a head, then the frames that a reader of `role` gets.
class Direction {
 public:
  explicit Direction(ws::Role role)
      : head_(role == ws::Role::server ? http::HeadKind::request : http::HeadKind::response),
        messages_(role, {}) {}

  void take(ConstBytes bytes) {
    std::vector<std::uint8_t> copy(bytes.begin(), bytes.end());
    Bytes in(copy);
    while (!open_ && !in.empty()) {
      if (const auto read = head_.next(in)) take_head(*read);
    }
    while (const auto event = messages_.next(in)) log_.add(*event);
  }
  void note(std::string_view line) { notes_ += fmt::format("{}\n", line); }
  std::string text() const { return heads_ + log_.text() + notes_; }

 private:
  void take_head(const std::variant<http::Head, diag::Violation>& read) {
    if (const auto* violation = std::get_if<diag::Violation>(&read)) {
      heads_ += fmt::format("violation {}\n", diag::info(violation->rule).id);
      return;
    }
    const auto& head = std::get<http::Head>(read);
    heads_ += head.method.empty() ? fmt::format("{}\n", head.status)
                                  : fmt::format("{} {} HTTP/1.1\n", head.method, head.target);
    open_ = head.status == 0 || head.status == 101;
  }

  http::HeadReader head_;
  ws::MessageReader messages_;
  bool open_ = false;
  std::string heads_;
  EventLog log_;
  std::string notes_;
};

struct Conversation {
  Direction sent;
  Direction received;
};

class Player {
 public:
  void play(const rec::Reader::Item& item) {
    if (const auto* header = std::get_if<rec::Header>(&item)) {
      side_ = header->side;
    } else if (const auto* damage = std::get_if<rec::Damage>(&item)) {
      damage_ = fmt::format("damage: {}\n", damage->text());
    } else {
      play_record(std::get<rec::Record>(item));
    }
  }

  std::string text() const {
    std::string text;
    for (const auto& [conn, conversation] : conversations_) {
      append(text, fmt::format("#{} > ", conn), conversation->sent.text());
      append(text, fmt::format("#{} < ", conn), conversation->received.text());
    }
    return text + damage_;
  }

 private:
  void play_record(const rec::Record& record) {
    auto& conversation = conversations_[record.conn];
    if (!conversation) {
      const bool client = side_ == rec::Side::client;
      conversation = std::make_unique<Conversation>(
          Conversation{Direction(client ? ws::Role::server : ws::Role::client),
                       Direction(client ? ws::Role::client : ws::Role::server)});
    }
    switch (record.kind) {
      case rec::Kind::received: return conversation->received.take(record.bytes);
      case rec::Kind::sent: return conversation->sent.take(record.bytes);
      case rec::Kind::opened: return;
      case rec::Kind::received_end: return conversation->received.note("end");
      case rec::Kind::sent_end: return conversation->sent.note("end");
      case rec::Kind::received_reset: return conversation->received.note("reset");
      case rec::Kind::sent_reset: return conversation->sent.note("reset");
    }
  }

  static void append(std::string& text, const std::string& prefix, const std::string& lines) {
    std::istringstream in(lines);
    for (std::string line; std::getline(in, line);) text += prefix + line + '\n';
  }

  rec::Side side_ = rec::Side::client;
  std::map<std::uint64_t, std::unique_ptr<Conversation>> conversations_;
  std::string damage_;
};

}  // namespace

std::string replay(ConstBytes recording, const Pieces& pieces) {
  rec::Reader reader;
  Player player;
  feed_pieces(recording, pieces, [&](Bytes piece) {
    ConstBytes in = piece;
    while (const auto item = reader.next(in)) player.play(*item);
  });
  if (const auto item = reader.finish()) player.play(*item);
  return player.text();
}

}  // namespace test
