#include "distortion.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/check.h"

namespace stream_echo {
namespace {

using ws::FrameHeader;
using ws::Opcode;

// A larger message is neither repeated nor held back, so that memory does not depend on its size.
constexpr std::size_t kMaxCollected = std::size_t{1} << 20;

constexpr std::string_view kInterleavedPing = "between";
constexpr std::string_view kBadPong = "not what was asked";
constexpr std::string_view kAfterClose = "after the close";

// U+20AC without its last byte, then a byte that cannot be it.
constexpr std::string_view kCutCharacter = "\xe2\x82";
constexpr std::string_view kNoContinuation = "(";

// RFC 1951 3.2.3: a block of the reserved type 3.
constexpr std::string_view kBadBlock = "\x07";

// RFC 7692 7.2.1: what the end of a compressed message lacks.
constexpr std::string_view kDeflateTail("\0\0\xff\xff", 4);

FrameHeader header_of(Opcode opcode, std::size_t size) {
  FrameHeader header;
  header.opcode = opcode;
  header.length = size;
  return header;
}

}  // namespace

void Distortion::add(const Fault& fault) {
  std::erase_if(faults_, [&](const Fault& one) { return one.word == fault.word; });
  faults_.push_back(fault);
}

std::string Distortion::rewrite(ConstBytes frames) {
  std::string copy(as_text(frames));
  Bytes in(reinterpret_cast<std::uint8_t*>(copy.data()), copy.size());
  ws::FrameDecoder decoder;
  while (const auto piece = decoder.next(in)) {
    CHECK(piece->first && piece->last);
    Frame frame{.header = piece->header, .payload = std::string(as_text(piece->payload))};
    if (is_control(frame.header.opcode)) {
      on_control(frame);
    } else {
      on_data(std::move(frame));
    }
  }
  CHECK(decoder.at_boundary());
  return std::exchange(out_, {});
}

const Fault* Distortion::active(Word word) const {
  const auto found = std::ranges::find(faults_, word, &Fault::word);
  return found == faults_.end() ? nullptr : &*found;
}

/// The fault, if it is active and happens this time.
const Fault* Distortion::roll(Word word) const {
  const Fault* const fault = active(word);
  return fault != nullptr && happens_(fault->probability) ? fault : nullptr;
}

void Distortion::on_control(const Frame& frame) {
  if (frame.header.opcode == Opcode::pong) return on_pong(frame);
  const bool is_close = frame.header.opcode == Opcode::close;
  if (is_close) release();
  put(frame);
  if (is_close && roll(Word::data_after_close) != nullptr) {
    put({.header = header_of(Opcode::text, kAfterClose.size()),
         .payload = std::string(kAfterClose)});
  }
}

void Distortion::on_pong(const Frame& frame) {
  if (roll(Word::no_pong) != nullptr) return;
  Frame pong = frame;
  if (roll(Word::bad_pong) != nullptr) {
    pong.payload = kBadPong;
    pong.header.length = pong.payload.size();
  }
  const Fault* const late = roll(Word::pong_delay);
  if (late == nullptr) return put(pong);
  std::string before = std::exchange(out_, {});
  put(pong);
  late_pongs_.push_back({.frame = std::exchange(out_, std::move(before)), .delay = late->time});
}

void Distortion::on_data(Frame frame) {
  const bool whole_wanted = active(Word::dup) != nullptr || active(Word::reorder) != nullptr;
  const bool last = frame.header.fin;
  // A message that is too large, or had begun before the fault, passes as it is.
  const bool begun = frame.header.opcode == Opcode::cont && collected_.empty();
  if (!whole_wanted || begun) return put_data(std::move(frame));
  collected_size_ += sizeof(Frame) + frame.payload.size();
  collected_.push_back(std::move(frame));
  if (collected_size_ > kMaxCollected) {
    release();
    for (Frame& held : std::exchange(collected_, {})) put_data(std::move(held));
    collected_size_ = 0;
  } else if (last) {
    collected_size_ = 0;
    on_message(std::exchange(collected_, {}));
  }
}

/// A whole message, for dup and reorder.
void Distortion::on_message(std::vector<Frame> message) {
  if (roll(Word::dup) != nullptr) {
    const std::vector<Frame> again = message;
    message.insert(message.end(), again.begin(), again.end());
  }
  if (waiting_.empty() && roll(Word::reorder) != nullptr) {
    waiting_ = std::move(message);
    return;
  }
  for (Frame& frame : message) put_data(std::move(frame));
  release();
}

/// The message that was to be overtaken goes out.
void Distortion::release() {
  for (Frame& frame : std::exchange(waiting_, {})) put_data(std::move(frame));
}

void Distortion::put_data(Frame frame) {
  if (frame.header.opcode != Opcode::cont) {
    if (roll(Word::bad_deflate) != nullptr) {
      frame.header.rsv |= ws::kRsv1;
      frame.payload.insert(0, kBadBlock);
    }
    message_ = frame.header.opcode;
    compressed_ = (frame.header.rsv & ws::kRsv1) != 0;
  }
  const bool ends_text = message_ == Opcode::text && frame.header.fin;
  const Fault* const bad = ends_text ? roll(Word::bad_utf8) : nullptr;
  if (bad == nullptr) return put_fragments(frame);
  if (compressed_) frame.payload += kDeflateTail;
  if (bad->text.empty()) {
    frame.payload += as_payload("\xff", true);
    return put_fragments(frame);
  }
  frame.payload += as_payload(kCutCharacter, false);
  frame.header.fin = false;
  put_fragments(frame);
  put_damaged({.header = header_of(Opcode::cont, 0), .payload = as_payload(kNoContinuation, true)});
}

/// A few bytes of the message whose frames are put: in a compressed one (RFC 7692 7.2.3.3), where
/// the end of a block was, as a block that stores them.
std::string Distortion::as_payload(std::string_view bytes, bool last) const {
  if (!compressed_) return std::string(bytes);
  const auto size = static_cast<char>(bytes.size());
  const std::string block = {'\0', size, '\0', static_cast<char>(~size), '\xff'};
  return block + std::string(bytes) + (last ? std::string(1, '\0') : std::string());
}

/// fragment and interleave. Alone, the latter cuts a frame in two.
void Distortion::put_fragments(const Frame& frame) {
  const Fault* const fragment = roll(Word::fragment);
  const bool interleave = roll(Word::interleave) != nullptr;
  std::size_t size = frame.payload.size();
  if (fragment != nullptr) {
    size = static_cast<std::size_t>(fragment->number);
  } else if (interleave) {
    size = (frame.payload.size() + 1) / 2;
  }
  std::string_view rest = frame.payload;
  for (bool first = true; first || !rest.empty(); first = false) {
    Frame part{.header = frame.header, .payload = std::string(rest.substr(0, size))};
    rest.remove_prefix(part.payload.size());
    if (!first) {
      part.header.opcode = Opcode::cont;
      part.header.rsv = 0;  // RFC 7692 6.1: RSV1 is on the first fragment only
      if (interleave) {
        put({.header = header_of(Opcode::ping, kInterleavedPing.size()),
             .payload = std::string(kInterleavedPing)});
      }
    }
    part.header.fin = frame.header.fin && rest.empty();
    put_damaged(std::move(part));
  }
}

/// The words that break a single frame.
void Distortion::put_damaged(Frame frame) {
  FrameHeader& header = frame.header;
  header.length = frame.payload.size();
  if (const Fault* const rsv = roll(Word::rsv)) {
    header.rsv = static_cast<std::uint8_t>(header.rsv | rsv->number);
  }
  if (const Fault* const opcode = roll(Word::opcode)) {
    header.opcode = static_cast<Opcode>(opcode->number);
  }
  if (roll(Word::nonminimal) != nullptr) {
    header.length_form = header.length < 126 ? ws::LengthForm::bits16 : ws::LengthForm::bits64;
  }
  if (roll(Word::len63) != nullptr) header.length |= std::uint64_t{1} << 63;
  if (roll(Word::masked) != nullptr) {
    header.masked = true;
    header.key = key_();
    ws::apply_mask({reinterpret_cast<std::uint8_t*>(frame.payload.data()), frame.payload.size()},
                   header.key, 0);
  }
  const std::size_t before = out_.size();
  put(frame);
  if (!muted_ && roll(Word::truncate) != nullptr) {
    out_.resize(before + (out_.size() - before + 1) / 2);
    cut_ = true;
    muted_ = true;
  }
}

void Distortion::put(const Frame& frame) {
  if (muted_) return;
  std::array<std::uint8_t, ws::kMaxHeaderSize> bytes;
  const std::size_t size = encode_header_as_given(frame.header, bytes);
  out_ += as_text(ConstBytes(bytes).first(size));
  out_ += frame.payload;
}

}  // namespace stream_echo
