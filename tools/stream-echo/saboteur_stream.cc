// The half of the saboteur that is about event streams.
#include <algorithm>

#include <fmt/format.h>

#include "saboteur.h"

namespace stream_echo {
namespace {

// Of `long-line`, at a time.
constexpr std::size_t kBlock = std::size_t{16} << 10;

constexpr std::string_view kLastChunk = "0\r\n\r\n";  // RFC 9112 7.1

// A comment is no event, and neither is a blank line behind it; there are clients that think so.
constexpr std::string_view kComment = ": fault\n\n";

}  // namespace

StreamHead Saboteur::stream_head(StreamHead head) {
  stream_ = std::make_unique<Stream>([this](double probability) { return happens(probability); },
                                     head.is_event_stream);
  for (const WordInfo& row : all_words()) {
    if (row.part != Part::stream_head) continue;
    const auto fault = std::ranges::find(faults_, row.word, &Fault::word);
    if (fault == faults_.end() || !happens(fault->probability)) continue;
    log_.fault(describe(*fault));
    switch (row.word) {
      case Word::type: head.content_type = fault->text; break;
      case Word::charset: head.content_type += fmt::format("; charset={}", fault->text); break;
      case Word::chunked: head.chunked = false; break;
      case Word::gzip:
        head.encoding = "gzip";
        stream_->distortion.add(*fault);
        break;
      default: stream_->distortion.add(*fault); break;
    }
  }
  stream_->chunked = head.chunked;
  const auto has = [this](Word word) {
    return std::ranges::find(faults_, word, &Fault::word) != faults_.end();
  };
  // Of an event stream it is the events that come at odd times, unless it is cut otherwise.
  const bool is_cut = has(Word::slice) || has(Word::rate);
  if (has(Word::split) || (has(Word::jitter) && !is_cut)) pace_.keep_pieces_apart();
  return head;
}

void Saboteur::opened_stream(std::size_t head_size,
                             std::function<std::string(std::string_view)> error) {
  stream_->error = std::move(error);
  begin_answer(head_size);
  begin_waiting();
}

bool Saboteur::send_block(ConstBytes block, StreamDistortion::Kind kind) {
  if (kind != StreamDistortion::Kind::end) return send(block, kind);
  const auto mark = stream_->distortion.end_mark();
  return send(mark ? as_bytes(*mark) : block, kind);
}

bool Saboteur::send(ConstBytes block, StreamDistortion::Kind kind) {
  if (block.empty() || end_ != End::none) return false;
  const bool is_event = kind == StreamDistortion::Kind::event;
  if (is_event && is_last_event()) kind = StreamDistortion::Kind::last_event;
  std::string body = stream_->distortion.rewrite(as_text(block), kind);
  const bool cut = stream_->distortion.cut();
  if (!cut) log_.sent(block, stream_->distortion.is_event_stream());
  put_body(std::move(body));
  if (cut) {
    end_stream();
  } else if (is_event && backlog_.empty()) {
    count(block.size(), true);
  } else if (is_event) {
    uncounted_ = block.size();  // it is, when it has gone
  }
  return !cut;
}

/// `drop-after` comes right behind it.
bool Saboteur::is_last_event() const {
  return std::ranges::any_of(waiting_, [this](const Fault* fault) {
    return fault->word == Word::drop_after && fault->after->messages == message_count_ + 1;
  });
}

void Saboteur::end_stream() {
  if (end_ != End::none || !pump_.takes_output()) return;
  add_body(stream_->distortion.finish());
  if (stream_->chunked) backlog_.add_bytes(kLastChunk);
  end(End::orderly);
}

/// To the backlog, in chunks of the size that is asked for, or as one.
void Saboteur::add_body(std::string body) {
  const Slices whole{.size = body.size()};
  const Slices pieces = stream_->distortion.chunks().value_or(whole);
  backlog_.add_body(std::move(body), pieces, stream_->chunked);
}

void Saboteur::put_body(std::string body) {
  add_body(std::move(body));
  fill();
}

std::string Saboteur::framed(std::string_view body) const {
  return stream_->chunked ? as_chunk(body) : std::string(body);
}

void Saboteur::send_comment() {
  if (holds_back() || !pump_.takes_output()) return;
  send(as_bytes(kComment), StreamDistortion::Kind::other);
}

/// In the manner of whoever is imitated; nothing follows it.
void Saboteur::send_error(std::string_view text) {
  const std::string block = stream_->error(text);
  send(as_bytes(block), StreamDistortion::Kind::end);
  end_stream();
}

/// An event without an id, far larger than what is kept of it here.
void Saboteur::begin_long_line(std::uint64_t size) {
  static constexpr std::string_view kField = "data: ";
  const std::string block(kBlock, 'x');
  if (line_block_.empty()) line_block_ = framed(block);
  Flood flood{.head = framed(kField), .block = line_block_, .times = size / kBlock, .behind = {}};
  flood.behind = framed(block.substr(0, size % kBlock) + "\n\n");
  begin_flood(std::move(flood));
}

}  // namespace stream_echo
