// Any bytes in both directions of a connection, watched in any pieces: no crash, every byte told of
// once and in its place, and the same told as in one piece. The first eight bytes choose what is
// known of the connection, its limits and the sizes of the pieces; then come parts, each with a
// byte that says which direction it is of and how long it is, up to 127 bytes; one of no bytes is a
// hole.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "support/observer_log.h"
#include "ws/observer.h"

namespace {

using ws::Direction;

constexpr std::size_t kChoices = 8;

struct Part {
  Direction direction = Direction::to_server;
  ConstBytes bytes;
};

[[noreturn]] void breach(const char* what, const std::string& a, const std::string& b) {
  std::fprintf(stderr, "%s\n--- whole\n%s\n--- in pieces\n%s\n", what, a.c_str(), b.c_str());
  std::abort();
}

ws::ObserverSettings choose(const std::uint8_t* bytes) {
  ws::ObserverSettings settings;
  settings.begin = static_cast<ws::ObserverSettings::Begin>(bytes[0] % 3);
  if ((bytes[0] & 64) != 0) {
    settings.deflate.emplace();
    settings.deflate->server_no_context_takeover = (bytes[0] & 128) != 0;
    settings.deflate->client_no_context_takeover = (bytes[0] & 32) != 0;
  }
  if (bytes[1] < 64) settings.limits.max_message = std::uint64_t{1} << bytes[1];
  if (bytes[2] != 0) settings.limits.max_fragments = bytes[2];
  return settings;
}

std::vector<Part> parts_of(ConstBytes stream) {
  std::vector<Part> parts;
  while (!stream.empty()) {
    const std::uint8_t lead = take_front(stream, 1).front();
    const std::size_t size = std::min<std::size_t>(lead & 127U, stream.size());
    parts.push_back({(lead & 128) != 0 ? Direction::to_client : Direction::to_server,
                     take_front(stream, size)});
  }
  return parts;
}

/// `sizes` of the pieces in turn; 0: as it is.
std::string run(const ws::ObserverSettings& settings, const std::vector<Part>& parts,
                const std::uint8_t* sizes) {
  ws::Observer observer(settings);
  test::ObserverLog log;
  std::vector<std::uint8_t> fed[2];
  std::size_t turn = 0;
  for (const Part& part : parts) {
    ConstBytes rest = part.bytes;
    if (rest.empty()) observer.hole(part.direction, 3);
    do {
      const std::size_t wanted = sizes == nullptr ? rest.size() : 1U + sizes[turn++ % 4];
      const ConstBytes piece = take_front(rest, std::min(wanted, rest.size()));
      std::vector<std::uint8_t> copy(piece.begin(), piece.end());  // unmasking changes it
      auto& all = fed[static_cast<std::size_t>(part.direction)];
      all.insert(all.end(), piece.begin(), piece.end());
      Bytes in(copy);
      drain(observer, part.direction, in, log);
    } while (!rest.empty());
  }
  for (const Direction direction : {Direction::to_server, Direction::to_client}) {
    observer.eof(direction);
    drain(observer, direction, {}, log);
    if (log.wire(direction) != fed[static_cast<std::size_t>(direction)]) {
      breach("a byte is lost, or told twice", log.text(), {});
    }
  }
  if (!log.complaints().empty()) breach(log.complaints().c_str(), log.text(), {});
  return log.text();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < kChoices) return 0;
  const ws::ObserverSettings settings = choose(data);
  const auto parts = parts_of(ConstBytes(data + kChoices, size - kChoices));
  const std::string whole = run(settings, parts, nullptr);
  const std::string pieces = run(settings, parts, data + 4);
  if (pieces != whole) breach("chosen pieces make a difference", whole, pieces);
  constexpr std::uint8_t kSingle[4] = {0, 0, 0, 0};
  const std::string bytes = run(settings, parts, kSingle);
  if (bytes != whole) breach("single bytes make a difference", whole, bytes);
  return 0;
}
