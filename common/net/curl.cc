#include "net/curl.h"

#include <curl/curl.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <type_traits>
#include <utility>

#include "base/check.h"
#include "net/curl_error.h"

namespace net {
namespace {

/// The curl command looks at these, the library does not.
void add_environment(ClientTls& tls) {
  if (tls.insecure || !tls.ca_file.empty() || !tls.ca_path.empty()) return;
  const auto value_of = [](const char* name) {
    const char* const value = std::getenv(name);
    return std::string(value != nullptr ? value : "");
  };
  tls.ca_file = value_of("CURL_CA_BUNDLE");
  if (!tls.ca_file.empty()) return;
  tls.ca_path = value_of("SSL_CERT_DIR");
  tls.ca_file = value_of("SSL_CERT_FILE");
}

// The most that libcurl gives out at a read; its own default is a quarter of that.
constexpr long kBufferSize = long{Loop::kReadSize};

struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

/// One easy handle and what it points to.
struct Call {
  CURL* easy = curl_easy_init();
  char error[CURL_ERROR_SIZE] = {};
  std::unique_ptr<curl_slist, FreeList> resolve;
  DialOptions options;
  Dialer::Dialled dialled;

  Call() { CHECK(easy != nullptr); }
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;
  ~Call() { curl_easy_cleanup(easy); }

  template <typename Value>
  void set(CURLoption option, Value value) {
    static_assert(!std::is_same_v<Value, int>, "libcurl reads a long");
    CHECK(curl_easy_setopt(easy, option, value) == CURLE_OK);
  }
};

/// What libcurl has to say about `code`.
std::string text_of(const Call& call, CURLcode code) {
  return call.error[0] != '\0' ? call.error : curl_easy_strerror(code);
}

/// The errno behind what failed; 0: none.
int os_error_of(const Call& call) {
  long error = 0;
  curl_easy_getinfo(call.easy, CURLINFO_OS_ERRNO, &error);
  return static_cast<int>(error);
}

std::string url_of(const DialOptions& options) {
  std::string host = options.host;
  if (host.find(':') != std::string::npos) {
    const std::size_t zone = host.find('%');
    if (zone != std::string::npos) host.replace(zone, 1, "%25");  // RFC 6874 2
    host = "[" + host + "]";
  }
  return (options.tls ? "https://" : "http://") + host + ":" + std::to_string(options.port) + "/";
}

int on_debug(CURL*, curl_infotype type, char* data, std::size_t size, void* user) {
  if (type != CURLINFO_TEXT) return 0;
  std::string_view line(data, size);
  while (!line.empty() && line.back() == '\n') line.remove_suffix(1);
  static_cast<Call*>(user)->options.connection.trace(line);
  return 0;
}

/// Makes OpenSSL keep the promises of Stream, which libcurl has no options for: a write may be
/// tried again from another address, and an end without close_notify is a cut, not an end.
CURLcode on_ssl_context(CURL*, void* context, void*) {
  auto* tls = static_cast<SSL_CTX*>(context);
  SSL_CTX_set_mode(tls, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_clear_options(tls, SSL_OP_IGNORE_UNEXPECTED_EOF);
  return CURLE_OK;
}

void set_file(Call& call, CURLoption option, const std::string& path) {
  if (!path.empty()) call.set(option, path.c_str());
}

void set_tls_options(Call& call, const ClientTls& tls) {
  call.set(CURLOPT_SSL_VERIFYPEER, tls.insecure ? 0L : 1L);
  call.set(CURLOPT_SSL_VERIFYHOST, tls.insecure ? 0L : 2L);
  call.set(CURLOPT_SSL_CTX_FUNCTION, &on_ssl_context);
  set_file(call, CURLOPT_CAINFO, tls.ca_file);
  set_file(call, CURLOPT_CAPATH, tls.ca_path);
  set_file(call, CURLOPT_SSLCERT, tls.certificate);
  set_file(call, CURLOPT_SSLKEY, tls.key);
  // Even an empty one: without any OpenSSL asks for it, where need be on standard input.
  call.set(CURLOPT_KEYPASSWD, tls.password.c_str());
}

void set_options(Call& call) {
  const DialOptions& options = call.options;
  call.set(CURLOPT_PRIVATE, &call);
  call.set(CURLOPT_ERRORBUFFER, &call.error[0]);
  call.set(CURLOPT_URL, url_of(options).c_str());
  call.set(CURLOPT_CONNECT_ONLY, 1L);
  call.set(CURLOPT_HTTP_VERSION,
           long{CURL_HTTP_VERSION_1_1});  // so that ALPN offers http/1.1 alone
  call.set(CURLOPT_FRESH_CONNECT, 1L);
  call.set(CURLOPT_NOSIGNAL, 1L);
  call.set(CURLOPT_QUICK_EXIT, 1L);  // do not wait for a name server when we give up
  call.set(CURLOPT_TCP_NODELAY, 1L);
  call.set(CURLOPT_BUFFERSIZE, kBufferSize);
  call.set(CURLOPT_PROXY, "");  // not even one from the environment

  if (options.tls) set_tls_options(call, options.connection.security);

  for (const std::string& entry : options.connection.resolve) {
    curl_slist* list = curl_slist_append(call.resolve.get(), entry.c_str());
    CHECK(list != nullptr);
    (void)call.resolve.release();  // the head, which is `list` from the first entry on
    call.resolve.reset(list);
  }
  if (call.resolve) call.set(CURLOPT_RESOLVE, call.resolve.get());
  if (!options.connection.unix_socket.empty()) {
    call.set(CURLOPT_UNIX_SOCKET_PATH, options.connection.unix_socket.c_str());
  }
  if (options.connection.connect_timeout) {
    // 0 would mean libcurl's own limit.
    const auto limit_ms =
        std::max<long>(1, static_cast<long>(options.connection.connect_timeout->count() / 1000));
    call.set(CURLOPT_CONNECTTIMEOUT_MS, limit_ms);
  }
  if (options.connection.trace) {
    call.set(CURLOPT_VERBOSE, 1L);
    call.set(CURLOPT_DEBUGFUNCTION, &on_debug);
    call.set(CURLOPT_DEBUGDATA, &call);
  }
}

}  // namespace

/// Joins the multi handle to the loop. No method is called from within libcurl but the two
/// callbacks, and these only note what to wait for.
struct Dialer::State : std::enable_shared_from_this<Dialer::State> {
  explicit State(Loop& its_loop);
  ~State();
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  void act(curl_socket_t socket, int ready);
  void deliver(std::unique_ptr<Call> call, CURLcode code);
  static int on_socket(CURL*, curl_socket_t socket, int what, void* user, void*);
  static int on_timer(CURLM*, long timeout_ms, void* user);

