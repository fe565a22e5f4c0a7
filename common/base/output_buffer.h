// Bytes waiting for the transport: appended at the back, sent off the front. Grows with what is put
// in; the callers keep that under a limit by not reading more.
#pragma once

#include <vector>

#include "base/bytes.h"

class OutputBuffer {
 public:
  ConstBytes view() const { return ConstBytes(bytes_).subspan(sent_); }
  std::size_t size() const { return bytes_.size() - sent_; }

  /// Appends and returns the place of the copy, valid until the next call.
  Bytes append(ConstBytes bytes) {
    if (sent_ > bytes_.size() / 2) {
      bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(sent_));
      sent_ = 0;
    }
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    return Bytes(bytes_).last(bytes.size());
  }

  /// Puts a copy in front of everything.
  void prepend(ConstBytes bytes) {
    if (bytes.empty()) return;
    bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(sent_));
    sent_ = 0;
    bytes_.insert(bytes_.begin(), bytes.begin(), bytes.end());
  }

  /// The first `size` bytes are on their way.
  void sent(std::size_t size) {
    sent_ += size;
    if (sent_ < bytes_.size()) return;
    sent_ = 0;
    if (bytes_.capacity() > kKeptCapacity) {
      std::vector<std::uint8_t>().swap(bytes_);
    } else {
      bytes_.clear();
    }
  }

 private:
  // Small answers are the rule. More is given back, because 16384 idle connections keep this much
  // each.
  static constexpr std::size_t kKeptCapacity = std::size_t{16} << 10;

  std::vector<std::uint8_t> bytes_;
  std::size_t sent_ = 0;
};
