// The sessions of MCP, shared by all threads: which there are, what was answered in them lately and
// can still be read again, and which connections are to hear that what they read is over.
// Everything here may be used by any thread.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mcp_stream.h"
#include "net/loop.h"

namespace stream_echo {

class McpSession {
 public:
  /// What is kept for clients that come back: as many answers as a client has under way, and as
  /// much as one request may carry. Beyond that the oldest go; who reads one of them has it to its
  /// end.
  static constexpr std::size_t kMaxStreams = 32;
  static constexpr std::size_t kMaxKept = std::size_t{1} << 20;  ///< bytes

  McpSession(std::string id, std::string version);

  const std::string& id() const { return id_; }
  const std::string& version() const { return version_; }  ///< agreed on, such as "2025-11-25"

  /// Takes in the answer to a request, and gives it the next number, from 1. It is kept, unless it
  /// alone is too much.
  void add(const std::shared_ptr<McpStream>& stream);

  /// nullptr: there was none of that number, or it is not kept any more. 0 is always there.
  std::shared_ptr<McpStream> find(std::uint64_t number);

  /// Ends the answer to the request with that id (JSON), if it is kept or somebody reads it.
  void cancel(std::string_view request_id);

  /// Ends all of them.
  void end();

  /// One connection's reading of a stream of the session: takes the stream over from whoever reads
  /// it, unless it is the silent one, which all may read. When the reading has ended `woken` is
  /// called in the thread of `loop`, in a later turn. To be created and destroyed in that thread;
  /// the loop outlives it.
  class Watch {
   public:
    Watch(std::shared_ptr<McpSession> session, std::shared_ptr<McpStream> stream, net::Loop& loop,
          std::function<void()> woken);
    ~Watch();
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

    /// The stream is over, or another connection has taken it over.
    bool has_ended() const;

   private:
    friend class McpSession;
    /// For the loop: it may be gone when the loop comes to it.
    struct Call {
      explicit Call(std::function<void()> to_call) : woken(std::move(to_call)) {}
      std::function<void()> woken;
      std::atomic<bool> waits = false;  // in the loop: once is enough
    };

    void wake() const;

    std::shared_ptr<McpSession> session_;
    std::shared_ptr<McpStream> stream_;
    net::Loop& loop_;
    std::shared_ptr<Call> call_;
    std::uint64_t number_ = 0;  // McpStream::reading, when it is this one
  };

 private:
  void end_those(const std::function<bool(const McpStream&)>& ends);  // with mutex_ held

  const std::string id_;
  const std::string version_;
  std::mutex mutex_;  // guards everything below
  std::uint64_t last_ = 0;
  std::size_t kept_ = 0;
  std::shared_ptr<McpStream> silent_;
  std::deque<std::shared_ptr<McpStream>> streams_;
  std::vector<Watch*> watches_;
  bool ended_ = false;
};

class McpSessions {
 public:
  /// Of those that nobody reads from: each may keep McpSession::kMaxKept, and whoever can connect
  /// can begin one. Beyond that the one goes that was not used for the longest time. The others are
  /// no more than there are connections.
  static constexpr std::size_t kMaxCount = 128;

  /// A new one, whose id nobody can guess.
  std::shared_ptr<McpSession> begin(std::string_view version);

  /// nullptr: there is none. Being found is being used.
  std::shared_ptr<McpSession> find(std::string_view id);

  void end(std::string_view id);

 private:
  struct Entry {
    std::shared_ptr<McpSession> session;
    std::uint64_t used = 0;  // use_count_ then
  };
  void forget_old();  // with mutex_ held

  std::mutex mutex_;  // guards everything below
  std::uint64_t use_count_ = 0;
  std::map<std::string, Entry, std::less<>> sessions_;
};

}  // namespace stream_echo
