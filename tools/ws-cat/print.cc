#include "print.h"

#include "base/base64.h"
#include "base/text.h"

namespace ws_cat {
namespace {

void append(std::string& out, ConstBytes bytes) {
  out += as_text(bytes);
}

}  // namespace

void Printer::message(const ws::Event& piece, std::string& out) {
  switch (format_) {
    case Format::lines:
      text(piece, out);
      if (piece.last) out += '\n';
      return;
    case Format::nul:
      text(piece, out);
      if (piece.last) out += '\0';
      return;
    case Format::raw: return text(piece, out);
    case Format::hex:
      out += to_hex(piece.payload);
      if (piece.last) out += '\n';
      return;
    case Format::base64: return base64(piece, out);
    case Format::len32: return sized(piece, out);
    case Format::jsonl:  // written by cli/jsonl
    case Format::wire:   // written before it is decoded
      return;
  }
}

void Printer::text(const ws::Event& piece, std::string& out) {
  if (!look_.terminal) return append(out, piece.payload);
  escaper_.append(out, as_text(piece.payload));
  if (piece.last) escaper_.finish(out);
}

/// Three bytes make four letters: what does not fill a group waits for the next piece.
void Printer::base64(const ws::Event& piece, std::string& out) {
  held_.insert(held_.end(), piece.payload.begin(), piece.payload.end());
  const std::size_t whole = piece.last ? held_.size() : held_.size() / 3 * 3;
  out += to_base64(ConstBytes(held_).first(whole));
  held_.erase(held_.begin(), held_.begin() + static_cast<std::ptrdiff_t>(whole));
  if (piece.last) out += '\n';
}

void Printer::sized(const ws::Event& piece, std::string& out) {
  if (!piece.first || !piece.last) {
    held_.insert(held_.end(), piece.payload.begin(), piece.payload.end());
  }
  if (!piece.last) return;
  const ConstBytes whole = piece.first ? ConstBytes(piece.payload) : ConstBytes(held_);
  const std::size_t size = whole.size() | (piece.kind == ws::MessageKind::binary ? kBinaryBit : 0);
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(size >> shift & 0xFF);
  append(out, whole);
  held_.clear();
}

}  // namespace ws_cat
