// The opening handshake as a person sees it: what was sent and what came on standard error, and
// what it comes to. The bytes are read by Opening; whoever owns the connection moves them.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "cli/refusal.h"
#include "cli/term.h"
#include "opening.h"
#include "options.h"
#include "verdict.h"

namespace ws_cat {

class OpeningPhase {
 public:
  /// `args` and `talk` must outlive it; `key` is a fresh Sec-WebSocket-Key.
  OpeningPhase(const Args& args, cli::Talk& talk, std::string key);

  /// The request to send; shown with -v.
  const std::string& request() const { return opening_.request(); }
  void show_request();

  /// The answer broke a rule.
  struct Broken {
    diag::Violation violation;
    Verdict verdict;
  };
  /// A Verdict: refused.
  using Outcome = std::variant<Opening::Opened, Verdict, Broken>;

  /// Takes received bytes off the front of `in`; nullopt: more has to come. After Opened the rest
  /// of `in` belongs to the open connection.
  std::optional<Outcome> take(Bytes& in);

  /// The head of a refusal has come; its body may be coming.
  bool refused() const { return opening_.refusal().has_value(); }

  /// The refusal, however much of its body has come. Shows the rest of that.
  Verdict refusal();

  /// The connection ended before all of the answer had come.
  Verdict lost(const net::TransportEnd& end) const;

 private:
  void show_head(const Opening::HeadSeen& head);
  Broken broken(const diag::Violation& violation);

  const Args& args_;
  cli::Talk& talk_;
  Opening opening_;
  cli::RefusalBody body_;
};

}  // namespace ws_cat