  Loop& loop;
  CURLM* multi = curl_multi_init();
  Timer timer;
  std::map<curl_socket_t, std::unique_ptr<Poll>> polls;
  std::vector<std::unique_ptr<Call>> calls;  // being dialled
  bool abandoned = false;                    // the Dialer is gone
};

namespace {

/// What libcurl connected. The easy handle stays in the multi handle: libcurl closes a connect-only
/// connection when it leaves.
class CurlStream final : public Stream {
 public:
  CurlStream(std::shared_ptr<void> keep, CURLM* multi, std::unique_ptr<Call> call, int fd)
      : keep_(std::move(keep)), multi_(multi), call_(std::move(call)), fd_(fd) {}
  ~CurlStream() override { curl_multi_remove_handle(multi_, call_->easy); }

  IoResult read(Bytes into) override {
    CHECK(!into.empty());
    std::size_t size = 0;
    const CURLcode code = curl_easy_recv(call_->easy, into.data(), into.size(), &size);
    if (code != CURLE_OK) return failure(code);
    if (size > 0) return {.size = size};
    if (was_cut()) return io_failure({.error = "TLS connection cut without close_notify"});
    return {.io = Io::end};
  }

  IoResult write(ConstBytes from) override {
    CHECK(!from.empty());
    std::size_t size = 0;
    const CURLcode code = curl_easy_send(call_->easy, from.data(), from.size(), &size);
    if (code != CURLE_OK) return failure(code);
    if (size == 0) return {.io = Io::again};
    return {.size = size};
  }

  void shutdown_write() override {
    // Under TLS this would look like an attack: libcurl offers no way to send close_notify first.
    if (!call_->options.tls) shutdown(fd_, SHUT_WR);
  }

  void reset_on_close() override { linger_for_nothing(fd_); }

  int fd() const override { return fd_; }
  bool reads_ahead() const override { return call_->options.tls; }

 private:
  /// libcurl reports an end of the TCP stream under TLS as if close_notify had come.
  bool was_cut() const {
    if (!call_->options.tls) return false;
    curl_tlssessioninfo* session = nullptr;
    curl_easy_getinfo(call_->easy, CURLINFO_TLS_SSL_PTR, &session);
    if (session == nullptr || session->backend != CURLSSLBACKEND_OPENSSL) return false;
    const auto* tls = static_cast<const SSL*>(session->internals);
    return tls != nullptr && (SSL_get_shutdown(tls) & SSL_RECEIVED_SHUTDOWN) == 0;
  }

  IoResult failure(CURLcode code) const {
    if (code == CURLE_AGAIN) return {.io = Io::again};
    const int error = os_error_of(*call_);
    if (error == ECONNRESET || error == EPIPE) {
      return io_failure({.error = errno_text(error), .reset = true});
    }
    DialError explained = explain(code, text_of(*call_, code), error, call_->options);
    return io_failure({.error = std::move(explained.message), .hint = std::move(explained.hint)});
  }

