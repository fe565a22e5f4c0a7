#include "mcp_sessions.h"

#include <algorithm>
#include <array>
#include <utility>

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
  if (stream->size() > kMaxKept) return;
  streams_.push_back(stream);
  kept_ += stream->size();
  while (streams_.size() > kMaxStreams || kept_ > kMaxKept) {
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
  end_those([&](const McpStream& stream) { return stream.id == request_id; });
}

void McpSession::end() {
  const std::lock_guard lock(mutex_);
  ended_ = true;
  silent_->over = true;
  end_those([](const McpStream&) { return true; });
}

/// What is read may not be kept any more.
void McpSession::end_those(const std::function<bool(const McpStream&)>& ends) {
  for (const auto& stream : streams_) {
    if (ends(*stream)) stream->over = true;
  }
  for (const Watch* const watch : watches_) {
    if (!ends(*watch->stream_)) continue;
    watch->stream_->over = true;
    watch->wake();
  }
}

McpSession::Watch::Watch(std::shared_ptr<McpSession> session, std::shared_ptr<McpStream> stream,
                         net::Loop& loop, std::function<void()> woken)
    : session_(std::move(session)),
      stream_(std::move(stream)),
      loop_(loop),
      call_(std::make_shared<Call>(std::move(woken))) {
  const std::lock_guard lock(session_->mutex_);
  number_ = ++stream_->reading;
  for (const Watch* const watch : session_->watches_) {
    if (watch->stream_ == stream_ && watch->has_ended()) watch->wake();
  }
  session_->watches_.push_back(this);
  // Another thread may have ended it since it was found.
  if (session_->ended_) stream_->over = true;
  if (stream_->over) wake();
}

McpSession::Watch::~Watch() {
  const std::lock_guard lock(session_->mutex_);
  std::erase(session_->watches_, this);
}

bool McpSession::Watch::has_ended() const {
  return stream_->over || (!stream_->is_silent() && stream_->reading != number_);
}

void McpSession::Watch::wake() const {
  if (call_->waits.exchange(true)) return;
  loop_.post([call = std::weak_ptr(call_)] {
    const auto to = call.lock();
    if (to == nullptr) return;
    to->waits = false;
    to->woken();
  });
}

std::shared_ptr<McpSession> McpSessions::begin(std::string_view version) {
  const std::lock_guard lock(mutex_);
  forget_old();
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

/// Makes room for one. Whoever reads from a session holds it, and nobody can begin to while this
/// looks.
void McpSessions::forget_old() {
  for (;;) {
    std::size_t count = 0;
    auto oldest = sessions_.end();
    for (auto at = sessions_.begin(); at != sessions_.end(); ++at) {
      if (at->second.session.use_count() > 1) continue;
      ++count;
      if (oldest == sessions_.end() || at->second.used < oldest->second.used) oldest = at;
    }
    if (count < kMaxCount) return;
    sessions_.erase(oldest);
  }
}

}  // namespace stream_echo
