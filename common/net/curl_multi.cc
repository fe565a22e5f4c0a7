#include "net/curl_multi.h"

#include <openssl/ssl.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

namespace net {
namespace {

// The most that libcurl reads at once; its own default is a quarter of that.
constexpr long kBufferSize = long{Loop::kReadSize};

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

int on_debug(CURL*, curl_infotype type, char* data, std::size_t size, void* user) {
  if (type == CURLINFO_TEXT) trace_line(static_cast<CurlCall*>(user)->options, {data, size});
  return 0;
}

void on_ssl_state(const SSL* ssl, int where, int alert) {
  if ((where & SSL_CB_READ_ALERT) != SSL_CB_READ_ALERT) return;
  if ((alert & 0xff) != SSL_AD_CLOSE_NOTIFY) return;
  static_cast<CurlCall*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)))->close_notify = true;
}

/// What libcurl has no options for: a write may be tried again from another address, as Stream
/// promises, and an end without close_notify is a cut, not an end, though libcurl itself reports
/// both alike.
CURLcode on_ssl_context(CURL*, void* context, void* user) {
  auto* tls = static_cast<SSL_CTX*>(context);
  SSL_CTX_set_mode(tls, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_clear_options(tls, SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_app_data(tls, user);
  SSL_CTX_set_info_callback(tls, &on_ssl_state);
  return CURLE_OK;
}

void set_file(CurlCall& call, CURLoption option, const std::string& path) {
  if (!path.empty()) call.set(option, path.c_str());
}

void set_tls_options(CurlCall& call, const ClientTls& tls) {
  call.set(CURLOPT_SSL_VERIFYPEER, tls.insecure ? 0L : 1L);
  call.set(CURLOPT_SSL_VERIFYHOST, tls.insecure ? 0L : 2L);
  call.set(CURLOPT_SSL_CTX_FUNCTION, &on_ssl_context);
  call.set(CURLOPT_SSL_CTX_DATA, &call);
  set_file(call, CURLOPT_CAINFO, tls.ca_file);
  set_file(call, CURLOPT_CAPATH, tls.ca_path);
  set_file(call, CURLOPT_SSLCERT, tls.certificate);
  set_file(call, CURLOPT_SSLKEY, tls.key);
  // Even an empty one: without any OpenSSL asks for it, where need be on standard input.
  call.set(CURLOPT_KEYPASSWD, tls.password.c_str());
}

}  // namespace

void append(CurlList& list, const std::string& text) {
  curl_slist* longer = curl_slist_append(list.get(), text.c_str());
  CHECK(longer != nullptr);
  (void)list.release();  // the head, which is `longer` from the first entry on
  list.reset(longer);
}

void trace_line(const ConnectOptions& options, std::string_view line) {
  if (!options.trace) return;
  while (!line.empty() && line.back() == '\n') line.remove_suffix(1);
  options.trace(line);
}

CurlCall::CurlCall(const ConnectOptions& made_of) : options(made_of) {
  CHECK(easy != nullptr);
  add_environment(options.security);
  set(CURLOPT_PRIVATE, this);
  set(CURLOPT_ERRORBUFFER, &error[0]);
  set(CURLOPT_FRESH_CONNECT, 1L);
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_QUICK_EXIT, 1L);  // do not wait for a name server when we give up
  set(CURLOPT_TCP_NODELAY, 1L);
  set(CURLOPT_BUFFERSIZE, kBufferSize);
  set(CURLOPT_PROXY, "");  // not even one from the environment
  set_tls_options(*this, options.security);

  for (const std::string& entry : options.resolve) append(resolve, entry);
  if (resolve) set(CURLOPT_RESOLVE, resolve.get());
  set_file(*this, CURLOPT_UNIX_SOCKET_PATH, options.unix_socket);
  if (options.connect_timeout) {
    // 0 would mean libcurl's own limit.
    const auto limit_ms =
        std::max<long>(1, static_cast<long>(options.connect_timeout->count() / 1000));
    set(CURLOPT_CONNECTTIMEOUT_MS, limit_ms);
  }
  if (options.trace) {
    set(CURLOPT_VERBOSE, 1L);
    set(CURLOPT_DEBUGFUNCTION, &on_debug);
    set(CURLOPT_DEBUGDATA, this);
  }
}

