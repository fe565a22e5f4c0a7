#include "support/observed.h"

#include <algorithm>

#include "support/vector_file.h"

namespace test {
namespace {

using nlohmann::json;

ws::Direction direction_of(const json& sign) {
  return sign == ">" ? ws::Direction::to_server : ws::Direction::to_client;
}

std::string show(std::string_view sign, std::string_view rule, std::uint64_t offset,
                 std::uint64_t frame) {
  return fmt::format("{} {} @{} frame {}\n", sign, rule, offset, frame);
}

std::vector<std::uint8_t> part_bytes(const json& bytes) {
  if (bytes.is_string()) return bytes_of_hex(bytes);
  return head_bytes(bytes);
}

ObservedCase read_case(const json& object) {
  ObservedCase c;
  c.name = object["name"].get<std::string>();
  if (text_at(object, "begin") == "frames") c.settings.begin = ws::ObserverSettings::Begin::frames;
  for (const json& part : object["stream"]) {
    c.stream.push_back({direction_of(part[0]), part_bytes(part[1])});
  }
  for (const json& rule : object["broken"]) {
    c.broken += show(rule[0].get<std::string>(), rule[1].get<std::string>(),
                     rule[2].get<std::uint64_t>(), rule[3].get<std::uint64_t>());
  }
  return c;
}

}  // namespace

std::size_t ObservedCase::size() const {
  std::size_t size = 0;
  for (const Part& part : stream) size += part.bytes.size();
  return size;
}

std::vector<std::uint8_t> ObservedCase::bytes(ws::Direction which) const {
  std::vector<std::uint8_t> joined;
  for (const Part& part : stream) {
    if (part.direction == which) {
      joined.insert(joined.end(), part.bytes.begin(), part.bytes.end());
    }
  }
  return joined;
}

std::vector<ObservedCase> observed_cases() {
  std::vector<ObservedCase> cases;
  const json vectors = load_vectors("ws-observed.json");
  for (const json& object : vectors["cases"]) cases.push_back(read_case(object));
  return cases;
}

ObserverLog watch(const ws::ObserverSettings& settings, ws::Direction direction, ConstBytes stream,
                  const Pieces& pieces) {
  ws::Observer observer(settings);
  ObserverLog log;
  feed_pieces(stream, pieces, [&](Bytes in) { drain(observer, direction, in, log); });
  observer.eof(direction);
  drain(observer, direction, {}, log);
  return log;
}

ObserverLog run_observed(const ObservedCase& c, const Pieces& pieces) {
  ws::Observer observer(c.settings);
  ObserverLog log;
  std::size_t piece = 0;
  std::size_t left = pieces.front();
  for (const ObservedCase::Part& part : c.stream) {
    Pieces own;
    for (std::size_t rest = part.bytes.size(); rest > 0; rest -= own.back()) {
      if (left == 0) left = pieces[++piece];
      own.push_back(std::min(left, rest));
      left -= own.back();
    }
    feed_pieces(part.bytes, own, [&](Bytes in) { drain(observer, part.direction, in, log); });
  }
  for (const auto direction : {ws::Direction::to_server, ws::Direction::to_client}) {
    observer.eof(direction);
    drain(observer, direction, {}, log);
  }
  return log;
}

std::string show_broken(const ObserverLog& log) {
  std::string lines;
  for (const ObserverLog::Broken& broken : log.broken()) {
    lines += show(broken.direction == ws::Direction::to_server ? ">" : "<",
                  diag::info(broken.violation.rule).id, broken.violation.offset, broken.frame);
  }
  return lines;
}

}  // namespace test
