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
#include "refusal_reason.h"
#include "ws/handshake.h"

namespace ws_cat {

/// How much has come, and its first bytes, at most 32.
struct Received {
  std::uint64_t size = 0;
  std::string first_bytes;
};

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
  using Opened = ws::Accepted;
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

  /// What was asked for, with -H applied.
  const Asked& asked() const { return asked_; }

  /// Once the server has refused; nullopt before.
  const std::optional<Refusal>& refusal() const { return refusal_; }

  /// What came so far, from the first byte on.
  const Received& received() const { return received_; }

 private:
  Step judge(const http::Head& head);

  std::string key_;
  std::vector<std::string> protocols_;
  std::optional<ws::DeflateOffer> deflate_;
  std::string request_;
  Asked asked_;
  http::HeadReader reader_{http::HeadKind::response};
  Received received_;
  std::optional<http::BodyReader> body_;  // of a refusal
  std::optional<Step> verdict_;           // to follow a HeadSeen
  std::optional<Refusal> refusal_;
};

}  // namespace ws_cat
