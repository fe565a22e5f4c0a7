// One thing that the input wants to be sent.
#pragma once

#include "base/bytes.h"
#include "ws/close.h"
#include "ws/message.h"

namespace ws_cat {

struct Intent {
  enum class Type {
    message,
    ping,
    pong,
    close,
    raw,  ///< bytes as they go on the wire
    end,
  };
  Type type = Type::message;
  ws::MessageKind kind = ws::MessageKind::text;
  bool last = true;         ///< of a message: its last piece; the next one begins another
  ConstBytes payload = {};  ///< lives until the next call; the reason of a close
  ws::CloseCode code = 0;   ///< of a close
};

}  // namespace ws_cat
