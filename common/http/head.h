// Reads the head of an HTTP/1.1 message as it arrives, in either direction, strictly: RFC 9112
// sections 2 to 5 without the tolerances that section 2.2 allows. The first byte that breaks a rule
// ends it. It looks at grammar only; what a WebSocket handshake needs is ws/handshake.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "diag/rule.h"
#include "http/field.h"

namespace http {

// What common servers take: large enough for any cookie jar, small enough for 16384 connections.
inline constexpr std::size_t kMaxHeadSize = 16 * 1024;  ///< all heads of one exchange together
inline constexpr std::size_t kMaxRequestLineSize = 8 * 1024;
inline constexpr std::size_t kMaxFieldCount = 100;

/// A complete head. The views live until the reader's next call or its end.
struct Head {
  std::string_view method;  ///< of a request
  std::string_view target;  ///< of a request, as sent
  unsigned status = 0;      ///< of a response
  std::string_view reason;  ///< of a response
  unsigned minor_version = 1;
  Fields fields;
  std::string_view text;     ///< the whole head as received, with the empty line
  std::uint64_t offset = 0;  ///< of `text` in the stream
};

enum class HeadKind { request, response };

class HeadReader {
 public:
  explicit HeadReader(HeadKind kind) : kind_(kind) {}

  /// Takes bytes off the front of `in`, none beyond the end of the head. Returns the head or the
  /// first broken rule; nullopt: `in` is used up. After a head the next call starts another one
  /// (interim answers), under the same size limit; after a violation everything is swallowed.
  std::optional<std::variant<Head, diag::Violation>> next(Bytes& in);

  /// What has been received of the head that is being read.
  std::string_view partial() const { return text_; }

 private:
  struct Span {
    std::size_t begin = 0;
    std::size_t end = 0;
  };
  struct FieldSpan {
    Span name;
    Span value;
  };

  std::optional<diag::Violation> take(std::uint8_t byte);
  std::optional<diag::Violation> check_start(std::uint8_t byte) const;
  std::optional<diag::Violation> end_line();
  std::optional<diag::Violation> parse_request_line(std::string_view line);
  std::optional<diag::Violation> parse_status_line(std::string_view line);
  std::optional<diag::Violation> parse_field_line(std::string_view line);
  diag::Violation violation(diag::Rule rule, std::size_t at, std::uint64_t got = 0) const;
  Span span_of(std::string_view part) const;
  std::string_view view(Span span) const;
  Head finish();
  void start_over();

  HeadKind kind_;
  std::uint64_t offset_ = 0;    // of text_[0] in the stream
  std::string text_;            // HeadBuffer: at most kMaxHeadSize
  std::size_t line_begin_ = 0;  // in text_
  bool start_line_done_ = false;
  bool done_ = false;
  bool broken_ = false;  // a violation has been returned
  Span method_or_reason_;
  Span target_;
  unsigned status_ = 0;
  unsigned minor_version_ = 1;
  std::vector<FieldSpan> field_spans_;
  std::vector<Field> fields_;
};

/// The protocol that `first` bytes of something that is not HTTP/1 belong to ("TLS", "HTTP/2",
/// "SSH"), or an empty view.
std::string_view other_protocol(ConstBytes first);

}  // namespace http
