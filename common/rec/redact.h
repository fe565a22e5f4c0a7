// Overwrites secrets in the HTTP heads of one direction of a connection with `*`, byte for byte, so
// that every offset stays what it was. What counts as one is listed in streamrec(5). Bodies and
// WebSocket frames are left alone.
//
// It decides about each byte when it comes, and never looks ahead: so nothing has to be held back,
// bytes keep their time and their chunk, and no split of a head can show what another one hides.
// The price: where only the end could tell (`user:password@host` from `host:port`), it hides more
// than it would have to, and of a random token without a name in front it shows the beginning.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "http/body.h"
#include "rec/secret.h"

namespace rec {

/// A URL or a request target (RFC 3986), letter by letter: hides the value of every parameter with
/// a secret's name in path, query and fragment, and in an authority what follows a colon. A URL
/// inside a parameter, percent-encoded, is looked at as well.
class UrlScanner {
 public:
  /// Whether `c`, the next byte, is to be overwritten.
  bool hides(char c);

 private:
  enum class Part { plain, authority, password, name, secret };

  void take(char c, bool encoded);
  void take_plain(char c, bool encoded);
  bool starts_authority(char c) const;

  Part part_ = Part::plain;
  bool encoded_ = false;   // the part began with an escape: so does its end
  bool in_query_ = false;  // where "&" divides
  Name name_;
  RandomSpotter spotter_;
  bool in_brackets_ = false;  // of an IPv6 address
  char before_[2] = {0, 0};   // the two bytes before, decoded
  int escape_size_ = 0;       // bytes of an escape so far
  unsigned escape_ = 0;
};

/// The value of a Sec-WebSocket-Protocol field, which some clients hide a token in: as
/// `NAME.TOKEN` behind a name that says so, as the element after such a name, or alone.
class ProtocolScanner {
 public:
  bool hides(char c);

 private:
  bool hidden_ = false;  // the rest of this element is a secret
  Name word_;            // since the last punctuation
  RandomSpotter spotter_;
};

class Redactor {
 public:
  /// The next bytes of this direction, in place.
  void redact(Bytes in);

  /// A 101 has passed here: what follows, in both directions, are no heads any more.
  bool switched() const { return switched_; }

  /// From now on everything stays as it is.
  void stop() { state_ = State::passing; }
  bool stopped() const { return state_ == State::passing; }

 private:
  enum class State { start_line, name, value, body, passing };
  enum class Field { other, secret, url, protocols, length, coding };

  bool hides(char c);
  bool hides_in_start_line(char c);
  bool hides_in_value(char c);
  void take_length(char c);
  void begin_value();
  void end_line();
  void end_head();
  void begin_head();
  bool is_response() const { return first_word_ == "HTTP/"; }

  State state_ = State::start_line;
  bool switched_ = false;
  bool after_cr_ = false;
  std::size_t line_size_ = 0;
  std::size_t word_ = 0;    // of the start line, counted from 0
  std::string first_word_;  // its first five bytes
  unsigned status_ = 0;
  Name name_;
  Field field_ = Field::other;
  bool value_begun_ = false;
  UrlScanner url_;
  ProtocolScanner protocols_;
  std::optional<std::uint64_t> length_;  // of the body
  bool chunked_ = false;
  bool bad_framing_ = false;  // nobody knows where the body ends
  std::optional<http::BodyReader> body_;
};

/// `text`, a whole URL, with secrets and all user information overwritten.
std::string redacted_url(std::string_view text);

}  // namespace rec
