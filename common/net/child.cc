// Child of net/loop.h.
#include <uv.h>

#include <string_view>

#include "base/check.h"
#include "net/loop.h"
#include "net/loop_impl.h"

extern char** environ;

namespace net {

struct Child::State {
  uv_process_t handle = {};
  Exited exited;
  bool running = true;
  bool forgotten = false;  // no Child points here any more

  static void on_exit(uv_process_t* handle, std::int64_t status, int signum) {
    auto* state = static_cast<State*>(handle->data);
    state->running = false;
    if (state->forgotten) {
      close_and_delete(state);
    } else {
      state->exited(signum != 0 ? 128 + signum : static_cast<int>(status));
    }
  }
};

namespace {

using Environment = std::vector<std::pair<std::string, std::string>>;

bool is_replaced(std::string_view entry, const Environment& extra_env) {
  const std::string_view name = entry.substr(0, entry.find('='));
  for (const auto& [extra_name, value] : extra_env) {
    if (name == extra_name) return true;
  }
  return false;
}

std::vector<std::string> merged_environment(const Environment& extra_env) {
  std::vector<std::string> merged;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    if (!is_replaced(*entry, extra_env)) merged.emplace_back(*entry);
  }
  for (const auto& [name, value] : extra_env) merged.push_back(name + "=" + value);
  return merged;
}

/// The null-terminated array that exec wants; it points into `strings`.
std::vector<char*> pointers_to(std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (std::string& string : strings) pointers.push_back(string.data());
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

Result<std::unique_ptr<Child>> Child::spawn(Loop& loop, const std::vector<std::string>& argv,
                                            const Environment& extra_env, Exited exited,
                                            int input) {
  CHECK(!argv.empty());
  std::vector<std::string> arguments = argv;
  std::vector<std::string> environment = merged_environment(extra_env);
  std::vector<char*> argument_pointers = pointers_to(arguments);
  std::vector<char*> environment_pointers = pointers_to(environment);

  uv_stdio_container_t stdio[3] = {};
  for (int fd = 0; fd < 3; ++fd) {
    stdio[fd].flags = UV_INHERIT_FD;
    stdio[fd].data.fd = fd == 0 ? input : fd;
  }
  uv_process_options_t options = {};
  options.file = argument_pointers[0];
  options.args = argument_pointers.data();
  options.env = environment_pointers.data();
  options.stdio = stdio;
  options.stdio_count = 3;
  options.exit_cb = State::on_exit;

  auto* state = new State;
  state->exited = std::move(exited);
  state->handle.data = state;
  loop.handles_->delete_forgotten_child = [](uv_handle_t* handle) {
    delete static_cast<State*>(handle->data);
  };
  const int status = uv_spawn(&loop.handles_->loop, &state->handle, &options);
  if (status != 0) {
    close_and_delete(state);
    return Error{"cannot run " + argv[0] + ": " + uv_strerror(status), ""};
  }
  return std::unique_ptr<Child>(new Child(state));
}

Child::~Child() {
  if (!state_->running) {
    close_and_delete(state_);
    return;
  }
  state_->forgotten = true;
  uv_unref(as_handle(&state_->handle));
}

void Child::kill(int signum) {
  if (state_->running) uv_process_kill(&state_->handle, signum);
}

}  // namespace net
