#include "program.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include <fmt/format.h>

#include "cli/help.h"
#include "http/url.h"
#include "net/entropy.h"
#include "net/socket.h"
#include "whole_file.h"

namespace stream_echo {
namespace {

// Time for clients to answer the Close that a stopping server sends.
constexpr Duration kDrainTimeout = std::chrono::seconds(5);

// When the command has ended nobody is left to care but what it started in the background.
constexpr Duration kCommandDrainTimeout = std::chrono::milliseconds(500);

// What a shell says of a command that it cannot run.
constexpr int kCannotRun = 127;

Log::Settings log_settings(const Args& args) {
  const bool has_command = !args.command.empty();
  int detail = args.verbosity > 0 ? 1 : 0;
  if (has_command) detail = args.verbosity - 1;  // standard error is the command's, too
  return {.detail = args.silent ? -1 : detail,
          .jsonl = args.jsonl && !has_command,
          .violations = args.check_client && !args.silent};
}

Server::Settings with_seed(Server::Settings settings, std::optional<std::uint64_t> seed) {
  if (seed) {
    settings.faults.seed = *seed;
  } else {
    std::array<std::uint8_t, sizeof settings.faults.seed> bytes;
    net::fill_random(bytes);
    std::memcpy(&settings.faults.seed, bytes.data(), bytes.size());
  }
  return settings;
}

}  // namespace

Program::Program(const Args& args, cli::Talk& talk)
    : args_(args),
      talk_(talk),
      log_(loop_, talk, log_settings(args)),
      settings_(with_seed(args.server, args.seed)),
      server_(loop_, log_, totals_, settings_),
      drain_timer_(loop_, [this] { loop_.stop(); }),
      max_timer_(loop_, [this] { on_time_up(); }) {
  server_.on_finished([this] {
    if (!command_) drain(to_int(cli::Exit::ok), kDrainTimeout);
  });
}

int Program::run() {
  net::ignore_sigpipe();
  if (args_.tls.on) {
    if (const cli::Exit exit = set_up_tls(); exit != cli::Exit::ok) return to_int(exit);
  }
  const Result<void> listening = listen();
  if (listening) {
    if (const auto recording = record(); !recording) {
      talk_.error(recording.error().message, recording.error().hint);
      return to_int(cli::Exit::write);
    }
  }
  if (!listening) {
    talk_.error(listening.error().message, listening.error().hint);
    return to_int(cli::Exit::connect);
  }
  // Not before a FIFO of --record has its reader: until then a signal simply ends the process.
  interrupted_.emplace(loop_, SIGINT, [this] { on_signal(SIGINT); });
  terminated_.emplace(loop_, SIGTERM, [this] { on_signal(SIGTERM); });
  if (const auto announced = announce(); !announced) {
    talk_.error(announced.error().message, announced.error().hint);
    return to_int(cli::Exit::write);
  }
  if (!args_.command.empty()) {
    if (const int code = start_command(); code != 0) return code;
  }
  // Not before the command is started: it may not be up to so many descriptors.
  net::raise_descriptor_limit();
  for (const auto& worker : workers_) worker->start();
  if (!args_.feed.empty()) {
    feed_.emplace(loop_, server_.subscribers(), args_.feed, [this](std::string_view text) {
      if (!args_.silent) talk_.note(text);
    });
  }
  if (args_.max_time) max_timer_.start(loop_.now() + *args_.max_time);
  loop_.run();
  for (const auto& worker : workers_) worker->join();
  loop_.run_posted();
  log_.flush();
  return verdict();
}

/// --check-client turns a success, or a server that nobody ended, into what the clients did.
int Program::verdict() const {
  const bool broken = args_.check_client && (log_.client_broke_protocol() ||
                                             std::ranges::any_of(workers_, [](const auto& worker) {
                                               return worker->client_broke_protocol();
                                             }));
  if (broken && (time_is_up_ || exit_code_ == 0)) return to_int(cli::Exit::violation);
  return time_is_up_ ? to_int(cli::Exit::timeout) : exit_code_;
}

/// Ends as on a signal; a command that does not end by itself is ended for good.
void Program::on_time_up() {
  if (draining_) return;
  if (time_is_up_) return command_->pass_on(SIGKILL);
  time_is_up_ = true;
  talk_.error("time is up (--max-time)");
  if (!command_) return drain(to_int(cli::Exit::timeout), kDrainTimeout);
  command_->pass_on(SIGTERM);
  max_timer_.start(loop_.now() + kDrainTimeout);
}

/// Before anybody can connect.
cli::Exit Program::set_up_tls() {
  const auto failed = [this](const Error& error, cli::Exit exit) {
    talk_.error(error.message, error.hint);
    return exit;
  };
  const TlsArgs& tls = args_.tls;
  auto context = tls.certificate.empty() ? net::TlsContext::for_hosts(tls.hosts)
                                         : net::TlsContext::from_files(tls.certificate, tls.key);
  if (!context) return failed(context.error(), cli::Exit::client_certificate);
  if (!tls.client_ca.empty()) {
    const auto required = context->require_client_certificate(tls.client_ca);
    if (!required) return failed(required.error(), cli::Exit::ca_file);
  }
  if (!tls.ca_out.empty()) {
    const auto written = write_whole_file(tls.ca_out, context->ca_pem());
    if (!written) return failed(written.error(), cli::Exit::write);
  }
  server_.use_tls(std::move(*context));
  return cli::Exit::ok;
}

/// All sockets are there before anybody hears of the port.
Result<void> Program::listen() {
  if (auto listening = server_.listen(args_.address); !listening) return listening;
  for (unsigned i = 1; i < args_.thread_count; ++i) {
    workers_.push_back(std::make_unique<Worker>(loop_, log_, totals_, settings_));
    if (auto listening = workers_.back()->listen_beside(server_); !listening) return listening;
  }
  return {};
}

/// Opens what --record asks for. When it fails later, the server goes on: it has its own work.
Result<void> Program::record() {
  if (args_.record.empty()) return {};
  const rec::Header header{
      .tool = cli::name_and_version(kTool), .side = rec::Side::server, .url = server_.url("ws")};
  auto recorder =
      net::Recorder::open(loop_, args_.record, header,
                          args_.record_secrets ? rec::Secrets::kept : rec::Secrets::overwritten);
  if (!recorder) return recorder.error();
  recorder_ = std::move(*recorder);
  recorder_->on_failed([this](const Error& error) { talk_.error(error.message, error.hint); });
  server_.record(*recorder_);
  return {};
}

/// Tells where the server is to be found.
Result<void> Program::announce() {
  const std::string& host = args_.address.host;
  if (!host.empty() && !http::is_loopback(host) && !args_.silent) {
    talk_.note(fmt::format("warning: {} can be reached from other machines", server_.url("ws")));
  }
  if (!args_.port_file.empty()) {
    const std::string text = fmt::format("{}\n", server_.port());
    if (auto done = write_whole_file(args_.port_file, text); !done) return done;
  }
  if (!args_.command.empty()) return {};
  const std::string& path = args_.address.unix_path;
  log_.print_line(path.empty()
                      ? fmt::format("listening {} {}", server_.url("ws"), server_.url("http"))
                      : fmt::format("listening unix:{}", path));
  return {};
}

int Program::start_command() {
  if (args_.jsonl) talk_.note("--to jsonl has no effect: standard output is the command's");
  command_.emplace();
  const auto started = command_->start(
      loop_, args_, server_, [this](int exit_code) { drain(exit_code, kCommandDrainTimeout); });
  if (started) return 0;
  talk_.error(started.error().message, started.error().hint);
  return kCannotRun;
}

void Program::on_signal(int signum) {
  if (draining_) std::_Exit(128 + signum);
  if (command_) return command_->pass_on(signum);
  drain(to_int(cli::Exit::ok), kDrainTimeout);
}

void Program::drain(int exit_code, Duration limit) {
  draining_ = true;
  exit_code_ = exit_code;
  feed_.reset();
  drain_timer_.start(loop_.now() + limit);
  serving_count_ = 1 + workers_.size();
  const auto drained = [this] {
    if (--serving_count_ == 0) end_when_written();
  };
  for (const auto& worker : workers_) worker->drain(drained);
  server_.drain(drained);
}

/// The last lines of the log may have to wait for their reader.
void Program::end_when_written() {
  if (log_.flush()) {
    loop_.stop();
  } else {
    log_.on_drained([this] { end_when_written(); });
  }
}

}  // namespace stream_echo
