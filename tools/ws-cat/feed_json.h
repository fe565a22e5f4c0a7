// What one line of --from jsonl asks for: message, ping, pong and close as --to jsonl writes them,
// and frame and raw, which make bytes of any kind, valid or not. Lines that came the other way and
// other kinds ask for nothing.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "intent.h"
#include "ws/frame.h"

namespace ws_cat {

class JsonFeed {
 public:
  /// nullopt: nothing. An Error says what is wrong with the line, to follow its number. Text is not
  /// checked. The payload lives until the next call.
  std::optional<Result<Intent>> decode(std::string_view line);

 private:
  Result<void> take_payload(const nlohmann::json& line);
  Result<Intent> message(const nlohmann::json& line);
  Result<Intent> control(Intent::Type type);
  Result<Intent> close(const nlohmann::json& line);
  Result<Intent> frame(const nlohmann::json& line);
  Result<std::vector<std::uint8_t>> begin_frame(const nlohmann::json& line);

  std::string text_;                 // `data`, or the reason of a close
  std::vector<std::uint8_t> bytes_;  // `base64`, or a frame
  ConstBytes payload_;               // in one of the two
  ws::FrameHeader header_;           // of the frame that is being sent
  bool more_ = false;                // its payload goes on in the next line of its kind
  std::uint64_t sent_ = 0;           // of that payload
};

}  // namespace ws_cat
