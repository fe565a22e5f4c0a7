#include "channels.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "base/check.h"
#include "base/text.h"
#include "net/entropy.h"
#include "sse/encoder.h"

namespace stream_echo {
namespace {

std::string random_epoch() {
  std::array<std::uint8_t, 5> bytes = {};
  net::fill_random(bytes);
  return to_hex(bytes);
}

void encode_or_die(OutputBuffer& out, const sse::Block& block) {
  const bool encoded = bool(sse::encode(out, block));
  CHECK(encoded);
}

}  // namespace

Channels::Channels() : epoch_(random_epoch()) {}

Result<Channels::Map::iterator> Channels::find_or_make(std::string_view name) {
  const auto found = channels_.find(name);
  if (found != channels_.end()) return found;
  if (channels_.size() == kMaxCount && !forget_one()) {
    return Error{fmt::format("there are {} channels with subscribers already", kMaxCount), {}};
  }
  // Ids of a channel that was forgotten are no ids of one that has its name later.
  const std::string epoch =
      forgotten_count_ == 0 ? epoch_ : fmt::format("{}{:x}", epoch_, forgotten_count_);
  return channels_.try_emplace(std::string(name), epoch).first;
}

/// The one without subscribers to which nothing was published for the longest time. False: all have
/// some.
bool Channels::forget_one() {
  auto oldest = channels_.end();
  for (auto at = channels_.begin(); at != channels_.end(); ++at) {
    if (at->second.subscriber_count > 0) continue;
    if (oldest == channels_.end() || at->second.used < oldest->second.used) oldest = at;
  }
  if (oldest == channels_.end()) return false;
  channels_.erase(oldest);
  ++forgotten_count_;
  return true;
}

Result<Channels::Published> Channels::publish(std::string_view name, std::string_view type,
                                              std::string_view data) {
  const std::lock_guard lock(mutex_);
  const auto found = find_or_make(name);
  if (!found) return found.error();
  Channel& channel = (*found)->second;
  const std::uint64_t number = channel.log.append(type, data);
  channel.used = ++published_count_;
  for (Subscribers* const thread : channel.threads) {
    auto& woken = thread->woken_;
    if (std::ranges::find(woken, &channel) != woken.end()) continue;
    woken.push_back(&channel);
    if (woken.size() == 1) thread->loop_.post([thread] { thread->deliver(); });
  }
  return Published{.id = channel.log.id_of(number), .subscriber_count = channel.subscriber_count};
}

Result<std::unique_ptr<Subscription>> Subscribers::subscribe(std::string_view name,
                                                             std::string_view last_event_id) {
  const std::lock_guard lock(channels_.mutex_);
  const auto found = channels_.find_or_make(name);
  if (!found) return found.error();
  return std::unique_ptr<Subscription>(new Subscription(*this, *found, last_event_id));
}

void Subscribers::deliver() {
  std::vector<const Channels::Channel*> woken;
  {
    const std::lock_guard lock(channels_.mutex_);
    woken.swap(woken_);
  }
  delivering_ = true;
  for (const Channels::Channel* const channel : woken) {
    const auto list = lists_.find(channel);
    if (list == lists_.end()) continue;
    for (const Subscription* const subscription : list->second) {
      if (subscription->published_) subscription->published_();
    }
  }
  delivering_ = false;
}

/// With Channels::mutex_ held.
Subscription::Subscription(Subscribers& subscribers, Channels::Map::iterator channel,
                           std::string_view last_event_id)
    : subscribers_(subscribers), channel_(channel), had_none_(last_event_id.empty()) {
  Channels::Channel& it = channel->second;
  const EventLog::Position position = it.log.find(last_event_id);
  gap_ = position.gap;
  next_ = position.next;
  ++it.subscriber_count;
  std::vector<Subscription*>& list = subscribers.lists_[&it];
  if (list.empty()) it.threads.push_back(&subscribers);
  list.push_back(this);
}

Subscription::~Subscription() {
  CHECK(!subscribers_.delivering_);  // connections are deleted at the end of a turn
  const std::lock_guard lock(subscribers_.channels_.mutex_);
  Channels::Channel& channel = channel_->second;
  const auto list = subscribers_.lists_.find(&channel);
  std::erase(list->second, this);
  if (list->second.empty()) {
    subscribers_.lists_.erase(list);
    std::erase(channel.threads, &subscribers_);
  }
  // A channel to which nothing was published is forgotten: then a name costs nothing.
  if (--channel.subscriber_count == 0 && channel.log.next() == 1) {
    subscribers_.channels_.channels_.erase(channel_);
  }
}

void Subscription::append_opening(OutputBuffer& out) {
  if (gap_ == EventLog::Gap::unknown) return append_reset(out, "unknown");
  if (gap_ == EventLog::Gap::lost) return append_reset(out, "lost");
  // HTML Living Standard 9.2.6: an id counts without an event, too.
  if (had_none_) encode_or_die(out, {.id = channel_->second.log.id_of(next_ - 1)});
}

/// There is nothing in the standard for that. Behind it the client has the id that belongs there.
void Subscription::append_reset(OutputBuffer& out, std::string_view reason) {
  encode_or_die(out, {.id = channel_->second.log.id_of(next_ - 1),
                      .type = "reset",
                      .data = fmt::format("{{\"reason\":\"{}\"}}", reason)});
}

std::uint64_t Subscription::append_due(OutputBuffer& out, const Portion& portion) {
  const std::lock_guard lock(subscribers_.channels_.mutex_);
  const EventLog& log = channel_->second.log;
  if (next_ < log.first()) {
    if (inside_event()) {
      broken_ = true;
      return 0;
    }
    next_ = log.first();
    append_reset(out, "slow");
  }
  const std::size_t room = portion.limit - std::min(portion.limit, out.size());
  if (inside_event()) return append_piece(out, room);
  const std::uint64_t begin = next_;
  const EventLog::Batch batch = log.from(begin, room);
  if (batch.bytes.size() > portion.limit && !portion.whole) return append_piece(out, room);
  out.append(batch.bytes);
  next_ = batch.next;
  return next_ - begin;
}

/// Who does not read is not given all of an event that is larger than what is written at a time:
/// there may be thousands of them. With Channels::mutex_ held.
std::uint64_t Subscription::append_piece(OutputBuffer& out, std::size_t room) {
  const ConstBytes rest = channel_->second.log.rest_of(next_, offset_);
  const std::size_t size = std::min(rest.size(), room);
  out.append(rest.first(size));
  offset_ += size;
  if (size < rest.size()) return 0;
  offset_ = 0;
  ++next_;
  return 1;
}

}  // namespace stream_echo
