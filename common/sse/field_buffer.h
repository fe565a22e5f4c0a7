// The value of a field of the message that is being read: a view of the bytes that the parser was
// given, for as long as these are there, and a copy from then on. Only what does not lie in one
// piece of input is ever copied. The parser keeps it under its limit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace sse {

/// Empties `text`. Its memory is kept up to what new memory is worth.
inline void recycle(std::string& text) {
  constexpr std::size_t kKept = std::size_t{1} << 20;
  if (text.capacity() > kKept) {
    text = std::string();
  } else {
    text.clear();
  }
}

class FieldBuffer {
 public:
  /// False until a value is set, be it empty.
  bool is_set() const { return place_ != Place::nowhere; }

  std::string_view view() const { return place_ == Place::here ? copy_ : elsewhere_; }

  /// `value` has to stay where it is until own() or clear().
  void set(std::string_view value) {
    elsewhere_ = value;
    place_ = Place::elsewhere;
  }

  /// Sets the value, or appends it to the one that is set, with LF between the two.
  void add_line(std::string_view value) {
    if (!is_set()) return set(value);
    own();
    copy_ += '\n';
    copy_ += value;
  }

  /// Lets go of what set() was given.
  void own() {
    if (place_ != Place::elsewhere) return;
    recycle(copy_);
    copy_ = elsewhere_;
    place_ = Place::here;
  }

  /// Views that were given out stay valid until the next value.
  void clear() {
    elsewhere_ = {};
    place_ = Place::nowhere;
  }

 private:
  enum class Place : std::uint8_t { nowhere, elsewhere, here };

  Place place_ = Place::nowhere;
  std::string_view elsewhere_;
  std::string copy_;
};

}  // namespace sse
