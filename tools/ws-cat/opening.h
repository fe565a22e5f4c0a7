// The opening handshake from the client's side, without I/O: the request that the options ask for,
// and what the answer turns out to be.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "base/bytes.h"
#include "http/body.h"
#include "http/head.h"
#include "options.h"
#include "ws/handshake.h"

namespace ws_cat {

class Opening {
 public:
  /// `key` is a fresh Sec-WebSocket-Key; a -H of that name takes its place.
  Opening(const Args& args, std::string key);

  /// The request to send, one head.
  const std::string& request() const { return request_; }

  /// A head that came: an interim answer (1xx other than 101), or the answer.
  struct HeadSeen {
    std::string text;
    unsigned status = 0;
  };
  /// The server agreed; the rest of `in` belongs to the open connection.
  struct Opened {
    std::string protocol;
  };
  /// A piece of the body of a refusal, in the caller's buffer.
  struct BodyPiece {
    Bytes bytes;
  };
  /// The refusal is complete.
  struct RefusalEnd {};

  using Step = std::variant<HeadSeen, Opened, BodyPiece, RefusalEnd, diag::Violation>;

  /// Takes bytes off the front of `in` up to the next step; nullopt: `in` is used up. Opened,
  /// RefusalEnd and a violation are the last step. An answer comes as HeadSeen first.
  std::optional<Step> next(Bytes& in);

  /// `403 Forbidden` once the server has refused; empty before.
  const std::string& refusal() const { return refusal_; }

  /// The first bytes of what came, at most 32.
  const std::string& first_bytes() const { return first_bytes_; }

 private:
  Step judge(const http::Head& head);

  std::string key_;
  std::vector<std::string> protocols_;
  std::string request_;
  http::HeadReader reader_{http::HeadKind::response};
  std::string first_bytes_;
  std::optional<http::BodyReader> body_;  // of a refusal
  std::optional<Step> verdict_;           // to follow a HeadSeen
  std::string refusal_;
};

}  // namespace ws_cat
