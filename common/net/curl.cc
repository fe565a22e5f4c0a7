#include "net/curl.h"

#include <curl/curl.h>
#include <sys/socket.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "base/check.h"
#include "net/curl_multi.h"

namespace net {
namespace {

/// A connection that is being made, and later the one that was.
struct Dial {
  explicit Dial(const DialOptions& options)
      : call(options.connection),
        endpoint{.host = options.host, .port = options.port, .tls = options.tls} {}

  CurlCall call;
  Endpoint endpoint;
};

std::string url_of(const Endpoint& endpoint) {
  std::string host = endpoint.host;
  if (host.find(':') != std::string::npos) {
    const std::size_t zone = host.find('%');
    if (zone != std::string::npos) host.replace(zone, 1, "%25");  // RFC 6874 2
    host = "[" + host + "]";
  }
  return (endpoint.tls ? "https://" : "http://") + host + ":" + std::to_string(endpoint.port) + "/";
}

void set_options(Dial& dial) {
  CurlCall& call = dial.call;
  call.set(CURLOPT_URL, url_of(dial.endpoint).c_str());
  call.set(CURLOPT_CONNECT_ONLY, 1L);
  call.set(CURLOPT_HTTP_VERSION,
           long{CURL_HTTP_VERSION_1_1});  // so that ALPN offers http/1.1 alone
}

/// What libcurl connected. The easy handle stays in the multi handle: libcurl closes a connect-only
/// connection when it leaves.
class CurlStream final : public Stream {
 public:
  CurlStream(std::shared_ptr<CurlMulti> multi, std::unique_ptr<Dial> dial, int fd)
      : multi_(std::move(multi)), dial_(std::move(dial)), fd_(fd) {}
  ~CurlStream() override { multi_->remove(dial_->call); }

  IoResult read(Bytes into) override {
    CHECK(!into.empty());
    std::size_t size = 0;
    const CURLcode code = curl_easy_recv(dial_->call.easy, into.data(), into.size(), &size);
    if (code != CURLE_OK) return failure(code);
    if (size > 0) return {.size = size};
    if (was_cut()) return io_failure({.error = "TLS connection cut without close_notify"});
    return {.io = Io::end};
  }

  IoResult write(ConstBytes from) override {
    CHECK(!from.empty());
    std::size_t size = 0;
    const CURLcode code = curl_easy_send(dial_->call.easy, from.data(), from.size(), &size);
    if (code != CURLE_OK) return failure(code);
    if (size == 0) return {.io = Io::again};
    return {.size = size};
  }

  void shutdown_write() override {
    // Under TLS this would look like an attack: libcurl offers no way to send close_notify first.
    if (!dial_->endpoint.tls) shutdown(fd_, SHUT_WR);
  }

  void reset_on_close() override { linger_for_nothing(fd_); }

  int fd() const override { return fd_; }
  bool reads_ahead() const override { return dial_->endpoint.tls; }

 private:
  bool was_cut() const { return dial_->endpoint.tls && !dial_->call.close_notify; }

  IoResult failure(CURLcode code) const {
    if (code == CURLE_AGAIN) return {.io = Io::again};
    const CurlCall& call = dial_->call;
    if (call.was_reset()) return io_failure({.error = errno_text(call.os_error()), .reset = true});
    DialError explained = call.explained(code, dial_->endpoint);
    return io_failure({.error = std::move(explained.message), .hint = std::move(explained.hint)});
  }

  std::shared_ptr<CurlMulti> multi_;
  std::unique_ptr<Dial> dial_;
  int fd_ = -1;
};

}  // namespace

struct Dialer::State {
  std::shared_ptr<CurlMulti> multi;
  std::vector<std::unique_ptr<Dial>> dials;  // that are not done

  void finish(Dial& which, CURLcode code, const Dialled& dialled);
};

void Dialer::State::finish(Dial& which, CURLcode code, const Dialled& dialled) {
  const auto found = std::find_if(dials.begin(), dials.end(),
                                  [&](const auto& dial) { return dial.get() == &which; });
  CHECK(found != dials.end());
  std::unique_ptr<Dial> dial = std::move(*found);
  dials.erase(found);

  CurlCall& call = dial->call;
  curl_socket_t socket = CURL_SOCKET_BAD;
  if (code == CURLE_OK) curl_easy_getinfo(call.easy, CURLINFO_ACTIVESOCKET, &socket);
  if (socket != CURL_SOCKET_BAD) {
    multi->leave(socket);           // the stream's owner polls it
    call.set(CURLOPT_VERBOSE, 0L);  // what follows is not about dialling
    dialled(std::make_unique<CurlStream>(multi, std::move(dial), socket));
    return;
  }
  DialError error = call.explained(code != CURLE_OK ? code : CURLE_COULDNT_CONNECT, dial->endpoint);
  multi->remove(call);
  dial.reset();
  dialled(std::move(error));
}

Dialer::Dialer(Loop& loop) : state_(std::make_unique<State>()) {
  state_->multi = std::make_shared<CurlMulti>(loop);
}

Dialer::~Dialer() {
  for (const std::unique_ptr<Dial>& dial : state_->dials) state_->multi->remove(dial->call);
}

void Dialer::dial(const DialOptions& options, Dialled dialled) {
  auto dial = std::make_unique<Dial>(options);
  set_options(*dial);
  dial->call.done = [this, &which = *dial, dialled = std::move(dialled)](CURLcode code) {
    state_->finish(which, code, dialled);
  };
  state_->multi->add(dial->call);
  state_->dials.push_back(std::move(dial));
}

}  // namespace net
