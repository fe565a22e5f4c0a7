// Cuts input into messages, as --from says, without I/O. A message of any length passes through in
// pieces: memory stays constant in every format but jsonl, hex and base64, which hold one line.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/utf8.h"
#include "feed_json.h"
#include "intent.h"
#include "options.h"

namespace ws_cat {

class Feed {
 public:
  /// `binary` counts for lines and nul.
  Feed(Format format, bool binary);

  /// Takes bytes off the front of `in` up to the next intent; nullopt: `in` is used up. An Error
  /// ends the input: it names the line or message that cannot be sent.
  std::optional<Result<Intent>> next(ConstBytes& in);

  /// The input has ended: what a last line without its end still holds. To be called until nullopt.
  std::optional<Result<Intent>> finish();

 private:
  std::optional<Result<Intent>> next_divided(ConstBytes& in, std::uint8_t divider);
  std::optional<Result<Intent>> next_line(ConstBytes& in);
  std::optional<Result<Intent>> next_sized(ConstBytes& in);
  std::optional<Result<Intent>> held_piece(bool last);
  std::optional<Result<Intent>> piece(bool last, ConstBytes payload);
  std::optional<Result<Intent>> decode_line(std::string_view line);
  Result<Intent> decode_hex(std::string_view line);
  Result<Intent> decode_base64(std::string_view line);
  std::optional<Result<Intent>> decode_json(std::string_view line);
  Error error(std::string_view why, std::string_view hint = {}) const;

  Format format_;
  ws::MessageKind kind_;      // of the current message
  std::uint64_t number_ = 1;  // of the line or message that is being read
  bool open_ = false;         // a piece of the current message has been returned
  Utf8Validator utf8_;
  JsonFeed json_;
  std::string line_;                   // LineBuffer: a line that is not complete
  std::vector<std::uint8_t> decoded_;  // hex, base64: the payload of the intent just returned
  std::string text_;                   // lines, nul: that payload
  std::uint8_t length_size_ = 0;       // of len32: bytes of the length so far
  std::uint32_t left_ = 0;             // of len32: the length so far, then what is to come
};

}  // namespace ws_cat
