// Reads what an echo server sends back on one connection, however it cuts it, and counts it. With a
// payload to compare it also insists that the echo is what was sent; without one only the sizes
// count, which is cheap enough to keep up with any server.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/bytes.h"
#include "ws/frame.h"

namespace bench {

struct Received {
  std::uint64_t messages = 0;
  std::uint64_t bytes = 0;  ///< of their payloads, pieces of unfinished ones included

  Received& operator+=(const Received& more) {
    messages += more.messages;
    bytes += more.bytes;
    return *this;
  }
};

class Inflater;

/// Of frames. The end of the program follows anything that no echo would send.
class ReplyReader {
 public:
  /// `payload` is that of each message, and outlives the reader.
  ReplyReader(ConstBytes payload, bool check);
  ~ReplyReader();
  ReplyReader(ReplyReader&&) noexcept;

  /// Appends the pong for each ping among `bytes` to `answers`.
  Received take(Bytes bytes, std::string& answers);

 private:
  void take_data(const ws::FramePiece& piece, Received& received);
  void compare(ConstBytes bytes);

  ConstBytes payload_;
  bool check_;
  ws::FrameDecoder decoder_;
  bool compressed_ = false;     // the message that is being read
  std::uint64_t position_ = 0;  // in its payload, inflated when it is checked
  std::string ping_;
  std::unique_ptr<Inflater> inflater_;
};

/// Of a TCP echo, where one message is `message` and only bytes can be counted.
class RawReader {
 public:
  RawReader(ConstBytes message, bool check) : message_(message), check_(check) {}
  Received take(ConstBytes bytes);

 private:
  ConstBytes message_;
  bool check_;
  std::size_t position_ = 0;
};

}  // namespace bench
