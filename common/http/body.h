// Reads the body that follows a head (RFC 9112 section 6): none, of a given length, chunked, or up
// to the end of the connection. Content is passed on as views of the caller's buffer; trailers are
// skipped under a limit.
#pragma once

#include <cstdint>
#include <optional>
#include <variant>

#include "base/bytes.h"
#include "diag/rule.h"
#include "http/head.h"

namespace http {

enum class BodyKind { none, sized, chunked, until_end };

struct BodyLength {
  BodyKind kind = BodyKind::none;
  std::uint64_t size = 0;  ///< when sized
};

/// RFC 9112 6.3. Content-Length twice, malformed, or beside Transfer-Encoding is a violation
/// (request smuggling). A transfer coding other than a lone `chunked` counts as `until_end`.
std::variant<BodyLength, diag::Violation> body_length(const Head& head, HeadKind kind);

class BodyReader {
 public:
  explicit BodyReader(BodyLength length) : kind_(length.kind), left_(length.size) {}

  /// Takes the next piece of content off the front of `in`; nullopt: `in` is used up or the body is
  /// over (then the rest of `in` belongs to what follows).
  std::optional<Bytes> next(Bytes& in);

  /// The body is complete, or its chunk framing is broken and nothing more can be told apart.
  bool done() const;

  /// That framing is broken: what came is not all of it.
  bool broken() const { return broken_; }

 private:
  enum class Awaits { size, size_line_end, data, data_end, trailer, nothing };

  bool take_framing(Bytes& in);
  void give_up();
  void end_size_line();

  BodyKind kind_;
  std::uint64_t left_;  // of the body or of the current chunk
  Awaits awaits_ = Awaits::size;
  bool broken_ = false;
  std::size_t line_size_ = 0;  // of the current size or trailer line
  std::size_t trailer_size_ = 0;
};

}  // namespace http