CurlCall::~CurlCall() {
  curl_easy_cleanup(easy);
}

int CurlCall::os_error() const {
  long number = 0;
  curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &number);
  return static_cast<int>(number);
}

bool CurlCall::was_reset() const {
  return os_error() == ECONNRESET || os_error() == EPIPE;
}

DialError CurlCall::explained(CURLcode code, const Endpoint& endpoint) const {
  const std::string text = error[0] != '\0' ? error : curl_easy_strerror(code);
  return explain(code, text, os_error(), endpoint, options);
}

/// No method is called from within libcurl but the two callbacks, and these only note what to wait
/// for.
class CurlMulti::Inside {
 public:
  explicit Inside(CurlMulti& multi) : multi_(multi) { ++multi_.depth_; }
  ~Inside() { --multi_.depth_; }
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;

 private:
  CurlMulti& multi_;
};

CurlMulti::CurlMulti(Loop& loop)
    : loop_(loop), timer_(loop, [this] { act(CURL_SOCKET_TIMEOUT, 0); }) {
  static const CURLcode initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
  CHECK(initialised == CURLE_OK);
  multi_ = curl_multi_init();
  CHECK(multi_ != nullptr);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &on_socket);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &on_timer);
  curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
}

CurlMulti::~CurlMulti() {
  curl_multi_cleanup(multi_);
}

void CurlMulti::add(CurlCall& call) {
  CHECK(!inside());
  CHECK(curl_multi_add_handle(multi_, call.easy) == CURLM_OK);
}

void CurlMulti::remove(CurlCall& call) {
  CHECK(!inside());
  const Inside here(*this);
  curl_multi_remove_handle(multi_, call.easy);
}

CURLcode CurlMulti::resume(CurlCall& call) {
  CHECK(!inside());
  const Inside here(*this);
  return curl_easy_pause(call.easy, CURLPAUSE_CONT);
}

int CurlMulti::on_socket(CURL*, curl_socket_t socket, int what, void* user, void*) {
  auto* self = static_cast<CurlMulti*>(user);
  if (what == CURL_POLL_REMOVE) {
    self->polls_.erase(socket);
    return 0;
  }
  std::unique_ptr<Poll>& poll = self->polls_[socket];
  if (!poll) {
    poll =
        std::make_unique<Poll>(self->loop_, socket, [self, socket](bool readable, bool writable) {
          self->act(socket, (readable ? CURL_CSELECT_IN : 0) | (writable ? CURL_CSELECT_OUT : 0));
        });
  }
  poll->watch((what & CURL_POLL_IN) != 0, (what & CURL_POLL_OUT) != 0);
  return 0;
}

int CurlMulti::on_timer(CURLM*, long timeout_ms, void* user) {
  auto* self = static_cast<CurlMulti*>(user);
  if (timeout_ms < 0) {
    self->timer_.stop();
  } else if (timeout_ms == 0) {  // not from in here; and a timer would sleep a whole millisecond
    self->timer_.stop();
    self->loop_.later([weak = self->weak_from_this()] {
      if (const auto multi = weak.lock()) multi->act(CURL_SOCKET_TIMEOUT, 0);
    });
  } else {
    self->timer_.start(self->loop_.refresh() + std::chrono::milliseconds(timeout_ms));
  }
  return 0;
}

void CurlMulti::act(curl_socket_t socket, int ready) {
  const auto self = shared_from_this();
  {
    const Inside here(*this);
    int running = 0;
    CHECK(curl_multi_socket_action(multi_, socket, ready, &running) == CURLM_OK);
  }
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    const CURLcode code = message->data.result;
    CurlCall* call = nullptr;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &call);
    const auto done = std::move(call->done);
    done(code);  // `call` may be gone now
  }
}

}  // namespace net
