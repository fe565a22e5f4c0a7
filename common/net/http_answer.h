// Collects the head of an answer from the lines that libcurl hands out, which it has made sure are
// such lines, and looks at the few things in it that decide how an exchange goes on. Trailers are
// counted, as libcurl keeps every one of them, and not looked at.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "http/field.h"
#include "net/http_client.h"

namespace net {

class HttpAnswerReader {
 public:
  enum class Line : std::uint8_t {
    more,       ///< of the head
    last,       ///< the head is complete
    trailer,    ///< is none of the head
    malformed,  ///< there is no status line
    too_large,  ///< all heads and trailers together are larger than http::kMaxHeadSize
  };

  /// With `upgrades` a 101 is an interim answer, too (RFC 7540 3.2).
  explicit HttpAnswerReader(bool upgrades) : upgrades_(upgrades) {}

  /// `line` with its line end.
  Line take(std::string_view line);

  bool begun() const { return !text_.empty(); }
  bool complete() const { return complete_; }

  /// Once it is complete. The views live as long as this and `url`.
  HttpAnswer answer(std::string_view url) const;

  /// RFC 9112 6.3 (8): only the end of the connection ends the body. `to_head`: no body is due.
  bool ends_by_close(bool to_head) const;

 private:
  struct Span {
    std::size_t begin = 0;
    std::size_t size = 0;
  };

  void finish();
  std::string_view view(Span span) const {
    return std::string_view(text_).substr(span.begin, span.size);
  }

  bool upgrades_;
  std::size_t size_ = 0;  // of all heads and trailers
  std::string text_;      // HeadBuffer: at most http::kMaxHeadSize
  std::vector<http::Field> fields_;
  unsigned status_ = 0;
  Span version_;
  bool complete_ = false;
};

}  // namespace net
