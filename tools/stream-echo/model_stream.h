// The reply of a model as a stream: its blocks one after the other, made when they are wanted, each
// in its time. Which blocks there are is the business of the format.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "base/output_buffer.h"
#include "base/time.h"
#include "model_reply.h"
#include "paced_stream.h"

namespace stream_echo {

class ModelStream {
 public:
  /// `format` outlives this.
  ModelStream(const ModelFormat& format, ModelReply reply);

  /// Appends the next block but the end mark, if there is one. Returns how long after it the next
  /// one is due; nullopt: it was the last one.
  std::optional<Duration> append(OutputBuffer& out);

  /// Before the first block.
  Duration first_pause() { return pause(); }

  /// Whether the latest block was a word of the reply, and not what stands around it.
  bool wrote_word() const { return wrote_word_; }

  void append_end(OutputBuffer& out);

  /// The block that ends the stream before its time.
  void append_error(OutputBuffer& out, std::string_view text) const;

 private:
  using Moment = ReplyPosition::Moment;

  bool has_block();
  bool comes_in_one() const;
  void leave_word();
  void leave_moment();
  void find_block();
  Duration pause();

  const ModelFormat& format_;
  ModelReply reply_;
  ReplyPosition at_;        // of the next block
  std::size_t offset_ = 0;  // of the next word in the text of its part
  bool wrote_word_ = false;
  bool has_begun_ = false;  // the first word has its time
};

/// What a client gets that asked for a stream.
std::unique_ptr<PacedStream> paced_reply(ModelApi api, ModelReply reply, Time now);

}  // namespace stream_echo
