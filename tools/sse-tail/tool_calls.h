// The tools that a model wants to be called: which piece belongs to which call, and whether what
// they are given is JSON.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "json_check.h"
#include "json_pointer.h"

namespace sse_tail {

/// What a piece says of the call that it belongs to.
struct CallMark {
  std::uint64_t choice = 0;
  std::string number = {};  ///< Row::call; empty: it has none
  std::string id = {};      ///< Row::id; likewise
  std::uint64_t event = 0;  ///< the number of the event
  JsonPointer::Places places = {};
};

struct ToolCall {
  std::string name = {};  ///< at most its first 200 bytes; empty: it has not come
  JsonCheck arguments = {};
  bool is_json = true;  ///< its arguments are
  bool broken = false;
  bool complete() const { return !is_json || arguments.complete(); }
  bool empty() const { return is_json && arguments.empty(); }
  CallMark mark = {};
};

class ToolCalls {
 public:
  /// Calls that are kept apart; what belongs to later ones is passed over.
  static constexpr std::size_t kMaxCalls = 256;

  const std::vector<ToolCall>& all() const { return calls_; }
  ToolCall& at(std::size_t index) { return calls_[index]; }

  /// The index of the call that a piece with `mark` belongs to, which may be a new one. A number or
  /// an ID tells; without either, the place in the same event does. Failing that a name begins a
  /// call, and anything else goes on with the latest, one at the same place if there is any.
  /// nullopt: there are too many.
  std::optional<std::size_t> of(const CallMark& mark, bool is_name);

 private:
  std::optional<std::size_t> find(const CallMark& mark, bool is_name) const;

  std::vector<ToolCall> calls_;
};

}  // namespace sse_tail
