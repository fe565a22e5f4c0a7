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
  // Of an event stream it is the events that come at odd times.
  if (has(Word::split) || (has(Word::jitter) && !has(Word::slice))) pace_.keep_pieces_apart();
  return head;
}

void Saboteur::opened_stream(std::size_t head_size,
                             std::function<std::string(std::string_view)> error) {
  stream_->error = std::move(error);
  begin_answer(head_size);
  begin_waiting();
}

void Saboteur::send_block(ConstBytes block, StreamDistortion::Kind kind) {
  const bool is_event = kind == StreamDistortion::Kind::event;
  if (is_event && is_last_event()) kind = StreamDistortion::Kind::last_event;
  put_body(stream_->distortion.rewrite(as_text(block), kind));
  if (stream_->distortion.cut()) return end_stream();
  if (is_event) count(block.size(), true);
}

/// `drop-after` comes right behind it.
bool Saboteur::is_last_event() const {
  return std::ranges::any_of(waiting_, [this](const Fault* fault) {
    return fault->word == Word::drop_after && fault->after->messages == message_count_ + 1;
  });
}

void Saboteur::end_stream() {
  if (!pump_.takes_output()) return;
  put_body(stream_->distortion.finish());
  if (stream_->chunked) {
    write(kLastChunk);
    pace_.announce(kLastChunk.size(), Duration(0));
  }
  ended_ = true;
  pump_.finish();
}

/// In chunks of the size that is asked for, or as one.
void Saboteur::put_body(std::string_view body) {
  const Slices whole{.size = body.size()};
  const Slices slices = stream_->distortion.chunks().value_or(whole);
  while (!body.empty()) {
    const std::size_t size = std::min<std::size_t>(slices.size, body.size());
    const std::string chunk = as_chunk(body.substr(0, size));
    write(chunk);
    pace_.announce(chunk.size(), slices.pause);
    body.remove_prefix(size);
  }
}

std::string Saboteur::as_chunk(std::string_view body) const {
  if (!stream_->chunked) return std::string(body);
  return fmt::format("{:x}\r\n{}\r\n", body.size(), body);
}

void Saboteur::send_comment() {
  if (holds_back() || !pump_.takes_output()) return;
  send_block(as_bytes(kComment), StreamDistortion::Kind::other);
}

/// In the manner of whoever is imitated; nothing follows it.
void Saboteur::send_error(std::string_view text) {
  const std::string block = stream_->error(text);
  send_block(as_bytes(block), StreamDistortion::Kind::other);
  end_stream();
}

/// An event without an id, far larger than what is kept of it here.
void Saboteur::begin_long_line(std::uint64_t size) {
  static constexpr std::string_view kField = "data: ";
  const std::string block(kBlock, 'x');
  if (line_block_.empty()) line_block_ = as_chunk(block);
  Flood flood{.head = as_chunk(kField), .block = line_block_, .times = size / kBlock, .behind = {}};
  flood.behind = as_chunk(block.substr(0, size % kBlock) + "\n\n");
  begin_flood(std::move(flood));
}

}  // namespace stream_echo
