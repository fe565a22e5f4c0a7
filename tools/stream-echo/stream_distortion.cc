#include "stream_distortion.h"

#include <algorithm>
#include <array>

#include "base/output_buffer.h"
#include "encode.h"

namespace stream_echo {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// RFC 1952 2.3: no name, no time, made by Unix.
constexpr std::string_view kGzipHead("\x1f\x8b\x08\0\0\0\0\0\0\x03", 10);
// A last block without anything in it, with the fixed codes.
constexpr std::string_view kLastBlock("\x03\0", 2);

// What a proxy holds back that compresses and does not flush.
constexpr std::size_t kHeldBack = std::size_t{8} << 10;

/// RFC 1952 8, a bit at a time: nobody compresses much here.
std::uint32_t crc32(std::uint32_t crc, std::string_view text) {
  crc = ~crc;
  for (const char c : text) {
    crc ^= static_cast<std::uint8_t>(c);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xEDB88320 : 0);
  }
  return ~crc;
}

std::string little_endian(std::uint32_t number) {
  std::string bytes;
  for (int shift = 0; shift < 32; shift += 8) bytes += static_cast<char>(number >> shift & 0xFF);
  return bytes;
}

/// A receiver ignores such an id (HTML Living Standard 9.2.6). It is the first line of an event.
void add_nul_to_id(std::string& event) {
  if (event.compare(0, 3, "id:") == 0) event.insert(event.find('\n'), 1, '\0');
}

}  // namespace

void StreamDistortion::add(const Fault& fault) {
  if (fault.word == Word::bom) {
    bom_ = true;
  } else if (fault.word == Word::gzip) {
    gzip_.emplace().late = !fault.text.empty();
  } else {
    std::erase_if(faults_, [&](const Fault& one) { return one.word == fault.word; });
    faults_.push_back(fault);
  }
}

const Fault* StreamDistortion::roll(Word word) const {
  const auto found = std::ranges::find(faults_, word, &Fault::word);
  return found != faults_.end() && happens_(found->probability) ? &*found : nullptr;
}

/// As servers of language models write it, "[DONE]" say.
std::optional<std::string> StreamDistortion::end_mark() const {
  const Fault* const mark = roll(Word::done);
  if (mark == nullptr) return std::nullopt;
  if (mark->text == "none") return std::string();
  if (!is_event_stream_) return mark->text + '\n';
  OutputBuffer out;
  encode_or_die(out, {.data = mark->text});
  return std::string(as_text(out.view()));
}

std::optional<Slices> StreamDistortion::chunks() const {
  const auto found = std::ranges::find(faults_, Word::split, &Fault::word);
  if (found == faults_.end()) return std::nullopt;
  return Slices{.size = found->number, .pause = found->time};
}

std::string StreamDistortion::rewrite(std::string_view block, Kind kind) {
  std::string text(block);
  const bool is_event = kind == Kind::event || kind == Kind::last_event;
  if (is_event && roll(Word::nul_id) != nullptr) add_nul_to_id(text);
  const bool last = kind == Kind::last_event || kind == Kind::end;
  const std::string_view block_end = is_event_stream_ ? "\n\n" : "\n";
  if (last && text.ends_with(block_end) && roll(Word::no_final_blank) != nullptr) text.pop_back();
  if (is_event && roll(Word::cut) != nullptr) {
    text.resize(text.size() / 2);
    cut_ = true;
  }
  if (const Fault* eol = roll(Word::eol)) text = with_line_ends(text, eol->text);
  if (std::exchange(bom_, false)) text.insert(0, kByteOrderMark);
  if (gzip_) return compressed(text, false);
  return text;
}

/// `mixed` goes round; but a LF that stands alone behind a CR would be a part of that line end.
std::string StreamDistortion::with_line_ends(std::string_view text, std::string_view how) {
  constexpr std::array<std::string_view, 3> kEnds = {"\n", "\r\n", "\r"};
  std::string out;
  while (!text.empty()) {
    const std::size_t size = std::min(text.find('\n'), text.size());
    out += text.substr(0, size);
    if (size == text.size()) break;
    text.remove_prefix(size + 1);
    std::string_view end = how == "lf" ? "\n" : how == "cr" ? "\r" : "\r\n";
    if (how == "mixed") end = kEnds[line_count_++ % kEnds.size()];
    if (after_cr_ && size == 0 && end == "\n") end = "\r\n";
    after_cr_ = end == "\r";
    out += end;
  }
  return out;
}

std::string StreamDistortion::compressed(std::string_view text, bool last) {
  Gzip& gzip = *gzip_;
  gzip.held += text;
  if (gzip.late && !last && gzip.held.size() < kHeldBack) return {};
  std::string out;
  if (!std::exchange(gzip.begun, true)) out += kGzipHead;
  gzip.checksum = crc32(gzip.checksum, gzip.held);
  gzip.size += static_cast<std::uint32_t>(gzip.held.size());  // RFC 1952 2.3.1: modulo 2^32
  out += as_text(gzip.deflater.compress(as_bytes(gzip.held), false));
  gzip.held.clear();
  if (!last) return out;
  out += kLastBlock;
  return out + little_endian(gzip.checksum) + little_endian(gzip.size);
}

std::string StreamDistortion::finish() {
  if (!gzip_) return {};
  return compressed({}, true);
}

}  // namespace stream_echo
