// HTTP for event streams: a request is made with libcurl, and the body of its answer comes out as
// it arrives, for as long as it lasts: there is no total limit. Never blocks. Redirects are
// followed as the Fetch standard has it (4.4 "HTTP-redirect fetch"), each on a connection of its
// own; no connection outlives its request. What the body means, when to try again and how long to
// wait is the caller's business.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/time.h"
#include "http/field.h"
#include "net/connect.h"
#include "net/loop.h"
#include "rec/recording.h"

namespace net {

/// What is offered; the server decides.
enum class HttpVersion : std::uint8_t {
  any,    ///< HTTP/2 or HTTP/1.1 by ALPN over TLS, HTTP/1.1 in clear
  http1,  ///< HTTP/1.1
  http2,  ///< the same as `any` over TLS; in clear an upgrade to h2c is asked for, as curl --http2
};

struct HttpRequest {
  std::string url;  ///< http:// or https://; user info in it is used if `user` is empty
  std::string method = "GET";
  /// "Name: value"; "Name:" leaves out what libcurl would send, "Name;" sends an empty value.
  /// Without any, libcurl sends Host and Accept: */* alone. To another origin (scheme, host, port)
  /// a redirect is followed without `user`, and with those fields alone that are known to tell
  /// nobody's secret: Accept and its kin, Cache-Control, Content-Type, Last-Event-ID, User-Agent.
  std::vector<std::string> fields = {};
  std::optional<std::string> body = {};  ///< with libcurl's Content-Type unless `fields` has one
  HttpVersion version = HttpVersion::any;
  std::string user = {};        ///< USER:PASSWORD for Basic (RFC 7617); empty: none
  bool compressed = false;      ///< offer what libcurl can decode, and decode it
  unsigned max_redirects = 20;  ///< 0: a redirect is an answer like any other
  bool transport = false;       ///< call HttpOwner::on_transport()
  ConnectOptions connection = {};
};

/// An answer's head. The views live for the call.
struct HttpAnswer {
  unsigned status = 0;
  std::string_view version;  ///< "1.0", "1.1", "2"
  std::string_view url;      ///< that gave this answer, without user info
  http::Fields fields;       ///< a folded value (RFC 9112 5.2) is one, with spaces
  std::string_view head;     ///< the whole of it as received, with the empty line
};

struct HttpEnd {
  enum class How : std::uint8_t {
    whole,     ///< the body came to its proper end: by length, last chunk, END_STREAM, or a close
               ///< where that is what ends it
    cut,       ///< the connection ended before that, or TLS without close_notify
    reset,     ///< the same by a reset (RST), or nobody was there any more
    limit,     ///< heads and trailers of more than http::kMaxHeadSize
    not_http,  ///< what came is no HTTP, or breaks its grammar
    failed,    ///< anything else: no connection, no usable redirect, ...
  };
  How how = How::whole;
  bool answered = false;  ///< on_answer() was called
  /// Unless `whole`. Its code is 103 for `limit` and 100 for `not_http`, as libcurl has none.
  std::optional<DialError> error = {};
  std::string received = {};  ///< of `not_http`, if there was no head: the first bytes, at most 64
};

/// When something was done, since the request of the last redirect began; 0: not at all (yet).
struct HttpTimings {
  Duration redirect = Duration(0);  ///< taken by all redirects before
  Duration name_lookup = Duration(0);
  Duration connect = Duration(0);
  Duration tls = Duration(0);
  Duration first_byte = Duration(0);  ///< of the answer
  std::optional<Time> requested =
      {};  ///< the connection was there, and the request about to be sent
  std::optional<Time> answered = {};  ///< the first line of the answer was there, no interim one
};

/// Whom a HttpTransfer works for. Whatever is called, the transfer may be destroyed (it is then
/// silent), paused, and others begun; but the HttpClient may be destroyed in on_end() alone.
class HttpOwner {
 public:
  /// A redirect to `to` will be followed; its body is dropped. `left_behind` are the names of the
  /// fields that are not sent there because it is another origin, Authorization for `user`, too.
  virtual void on_redirect(const HttpAnswer&, const std::string& /*to*/,
                           const std::vector<std::string>& /*left_behind*/) {}
  /// Once, ahead of the body. Interim answers (1xx) are not reported, nor are trailers.
  virtual void on_answer(const HttpAnswer& answer) = 0;
  /// Some of the body, not empty; at most 16 KiB, which live for the call.
  virtual void on_body(ConstBytes bytes) = 0;
  /// If HttpRequest::transport: what a recording wants to know (Recorder::tap), bytes after TLS,
  /// ahead of the call that they lead to; redirects with another `opened` each. Over HTTP/2
  /// (HttpAnswer::version) heads look like those of HTTP/1.1, and bodies are without frames. A
  /// transfer that is given up says nothing of its end.
  virtual void on_transport(rec::Kind /*kind*/, ConstBytes /*bytes*/) {}
  /// The last call, never from within the constructor.
  virtual void on_end(const HttpEnd& end) = 0;

 protected:
  ~HttpOwner() = default;
};

class CurlMulti;

/// What transfers on one loop share. Must not outlive the Loop.
class HttpClient {
 public:
  explicit HttpClient(Loop& loop);
  /// After its transfers.
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

 private:
  friend class HttpTransfer;
  std::shared_ptr<CurlMulti> multi_;
};

class HttpTransfer {
 public:
  /// Begins in a later turn of the loop. `owner` outlives this.
  HttpTransfer(HttpClient& client, HttpRequest request, HttpOwner& owner);
  /// Gives it up, where need be.
  ~HttpTransfer();
  HttpTransfer(const HttpTransfer&) = delete;
  HttpTransfer& operator=(const HttpTransfer&) = delete;

  /// While paused, no on_body() is called and, once libcurl's buffer is full, nothing is read: the
  /// sender has to wait, and a cut is not noticed. Going on never calls back from within.
  void set_paused(bool paused);

  HttpTimings timings() const;

  /// Of the request as it is after redirects; lives until the next.
  const std::string& method() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace net
