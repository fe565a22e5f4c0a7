#include "model_stream.h"

#include <utility>

#include "words.h"

namespace stream_echo {

ModelStream::ModelStream(const ModelFormat& format, ModelReply reply)
    : format_(format), reply_(std::move(reply)) {
  find_block();
}

std::optional<Duration> ModelStream::append(OutputBuffer& out) {
  wrote_word_ = false;
  if (at_.moment == Moment::end) return std::nullopt;
  format_.write(out, reply_, at_);
  wrote_word_ = at_.moment == Moment::delta;
  if (wrote_word_) leave_word();
  ++at_.nth;
  ++at_.block;
  find_block();
  if (at_.moment == Moment::end) return std::nullopt;
  return pause();
}

void ModelStream::append_end(OutputBuffer& out) {
  format_.write(out, reply_, at_);
}

void ModelStream::append_error(OutputBuffer& out, std::string_view text) const {
  format_.write_error(out, text, at_.block);
}

/// Before the next block. What stands around the words takes no time.
Duration ModelStream::pause() {
  if (at_.moment != Moment::delta) return Duration(0);
  return std::exchange(has_begun_, true) ? reply_.interval : reply_.first_after;
}

bool ModelStream::has_block() {
  if (at_.moment == Moment::end) return true;
  if (at_.moment != Moment::delta) return at_.nth < format_.count(reply_, at_);
  const ReplyPart& part = at_.part_of(reply_);
  const std::string_view rest = std::string_view(part.text).substr(offset_);
  if (rest.empty()) return false;
  at_.delta = comes_in_one() ? rest : rest.substr(0, first_word_size(rest));
  return true;
}

/// What came in one piece may be all of a large request, and is not needed any more.
void ModelStream::leave_word() {
  offset_ += at_.delta.size();
  if (!comes_in_one()) return;
  at_.delta = {};
  offset_ = 0;
  std::string().swap(reply_.parts[at_.part].text);
}

bool ModelStream::comes_in_one() const {
  return format_.calls_in_one && at_.part_of(reply_).kind == ReplyPart::Kind::call;
}

void ModelStream::leave_moment() {
  at_.nth = 0;
  switch (at_.moment) {
    case Moment::begin: at_.moment = Moment::open; return;
    case Moment::open:
      at_.moment = Moment::delta;
      offset_ = 0;
      return;
    case Moment::delta: at_.moment = Moment::close; return;
    case Moment::close:
      ++at_.part;
      at_.moment = at_.part < reply_.parts.size() ? Moment::open : Moment::finish;
      return;
    case Moment::finish:
    case Moment::end: at_.moment = Moment::end; return;
  }
}

void ModelStream::find_block() {
  while (!has_block()) leave_moment();
}

std::unique_ptr<PacedStream> paced_reply(ModelApi api, ModelReply reply, Time now) {
  const auto stream = std::make_shared<ModelStream>(format_of(api), std::move(reply));
  return std::make_unique<PacedStream>(
      [stream](OutputBuffer& out) { return stream->append(out); }, now + stream->first_pause(),
      PacedStream::Traits{
          .append_end = [stream](OutputBuffer& out) { stream->append_end(out); },
          .append_error = [stream](OutputBuffer& out,
                                   std::string_view text) { stream->append_error(out, text); },
          .is_content = [stream] { return stream->wrote_word(); }});
}

}  // namespace stream_echo
