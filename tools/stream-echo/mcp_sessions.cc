#include "mcp_sessions.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "net/entropy.h"

namespace stream_echo {
namespace {

std::string random_id() {
  std::array<std::uint8_t, 16> bytes = {};
  net::fill_random(bytes);
  return to_hex(bytes);
}

}  // namespace

McpSession::McpSession(std::string id, std::string version)
    : id_(std::move(id)), version_(std::move(version)), silent_(std::make_shared<McpStream>()) {}

void McpSession::add(const std::shared_ptr<McpStream>& stream) {
  const std::lock_guard lock(mutex_);
  stream->number = ++last_;
  stream->over = ended_;
  streams_.push_back(stream);
  kept_ += stream->size();
  while (streams_.size() > kMaxStreams || (kept_ > kMaxKept && streams_.size() > 1)) {
    kept_ -= streams_.front()->size();
    streams_.pop_front();
  }
}

std::shared_ptr<McpStream> McpSession::find(std::uint64_t number) {
  const std::lock_guard lock(mutex_);
  if (number == 0) return silent_;
  const auto found = std::ranges::find(streams_, number, &McpStream::number);
  return found != streams_.end() ? *found : nullptr;
}

void McpSession::cancel(std::string_view request_id) {
  const std::lock_guard lock(mutex_);
  for (const auto& stream : streams_) {
    if (stream->id == request_id) stream->over = true;
  }
  wake_all();
}

void McpSession::end() {
  const std::lock_guard lock(mutex_);
  ended_ = true;
  silent_->over = true;
  for (const auto& stream : streams_) stream->over = true;
  wake_all();
}

void McpSession::wake_all() {
  for (const Watch* const watch : watches_) {
    watch->loop_.post([woken = std::weak_ptr(watch->woken_)] {
      if (const auto call = woken.lock()) (*call)();
    });
  }
}

McpSession::Watch::Watch(McpSession& session, net::Loop& loop, std::function<void()> woken)
    : session_(session),
      loop_(loop),
      woken_(std::make_shared<std::function<void()>>(std::move(woken))) {
  const std::lock_guard lock(session_.mutex_);
  session_.watches_.push_back(this);
}

McpSession::Watch::~Watch() {
  const std::lock_guard lock(session_.mutex_);
  std::erase(session_.watches_, this);
}

Result<std::shared_ptr<McpSession>> McpSessions::begin(std::string_view version) {
  const std::lock_guard lock(mutex_);
  if (sessions_.size() >= kMaxCount && !forget_one()) {
    return Error{fmt::format("there are {} sessions that are being read already", kMaxCount), {}};
  }
  auto session = std::make_shared<McpSession>(random_id(), std::string(version));
  sessions_[session->id()] = {.session = session, .used = ++use_count_};
  return session;
}

std::shared_ptr<McpSession> McpSessions::find(std::string_view id) {
  const std::lock_guard lock(mutex_);
  const auto found = sessions_.find(id);
  if (found == sessions_.end()) return nullptr;
  found->second.used = ++use_count_;
  return found->second.session;
}

void McpSessions::end(std::string_view id) {
  std::shared_ptr<McpSession> session;
  {
    const std::lock_guard lock(mutex_);
    const auto found = sessions_.find(id);
    if (found == sessions_.end()) return;
    session = std::move(found->second.session);
    sessions_.erase(found);
  }
  session->end();
}

/// Whoever reads from a session holds it, and nobody can begin to while this looks.
bool McpSessions::forget_one() {
  auto oldest = sessions_.end();
  for (auto at = sessions_.begin(); at != sessions_.end(); ++at) {
    if (at->second.session.use_count() > 1) continue;
    if (oldest == sessions_.end() || at->second.used < oldest->second.used) oldest = at;
  }
  if (oldest == sessions_.end()) return false;
  sessions_.erase(oldest);
  return true;
}

}  // namespace stream_echo
