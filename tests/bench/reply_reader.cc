#include "reply_reader.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "payload.h"
#include "sockets.h"

namespace bench {
namespace {

[[noreturn]] void wrong(std::string_view what) {
  errno = 0;
  fail(what);
}

}  // namespace

/// Inflates a connection's messages one after another, with the window kept between them.
class Inflater {
 public:
  Inflater() {
    if (inflateInit2(&stream_, -15) != Z_OK) wrong("inflateInit2");
  }
  ~Inflater() { inflateEnd(&stream_); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  template <typename Take>
  void feed(ConstBytes bytes, const Take& take) {
    stream_.next_in = const_cast<Bytef*>(bytes.data());
    stream_.avail_in = static_cast<uInt>(bytes.size());
    do {
      std::array<std::uint8_t, 16384> out;
      stream_.next_out = out.data();
      stream_.avail_out = static_cast<uInt>(out.size());
      const int result = inflate(&stream_, Z_SYNC_FLUSH);
      if (result != Z_OK && result != Z_BUF_ERROR) wrong("the echo cannot be inflated");
      take(ConstBytes(out).first(out.size() - stream_.avail_out));
    } while (stream_.avail_out == 0);
  }

 private:
  z_stream stream_ = {};
};

ReplyReader::ReplyReader(ConstBytes payload, bool check) : payload_(payload), check_(check) {}
ReplyReader::~ReplyReader() = default;
ReplyReader::ReplyReader(ReplyReader&&) noexcept = default;

Received ReplyReader::take(Bytes bytes, std::string& answers) {
  Received received;
  while (const auto piece = decoder_.next(bytes)) {
    if (piece->header.masked) wrong("the server masks");
    if (!ws::is_control(piece->header.opcode)) {
      take_data(*piece, received);
      continue;
    }
    if (piece->header.opcode == ws::Opcode::close) wrong("the server closes");
    if (piece->first) ping_.clear();
    ping_ += as_text(piece->payload);
    if (piece->last && piece->header.opcode == ws::Opcode::ping) {
      std::vector<std::uint8_t> pong = make_frame(as_bytes(ping_), false, false);
      pong[0] = 0x8a;
      answers += as_text(pong);
    }
  }
  return received;
}

void ReplyReader::take_data(const ws::FramePiece& piece, Received& received) {
  if (piece.first && piece.header.opcode != ws::Opcode::cont) {
    compressed_ = piece.header.rsv == 4;
    position_ = 0;
  }
  received.bytes += piece.payload.size();
  const bool complete = piece.last && piece.header.fin;
  if (!compressed_) {
    compare(piece.payload);
  } else if (check_) {
    if (!inflater_) inflater_ = std::make_unique<Inflater>();
    const auto take = [&](ConstBytes bytes) { compare(bytes); };
    inflater_->feed(piece.payload, take);
    if (complete) inflater_->feed(as_bytes(std::string_view("\0\0\xff\xff", 4)), take);
  }
  if (!complete) return;
  if ((check_ || !compressed_) && position_ != payload_.size()) wrong("the echo ends early");
  ++received.messages;
}

void ReplyReader::compare(ConstBytes bytes) {
  if (bytes.size() > payload_.size() - position_) wrong("the echo is too long");
  if (check_ && !std::equal(bytes.begin(), bytes.end(),
                            payload_.begin() + static_cast<std::ptrdiff_t>(position_))) {
    wrong("the echo is not what was sent");
  }
  position_ += bytes.size();
}

Received RawReader::take(ConstBytes bytes) {
  Received received;
  received.bytes = bytes.size();
  while (!bytes.empty()) {
    const ConstBytes piece = take_front(bytes, std::min(bytes.size(), message_.size() - position_));
    if (check_ && std::memcmp(piece.data(), message_.data() + position_, piece.size()) != 0) {
      wrong("the echo is not what was sent");
    }
    position_ += piece.size();
    if (position_ == message_.size()) {
      position_ = 0;
      ++received.messages;
    }
  }
  return received;
}

}  // namespace bench
