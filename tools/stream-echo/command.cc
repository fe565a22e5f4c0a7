#include "command.h"

#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "net/fd.h"

namespace stream_echo {
namespace {

/// True when Ctrl-C on our terminal would reach us.
bool in_foreground() {
  const net::Fd terminal(open("/dev/tty", O_RDONLY | O_CLOEXEC | O_NOCTTY));
  return terminal && tcgetpgrp(terminal.value()) == getpgrp();
}

}  // namespace

Result<void> Command::start(net::Loop& loop, const Args& args, const Server& server,
                            std::function<void(int)> exited) {
  std::vector<std::pair<std::string, std::string>> environment = {
      {"STREAM_ECHO_URL", server.url("ws")},
      {"STREAM_ECHO_HTTP_URL", server.url("http")},
      {"STREAM_ECHO_PORT", std::to_string(server.port())}};
  if (!args.tls.ca_out.empty()) {
    // The command may go to another directory before it looks.
    environment.emplace_back("STREAM_ECHO_CA", std::filesystem::absolute(args.tls.ca_out));
  }
  auto child = net::Child::spawn(loop, args.command, environment, std::move(exited));
  if (!child) return child.error();
  child_ = std::move(*child);
  return {};
}

void Command::pass_on(int signum) {
  if (signum == SIGINT && in_foreground()) return;
  child_->kill(signum);
}

}  // namespace stream_echo
