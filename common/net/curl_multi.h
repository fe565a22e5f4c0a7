// libcurl's multi interface joined to the loop, and easy handles with what dialling and HTTP
// transfers set alike. For these two alone: libcurl's types show.
#pragma once

#include <curl/curl.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <type_traits>

#include "base/check.h"
#include "net/connect.h"
#include "net/curl_error.h"
#include "net/loop.h"

namespace net {

struct FreeCurlList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using CurlList = std::unique_ptr<curl_slist, FreeCurlList>;

void append(CurlList& list, const std::string& text);

/// One easy handle and what it points to. While a CurlMulti has it, it stays where it is.
struct CurlCall {
  /// `made_of` with the environment's say; sets that, and what else is the same for everybody.
  explicit CurlCall(const ConnectOptions& made_of);
  ~CurlCall();
  CurlCall(const CurlCall&) = delete;
  CurlCall& operator=(const CurlCall&) = delete;

  template <typename Value>
  void set(CURLoption option, Value value) {
    static_assert(!std::is_same_v<Value, int>, "libcurl reads a long");
    CHECK(curl_easy_setopt(easy, option, value) == CURLE_OK);
  }

  /// The errno behind what failed; 0: none.
  int os_error() const;

  /// Whether what failed is that nobody is at the other end any more.
  bool was_reset() const;

  /// What libcurl has to say about `code`, for people.
  DialError explained(CURLcode code, const Endpoint& endpoint) const;

  CURL* easy = curl_easy_init();
  char error[CURL_ERROR_SIZE] = {};
  ConnectOptions options;
  CurlList resolve;
  bool close_notify = false;           ///< has been received (RFC 8446 6.1)
  std::function<void(CURLcode)> done;  ///< called once, not from within libcurl
};

/// Passes on a line that libcurl wrote for CURLOPT_DEBUGFUNCTION, if one is wanted.
void trace_line(const ConnectOptions& options, std::string_view line);

/// Made shared, because it may be used up by what it calls.
class CurlMulti : public std::enable_shared_from_this<CurlMulti> {
 public:
  explicit CurlMulti(Loop& loop);
  ~CurlMulti();
  CurlMulti(const CurlMulti&) = delete;
  CurlMulti& operator=(const CurlMulti&) = delete;

  /// Nothing but asking for a turn of the loop is done before that turn.
  void add(CurlCall& call);

  /// Closes the connection of `call`. Not from within libcurl.
  void remove(CurlCall& call);

  /// From here on somebody else polls this socket.
  void leave(curl_socket_t socket) { polls_.erase(socket); }

  /// Takes up again what was paused. It is not `done` that tells of a failure.
  CURLcode resume(CurlCall& call);

  /// A callback of libcurl is running: no call may be added, removed or destroyed.
  bool inside() const { return depth_ > 0; }

  Loop& loop() { return loop_; }

 private:
  class Inside;

  void act(curl_socket_t socket, int ready);
  static int on_socket(CURL*, curl_socket_t socket, int what, void* user, void*);
  static int on_timer(CURLM*, long timeout_ms, void* user);

  Loop& loop_;
  CURLM* multi_ = nullptr;
  Timer timer_;
  std::map<curl_socket_t, std::unique_ptr<Poll>> polls_;
  int depth_ = 0;
};

}  // namespace net
