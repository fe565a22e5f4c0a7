// Bytes waiting for the transport: appended at the back, sent off the front. Grows with what is put
// in; the callers keep that under a limit by not reading more.
#pragma once

#include <algorithm>
#include <cstring>
#include <memory>

#include "base/bytes.h"

class OutputBuffer {
 public:
  // Small answers are the rule for a server, and 16384 idle connections keep this much each.
  static constexpr std::size_t kKeptByMany = std::size_t{16} << 10;
  // Memory that is new costs more than what is done with it: a client has the one connection.
  static constexpr std::size_t kKeptByOne = std::size_t{1} << 20;

  /// What has grown beyond `kept` is given back when all is sent.
  explicit OutputBuffer(std::size_t kept = kKeptByMany) : kept_(kept) {}

  ConstBytes view() const { return {data_.get() + begin_, size()}; }
  std::size_t size() const { return end_ - begin_; }
  std::size_t capacity() const { return capacity_; }

  /// Appends `size` bytes for the caller to fill in; the place is valid until the next call.
  Bytes extend(std::size_t size) {
    if (size > capacity_ - end_) make_room(size);
    end_ += size;
    return {data_.get() + end_ - size, size};
  }

  /// Appends and returns the place of the copy, valid until the next call.
  Bytes append(ConstBytes bytes) {
    const Bytes copy = extend(bytes.size());
    if (!bytes.empty()) std::memcpy(copy.data(), bytes.data(), bytes.size());
    return copy;
  }

  /// Puts a copy in front of everything.
  void prepend(ConstBytes bytes) {
    if (bytes.empty()) return;
    if (bytes.size() > begin_) {
      const std::size_t old_size = size();
      extend(bytes.size());
      std::memmove(data_.get() + begin_ + bytes.size(), data_.get() + begin_, old_size);
    } else {
      begin_ -= bytes.size();
    }
    std::memcpy(data_.get() + begin_, bytes.data(), bytes.size());
  }

  /// The first `size` bytes are on their way.
  void sent(std::size_t size) {
    begin_ += size;
    if (begin_ < end_) return;
    begin_ = end_ = 0;
    if (capacity_ <= kept_) return;
    data_.reset();
    capacity_ = 0;
  }

 private:
  /// Moves what waits to the front when that is at most as much as has been sent, so that a byte is
  /// moved once on average; grows otherwise.
  void make_room(std::size_t added) {
    const std::size_t waiting = size();
    if (begin_ >= waiting && waiting + added <= capacity_) {
      std::memmove(data_.get(), data_.get() + begin_, waiting);
    } else {
      capacity_ = std::max(waiting + added, 2 * capacity_);
      auto larger = std::make_unique_for_overwrite<std::uint8_t[]>(capacity_);
      if (waiting > 0) std::memcpy(larger.get(), data_.get() + begin_, waiting);
      data_ = std::move(larger);
    }
    begin_ = 0;
    end_ = waiting;
  }

  std::unique_ptr<std::uint8_t[]> data_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;  // of what waits
  std::size_t end_ = 0;
  std::size_t kept_;
};
