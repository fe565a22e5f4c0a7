#include "command.h"

#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <utility>

#include "net/fd.h"

namespace stream_echo {
namespace {

/// True when Ctrl-C on our terminal would reach us.
bool in_foreground() {
  const net::Fd terminal(open("/dev/tty", O_RDONLY | O_CLOEXEC | O_NOCTTY));
  return terminal && tcgetpgrp(terminal.value()) == getpgrp();
}

}  // namespace

Result<void> Command::start(net::Loop& loop, const std::vector<std::string>& argv,
                            const Server& server, std::function<void(int)> exited) {
  auto child = net::Child::spawn(loop, argv,
                                 {{"STREAM_ECHO_URL", server.url("ws")},
                                  {"STREAM_ECHO_HTTP_URL", server.url("http")},
                                  {"STREAM_ECHO_PORT", std::to_string(server.port())}},
                                 std::move(exited));
  if (!child) return child.error();
  child_ = std::move(*child);
  return {};
}

void Command::pass_on(int signum) {
  if (signum == SIGINT && in_foreground()) return;
  child_->kill(signum);
}

}  // namespace stream_echo
