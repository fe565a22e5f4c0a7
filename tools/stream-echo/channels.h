// Publishing: whatever is published to a channel reaches everybody who subscribes to it. Channels
// are shared by all threads, each of which has its own Subscribers and wakes them itself. Nobody
// waits for a subscriber: each reads the channel's EventLog at its own pace, and one that falls
// behind what is kept is told so and goes on there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/output_buffer.h"
#include "base/result.h"
#include "event_log.h"
#include "net/loop.h"

namespace stream_echo {

class Subscribers;

/// May be used by all threads. Outlives all Subscribers.
class Channels {
 public:
  /// Each may keep EventLog::kMaxSize, and names come from whoever can connect. Beyond that one
  /// without subscribers is forgotten.
  static constexpr std::size_t kMaxCount = 64;

  Channels();

  struct Published {
    std::string id;
    std::size_t subscriber_count = 0;
  };
  /// To a channel that need not be there yet. `name` is a channel's name, the rest as
  /// EventLog::append() has it. The error: there are too many channels
  /// with subscribers.
  Result<Published> publish(std::string_view name, std::string_view type, std::string_view data);

 private:
  friend class Subscribers;
  friend class Subscription;

  struct Channel {
    explicit Channel(std::string_view epoch) : log(epoch) {}

    EventLog log;
    std::uint64_t used = 0;  // published_count_ when something was published to it
    std::size_t subscriber_count = 0;
    std::vector<Subscribers*> threads;  // who have some of them
  };
  using Map = std::map<std::string, Channel, std::less<>>;

  // With mutex_ held.
  Result<Map::iterator> find_or_make(std::string_view name);
  bool forget_one();

  std::mutex mutex_;  // guards everything below, and Subscribers::woken_
  std::string epoch_;
  std::uint64_t published_count_ = 0;
  std::uint64_t forgotten_count_ = 0;
  Map channels_;
};

/// The place of one event stream in a channel.
class Subscription {
 public:
  ~Subscription();
  Subscription(const Subscription&) = delete;
  Subscription& operator=(const Subscription&) = delete;

  /// Called when there is more to append; not before this call.
  void on_published(std::function<void()> published) { published_ = std::move(published); }

  /// What is to be said before anything else: the id that a client is to come back with when it has
  /// had no event yet, or that events are missing.
  void append_opening(OutputBuffer& out);

  /// What an event stream is given at a time, in bytes. `whole`: of events, not of pieces of one.
  struct Portion {
    std::size_t limit = 0;
    bool whole = false;
  };
  /// Appends what has not been, until `out` has about so many bytes: events, one at least if there
  /// is one, or a piece of one that is larger. Returns how many have come to their end. If some are
  /// not kept any more, an event says so first.
  std::uint64_t append_due(OutputBuffer& out, const Portion& portion);

  /// What was appended ends inside an event: nothing else may follow than the rest of it.
  bool inside_event() const { return offset_ > 0; }

  /// That rest is not kept any more.
  bool is_broken() const { return broken_; }

 private:
  friend class Subscribers;
  Subscription(Subscribers& subscribers, Channels::Map::iterator channel,
               std::string_view last_event_id);

  void append_reset(OutputBuffer& out, std::string_view reason);
  std::uint64_t append_piece(OutputBuffer& out, std::size_t room);

  Subscribers& subscribers_;
  Channels::Map::iterator channel_;
  EventLog::Gap gap_ = EventLog::Gap::none;
  bool had_none_;
  std::uint64_t next_ = 1;
  std::size_t offset_ = 0;  // into event next_: what has been appended of it
  bool broken_ = false;
  std::function<void()> published_;
};

/// The subscriptions of one thread.
class Subscribers {
 public:
  /// Both outlive this.
  Subscribers(net::Loop& loop, Channels& channels) : loop_(loop), channels_(channels) {}

  Channels& channels() { return channels_; }

  /// To a channel that need not be there yet. The subscription does not outlive this. The error:
  /// there are too many channels.
  Result<std::unique_ptr<Subscription>> subscribe(std::string_view name,
                                                  std::string_view last_event_id);

  /// Tells all whose channels have something new. That happens by itself, once in a turn of the
  /// loop; who publishes a lot in one turn calls it in between, so that nobody falls behind. Not
  /// from within a handler of a subscriber's connection.
  void deliver();

 private:
  friend class Channels;
  friend class Subscription;

  net::Loop& loop_;
  Channels& channels_;
  std::unordered_map<const Channels::Channel*, std::vector<Subscription*>> lists_;
  std::vector<const Channels::Channel*> woken_;  // with Channels::mutex_ held
  bool delivering_ = false;
};

}  // namespace stream_echo
