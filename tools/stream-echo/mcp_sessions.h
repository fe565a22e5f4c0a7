// The sessions of MCP, shared by all threads: which there are, what was answered in them lately and
// can still be read again, and which connections are to hear when one of them is over. Everything
// here may be used by any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "mcp_stream.h"
#include "net/loop.h"

namespace stream_echo {

class McpSession {
 public:
  /// What is kept for clients that come back, the latest answer in any case: as many as a client
  /// has under way, and as much as one request may carry.
  static constexpr std::size_t kMaxStreams = 32;
  static constexpr std::size_t kMaxKept = std::size_t{1} << 20;  ///< bytes

  McpSession(std::string id, std::string version);

  const std::string& id() const { return id_; }
  const std::string& version() const { return version_; }  ///< agreed on, such as "2025-11-25"

  /// Takes in the answer to a request, and gives it the next number, from 1.
  void add(const std::shared_ptr<McpStream>& stream);

  /// nullptr: there was none of that number, or it is not kept any more. 0 is always there.
  std::shared_ptr<McpStream> find(std::uint64_t number);

  /// Ends the answer to the request with that id (JSON), if it is kept.
  void cancel(std::string_view request_id);

  /// Ends all of them.
  void end();

  /// While it exists `woken` is called in the thread of `loop` when something of the session has
  /// ended. To be created and destroyed in that thread; session and loop outlive it.
  class Watch {
   public:
    Watch(McpSession& session, net::Loop& loop, std::function<void()> woken);
    ~Watch();
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

   private:
    friend class McpSession;
    McpSession& session_;
    net::Loop& loop_;
    std::shared_ptr<std::function<void()>> woken_;
  };

 private:
  void wake_all();  // with mutex_ held

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
  /// Each may keep McpSession::kMaxKept, and whoever can connect can begin one. Beyond that the one
  /// goes that nobody reads from and that was not used for the longest time.
  static constexpr std::size_t kMaxCount = 128;

  /// A new one, whose id nobody can guess. The error: there are too many that are being read.
  Result<std::shared_ptr<McpSession>> begin(std::string_view version);

  /// nullptr: there is none. Being found is being used.
  std::shared_ptr<McpSession> find(std::string_view id);

  void end(std::string_view id);

 private:
  struct Entry {
    std::shared_ptr<McpSession> session;
    std::uint64_t used = 0;  // use_count_ then
  };
  bool forget_one();  // with mutex_ held

  std::mutex mutex_;  // guards everything below
  std::uint64_t use_count_ = 0;
  std::map<std::string, Entry, std::less<>> sessions_;
};

}  // namespace stream_echo
