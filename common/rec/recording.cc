#include "rec/recording.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "base/base64.h"
#include "base/check.h"
#include "base/json_writer.h"
#include "rec/json.h"

namespace rec {
namespace {

constexpr std::array<std::string_view, 2> kSides = {"client", "server"};

// The second element of a line, by Kind.
constexpr std::array<std::string_view, 2> kDirections = {"<", ">"};

// The third element of an "x" line, by Kind from `opened` on.
constexpr std::array<std::string_view, 5> kEvents = {"open", "<eof", ">eof", "<rst", ">rst"};

template <std::size_t Count>
std::optional<std::size_t> index_of(const std::array<std::string_view, Count>& words,
                                    const Json& word) {
  if (!word.is_string()) return std::nullopt;
  const auto found = std::find(words.begin(), words.end(), word.get_ref<const std::string&>());
  if (found == words.end()) return std::nullopt;
  return static_cast<std::size_t>(found - words.begin());
}

/// The time that a line gives, in whole microseconds; nullopt when there is no such time.
std::optional<Duration> time_of(const Json& number) {
  const auto limit = static_cast<std::uint64_t>(kMaxTime.count());
  if (!number.is_number_unsigned()) return std::nullopt;
  const auto count = number.get<std::uint64_t>();
  if (count > limit) return std::nullopt;
  return Duration(static_cast<Duration::rep>(count));
}

}  // namespace

std::string Damage::text() const {
  return fmt::format("line {} (byte {}): {}", line, offset, why);
}

void append_header(std::string& out, const Header& header) {
  JsonWriter json(out);
  json.begin().field("streamrec", std::uint64_t{kVersion});
  if (!header.tool.empty()) json.field("tool", header.tool);
  json.field("side", kSides[static_cast<std::size_t>(header.side)]);
  if (!header.url.empty()) json.field("url", header.url);
  if (!header.started.empty()) json.field("started", header.started);
  if (!header.via.empty()) json.field("via", header.via);
  json.end();
}

void append_record(std::string& out, const Record& record) {
  CHECK(record.bytes.size() <= kMaxChunkSize);
  const auto kind = static_cast<std::size_t>(record.kind);
  fmt::format_to(std::back_inserter(out), "[{},\"", record.t.count());
  if (kind < kDirections.size()) {
    out += kDirections[kind];
    out += "\",\"";
    out += to_base64(record.bytes);
  } else {
    out += "x\",\"";
    out += kEvents[kind - kDirections.size()];
  }
  out += '"';
  if (record.conn != 1) fmt::format_to(std::back_inserter(out), ",{}", record.conn);
  out += "]\n";
}

std::optional<Reader::Item> Reader::next(ConstBytes& in) {
  if (broken_) in = {};
  if (in.empty()) return std::nullopt;
  const auto end = std::find(in.begin(), in.end(), '\n');
  const bool complete = end != in.end();
  const ConstBytes part = take_front(in, static_cast<std::size_t>(end - in.begin()));
  if (line_.size() + part.size() > kMaxLineSize) {
    return damage(fmt::format("it has more than {} bytes", kMaxLineSize));
  }
  if (!complete) {
    line_ += as_text(part);
    return std::nullopt;
  }
  in = in.subspan(1);
  line_ += as_text(part);
  Item item = take_line(line_);
  offset_ += line_.size() + 1;
  ++number_;
  line_.clear();
  return item;
}

std::optional<Reader::Item> Reader::finish() {
  if (broken_) return std::nullopt;
  if (line_.empty()) {
    if (number_ > 1) return std::nullopt;
    return damage("the recording is empty");
  }
  const std::string line = std::exchange(line_, {});
  // A writer that was killed leaves a part of a line; an editor may leave out the last line end.
  if (line.back() != ']' && line.back() != '}') return damage("it is cut short");
  return take_line(line);
}

Reader::Item Reader::take_line(std::string_view line) {
  return number_ == 1 ? take_header(line) : take_record(line);
}

Reader::Item Reader::take_header(std::string_view line) {
  const auto json = parse_json(line);
  if (!json || !json->is_object() || !json->contains("streamrec")) {
    return damage("this is no recording, which begins with {\"streamrec\":1");
  }
  const Json& version = (*json)["streamrec"];
  if (version != kVersion) {
    // A number is short; anything else may be as long as the line.
    const std::string shown = version.is_number() ? version.dump() : "something else";
    return damage(fmt::format("its version is {}, and only {} is known", shown, kVersion));
  }
  const auto side = json->contains("side") ? index_of(kSides, (*json)["side"]) : std::nullopt;
  if (!side) return damage("\"side\" is neither \"client\" nor \"server\"");
  return Header{.tool = text_of(*json, "tool"),
                .side = static_cast<Side>(*side),
                .url = text_of(*json, "url"),
                .started = text_of(*json, "started"),
                .via = text_of(*json, "via")};
}

Reader::Item Reader::take_record(std::string_view line) {
  const auto json = parse_json(line);
  if (!json) return damage("it is not JSON");
  const bool shaped = json->is_array() && (json->size() == 3 || json->size() == 4);
  if (!shaped) return damage("it is not a list of three or four");
  if (!(*json)[0].is_number()) return damage("its time is not a number");

  Record record;
  const auto time = time_of((*json)[0]);
  record.clamped = !time || *time < last_time_;
  if (!record.clamped) last_time_ = *time;
  record.t = last_time_;

  if (json->size() == 4) {
    const Json& conn = (*json)[3];
    if (!conn.is_number_unsigned() || conn == 0U) {
      return damage("its connection is not a number from 1 on");
    }
    record.conn = conn.get<std::uint64_t>();
  }

  if ((*json)[1] == "x") {
    const auto event = index_of(kEvents, (*json)[2]);
    if (!event) return damage("its event is none of open, <eof, >eof, <rst and >rst");
    record.kind = static_cast<Kind>(kDirections.size() + *event);
    return record;
  }
  const auto direction = index_of(kDirections, (*json)[1]);
  if (!direction) return damage("its second element is none of <, > and x");
  auto bytes =
      (*json)[2].is_string() ? from_base64((*json)[2].get_ref<const std::string&>()) : std::nullopt;
  if (!bytes) return damage("its bytes are not base64");
  bytes_ = std::move(*bytes);
  record.kind = static_cast<Kind>(*direction);
  record.bytes = bytes_;
  return record;
}

Reader::Item Reader::damage(std::string why) {
  broken_ = true;
  std::string().swap(line_);
  return Damage{number_, offset_, std::move(why)};
}

}  // namespace rec
