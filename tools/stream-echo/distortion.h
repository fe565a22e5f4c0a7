// What a misbehaving server does to its own frames on their way out: well-formed ones go in, what
// the active faults make of them comes out. No I/O and no clock; the words are those of fault.h
// with Part::frames, and each is done to exactly the frames that its row names.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "fault.h"
#include "ws/frame.h"
#include "ws/message.h"

namespace stream_echo {

class Distortion {
 public:
  /// `happens` throws the dice: true with the given probability. Keys of `masked` frames come from
  /// `key`.
  Distortion(std::function<bool(double)> happens, ws::MaskSource key)
      : happens_(std::move(happens)), key_(std::move(key)) {}

  /// From now on; instead of an earlier fault of the same word.
  void add(const Fault& fault);

  /// `frames` are whole frames as a server sends them. Returns what goes on the wire instead.
  std::string rewrite(ConstBytes frames);

  /// From now on nothing comes out.
  void mute() { muted_ = true; }
  bool muted() const { return muted_; }

  /// `truncate` has happened: the connection is to end after what came out.
  bool cut() const { return cut_; }

  /// Pongs of `pong-delay`, which are to be sent so much later.
  struct LatePong {
    std::string frame;
    Duration delay = Duration(0);
  };
  std::vector<LatePong> take_late_pongs() { return std::exchange(late_pongs_, {}); }

 private:
  struct Frame {
    ws::FrameHeader header;
    std::string payload;
  };

  const Fault* active(Word word) const;
  const Fault* roll(Word word) const;
  void on_control(const Frame& frame);
  void on_pong(const Frame& frame);
  void on_data(Frame frame);
  void on_message(std::vector<Frame> message);
  void release();
  void put_data(Frame frame);
  std::string as_payload(std::string_view bytes, bool last) const;
  void put_fragments(const Frame& frame);
  void put_damaged(Frame frame);
  void put(const Frame& frame);

  std::function<bool(double)> happens_;
  ws::MaskSource key_;
  std::vector<Fault> faults_;
  std::string out_;
  std::vector<LatePong> late_pongs_;
  std::vector<Frame> collected_;           // the message that is arriving, for dup and reorder
  std::size_t collected_size_ = 0;         // in memory
  std::vector<Frame> waiting_;             // of reorder: the message that the next one overtakes
  ws::Opcode message_ = ws::Opcode::text;  // of the message whose frames are put
  bool compressed_ = false;                // likewise
  bool muted_ = false;
  bool cut_ = false;
};

}  // namespace stream_echo