  std::shared_ptr<void> keep_;  // whoever owns multi_
  CURLM* multi_ = nullptr;
  std::unique_ptr<Call> call_;
  int fd_ = -1;
};

}  // namespace

Dialer::State::State(Loop& its_loop)
    : loop(its_loop), timer(its_loop, [this] { act(CURL_SOCKET_TIMEOUT, 0); }) {
  CHECK(multi != nullptr);
  curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, &on_socket);
  curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, &on_timer);
  curl_multi_setopt(multi, CURLMOPT_TIMERDATA, this);
}

Dialer::State::~State() {
  for (const std::unique_ptr<Call>& call : calls) curl_multi_remove_handle(multi, call->easy);
  calls.clear();
  curl_multi_cleanup(multi);
}

int Dialer::State::on_socket(CURL*, curl_socket_t socket, int what, void* user, void*) {
  auto* state = static_cast<State*>(user);
  if (what == CURL_POLL_REMOVE) {
    state->polls.erase(socket);
    return 0;
  }
  std::unique_ptr<Poll>& poll = state->polls[socket];
  if (!poll) {
    poll =
        std::make_unique<Poll>(state->loop, socket, [state, socket](bool readable, bool writable) {
          state->act(socket, (readable ? CURL_CSELECT_IN : 0) | (writable ? CURL_CSELECT_OUT : 0));
        });
  }
  poll->watch((what & CURL_POLL_IN) != 0, (what & CURL_POLL_OUT) != 0);
  return 0;
}

int Dialer::State::on_timer(CURLM*, long timeout_ms, void* user) {
  auto* state = static_cast<State*>(user);
  if (timeout_ms < 0) {
    state->timer.stop();
  } else if (timeout_ms == 0) {  // not from in here; and a timer would sleep a whole millisecond
    state->timer.stop();
    state->loop.later([weak = state->weak_from_this()] {
      const auto self = weak.lock();
      if (self != nullptr && !self->abandoned) self->act(CURL_SOCKET_TIMEOUT, 0);
    });
  } else {
    state->timer.start(state->loop.refresh() + std::chrono::milliseconds(timeout_ms));
  }
  return 0;
}

void Dialer::State::act(curl_socket_t socket, int ready) {
  const auto self = shared_from_this();
  int running = 0;
  CHECK(curl_multi_socket_action(multi, socket, ready, &running) == CURLM_OK);
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    const CURLcode code = message->data.result;
    Call* finished = nullptr;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &finished);
    const auto found = std::find_if(calls.begin(), calls.end(),
                                    [&](const auto& call) { return call.get() == finished; });
    CHECK(found != calls.end());
    std::unique_ptr<Call> call = std::move(*found);
    calls.erase(found);
    deliver(std::move(call), code);
    if (abandoned) return;
  }
}

void Dialer::State::deliver(std::unique_ptr<Call> call, CURLcode code) {
  const Dialled dialled = std::move(call->dialled);
  curl_socket_t socket = CURL_SOCKET_BAD;
  if (code == CURLE_OK) curl_easy_getinfo(call->easy, CURLINFO_ACTIVESOCKET, &socket);
  if (socket != CURL_SOCKET_BAD) {
    polls.erase(socket);                                // from here on the stream's owner polls it
    curl_easy_setopt(call->easy, CURLOPT_VERBOSE, 0L);  // what follows is not about dialling
    dialled(std::make_unique<CurlStream>(shared_from_this(), multi, std::move(call), socket));
    return;
  }
  DialError error = explain(code != CURLE_OK ? code : CURLE_COULDNT_CONNECT, text_of(*call, code),
                            os_error_of(*call), call->options);
  curl_multi_remove_handle(multi, call->easy);
  call.reset();
  dialled(std::move(error));
}

Dialer::Dialer(Loop& loop) {
  static const CURLcode initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
  CHECK(initialised == CURLE_OK);
  state_ = std::make_shared<State>(loop);
}

Dialer::~Dialer() {
  State& state = *state_;
  state.abandoned = true;
  for (const std::unique_ptr<Call>& call : state.calls) {
    curl_multi_remove_handle(state.multi, call->easy);
  }
  state.calls.clear();
}

void Dialer::dial(const DialOptions& options, Dialled dialled) {
  auto call = std::make_unique<Call>();
  call->options = options;
  if (options.tls) add_environment(call->options.connection.security);
  call->dialled = std::move(dialled);
  set_options(*call);
  CURL* easy = call->easy;
  state_->calls.push_back(std::move(call));
  // Only asks for a turn of the loop: nothing is done before that.
  CHECK(curl_multi_add_handle(state_->multi, easy) == CURLM_OK);
}

}  // namespace net
