#include "net/http_client.h"

#include <curl/curl.h>

#include <algorithm>
#include <functional>
#include <utility>
#include <variant>

#include "base/check.h"
#include "net/curl_multi.h"
#include "net/http_end.h"
#include "net/http_hop.h"
#include "net/http_redirect.h"

namespace net {
namespace {

// What an answer that is of no use ends the curl command with.
constexpr int kRefusedCode = CURLE_HTTP_RETURNED_ERROR;

constexpr std::size_t kShownSize = 64;  // of what is not HTTP

ConstBytes bytes_of(const char* data, std::size_t size) {
  return as_bytes({data, size});
}

// libcurl writes HTTP/2 heads as those of HTTP/1.1, but for the version in the first line.
constexpr std::string_view kHttp1 = "HTTP/1.1";
constexpr std::string_view kHttp2 = "HTTP/2";

/// "HTTP/2 200" -> "HTTP/1.1 200"
std::string status_line_as_http1(std::string_view line) {
  if (!line.starts_with(kHttp2)) return std::string(line);
  return std::string(kHttp1).append(line.substr(kHttp2.size()));
}

/// "GET / HTTP/2" -> "GET / HTTP/1.1", with what follows the line.
std::string request_as_http1(std::string_view head) {
  std::string text(head);
  const std::size_t end = head.find("\r\n");
  if (end != head.npos && head.substr(0, end).ends_with(kHttp2))
    text.replace(end - kHttp2.size(), kHttp2.size(), kHttp1);
  return text;
}

/// What the last record of a recording says.
rec::Kind end_kind(const HttpEnd& end, bool ends_by_close) {
  switch (end.how) {
    case HttpEnd::How::reset: return rec::Kind::received_reset;
    case HttpEnd::How::cut: return rec::Kind::received_end;
    case HttpEnd::How::whole: return ends_by_close ? rec::Kind::received_end : rec::Kind::sent_end;
    case HttpEnd::How::limit:
    case HttpEnd::How::not_http:
    case HttpEnd::How::failed: break;
  }
  return rec::Kind::sent_end;
}

}  // namespace

/// Works in hops: each redirect is followed by another.
struct HttpTransfer::State : std::enable_shared_from_this<HttpTransfer::State> {
  /// What made a callback say no to libcurl.
  enum class Stopped : std::uint8_t { no, redirect, limit, not_http };

  State(std::shared_ptr<CurlMulti> its_multi, HttpRequest its_request, HttpOwner& its_owner)
      : multi(std::move(its_multi)), request(std::move(its_request)), owner(&its_owner) {}

  void begin();
  void set_callbacks();
  void done(CURLcode code);
  void follow();
  void finish(HttpEnd how);
  void leave();
  void resume();

  bool take_head_line(std::string_view line);
  bool finish_head();
  bool take_body(ConstBytes bytes);
  void take_transport(rec::Kind kind, ConstBytes bytes);
  void end_transport(const HttpEnd& how);
  HttpEnd judge(CURLcode code) const;

  static std::size_t on_header(char* data, std::size_t, std::size_t size, void* user);
  static std::size_t on_write(char* data, std::size_t, std::size_t size, void* user);
  static int on_debug(CURL*, curl_infotype type, char* data, std::size_t size, void* user);
  static int on_request(void* user, char*, char*, int, int);

  std::shared_ptr<CurlMulti> multi;
  HttpRequest request;
  HttpOwner* owner;  // nullptr: it has given up, or has been told the end
  std::unique_ptr<HttpHop> hop;
  bool added = false;  // the hop, to `multi`
  Stopped stopped = Stopped::no;
  std::string received;  // of what is not HTTP
  unsigned redirects = 0;
  bool answered = false;
  bool paused = false;
  bool held = false;  // libcurl holds some of the body back, and reads no more
  Time began = {};
  HttpTimings timings;
};

void HttpTransfer::State::begin() {
  auto place = find_place("", request.url);
  if (auto* error = std::get_if<DialError>(&place))
    return finish({.how = HttpEnd::How::failed, .error = std::move(*error)});
  auto& found = std::get<HttpPlace>(place);
  if (request.user.empty()) request.user = found.user;
  hop = std::make_unique<HttpHop>(request, std::move(found));
  set_callbacks();
  hop->call.done = [this](CURLcode code) { done(code); };
  multi->add(hop->call);
  added = true;
  held = false;
}

void HttpTransfer::State::set_callbacks() {
  CurlCall& call = hop->call;
  call.set(CURLOPT_HEADERFUNCTION, &State::on_header);
  call.set(CURLOPT_HEADERDATA, this);
  call.set(CURLOPT_WRITEFUNCTION, &State::on_write);
  call.set(CURLOPT_WRITEDATA, this);
  call.set(CURLOPT_PREREQFUNCTION, &State::on_request);
  call.set(CURLOPT_PREREQDATA, this);
  if (request.transport) {
    call.set(CURLOPT_VERBOSE, 1L);
    call.set(CURLOPT_DEBUGFUNCTION, &State::on_debug);
    call.set(CURLOPT_DEBUGDATA, this);
  }
}

std::size_t HttpTransfer::State::on_header(char* data, std::size_t, std::size_t size, void* user) {
  return static_cast<State*>(user)->take_head_line({data, size}) ? size : 0;
}

int HttpTransfer::State::on_request(void* user, char*, char*, int, int) {
  auto* state = static_cast<State*>(user);
  state->hop->requested = state->multi->loop().refresh();
  return CURL_PREREQFUNC_OK;
}

bool HttpTransfer::State::take_head_line(std::string_view line) {
  if (!hop->reader.begun()) hop->answered = multi->loop().refresh();
  if (request.transport && !hop->reader.complete())  // else a trailer, which is in the body
    take_transport(rec::Kind::received, as_bytes(status_line_as_http1(line)));
  if (owner == nullptr) return false;
  using Line = HttpAnswerReader::Line;
  switch (hop->reader.take(line)) {
    case Line::more:
      if (!hop->reader.begun()) hop->answered.reset();  // that was an interim answer
      return true;
    case Line::trailer: return true;
    case Line::last: return finish_head();
    case Line::malformed:
      received = line.substr(0, kShownSize);
      stopped = Stopped::not_http;
      return false;
    case Line::too_large: stopped = Stopped::limit; return false;
  }
  return false;
}

bool HttpTransfer::State::finish_head() {
  const HttpAnswer answer = hop->reader.answer(hop->place.url);
  if (request.max_redirects > 0 && is_redirect(answer.status)) {
    const http::Field* location = http::find_field(answer.fields, "Location");
    hop->redirect_to = location == nullptr ? "" : location->value;
    stopped = Stopped::redirect;
    return false;  // its body may be long, and nobody wants it
  }
  answered = true;
  owner->on_answer(answer);
  return owner != nullptr;
}

std::size_t HttpTransfer::State::on_write(char* data, std::size_t, std::size_t size, void* user) {
  auto* state = static_cast<State*>(user);
  if (state->owner != nullptr && state->paused) {
    state->held = true;
    return CURL_WRITEFUNC_PAUSE;
  }
  return state->take_body(bytes_of(data, size)) ? size : 0;
}

bool HttpTransfer::State::take_body(ConstBytes bytes) {
  if (owner == nullptr) return false;
  if (!answered) {  // HTTP/0.9
    received = as_text(bytes.first(std::min(bytes.size(), kShownSize)));
    stopped = Stopped::not_http;
    return false;
  }
  if (!bytes.empty()) owner->on_body(bytes);
  return owner != nullptr;
}

/// Not for the head of an answer: of that not every line is shown here.
int HttpTransfer::State::on_debug(CURL*, curl_infotype type, char* data, std::size_t size,
                                  void* user) {
  auto* state = static_cast<State*>(user);
  const std::string_view text(data, size);
  switch (type) {
    case CURLINFO_TEXT: trace_line(state->hop->call.options, text); break;
    case CURLINFO_HEADER_OUT:
      // It may come in parts, of which the first has the line.
      state->take_transport(rec::Kind::sent, as_bytes(state->hop->opened ? std::string(text)
                                                                         : request_as_http1(text)));
      break;
    case CURLINFO_DATA_OUT: state->take_transport(rec::Kind::sent, as_bytes(text)); break;
    case CURLINFO_DATA_IN: state->take_transport(rec::Kind::received, as_bytes(text)); break;
    default: break;
  }
  return 0;
}

void HttpTransfer::State::take_transport(rec::Kind kind, ConstBytes bytes) {
  if (owner != nullptr && !hop->opened) {
    hop->opened = true;
    owner->on_transport(rec::Kind::opened, {});
  }
  if (owner != nullptr) owner->on_transport(kind, bytes);
}

void HttpTransfer::State::end_transport(const HttpEnd& how) {
  if (hop == nullptr || !std::exchange(hop->opened, false) || owner == nullptr) return;
  const bool to_head = request.method == "HEAD";
  owner->on_transport(end_kind(how, hop->reader.ends_by_close(to_head)), {});
}

/// From here on not from within libcurl: whatever is called may destroy the transfer.
void HttpTransfer::State::done(CURLcode code) {
  const auto self = shared_from_this();
  if (stopped == Stopped::redirect && owner != nullptr)
    follow();
  else
    finish(judge(code));
}

void HttpTransfer::State::follow() {
  const HttpAnswer answer = hop->reader.answer(hop->place.url);
  const auto fail = [this](int code, std::string message) {
    finish({.how = HttpEnd::How::failed,
            .error = DialError{.code = code, .message = std::move(message), .hint = ""}});
  };
  const std::string status = "redirect " + std::to_string(answer.status);
  if (hop->redirect_to.empty()) return fail(kRefusedCode, status + " without a Location");
  if (redirects == request.max_redirects)
    return fail(CURLE_TOO_MANY_REDIRECTS, "more than " + std::to_string(redirects) + " redirects");
  auto place = find_place(hop->place.url, hop->redirect_to);
  if (const auto* error = std::get_if<DialError>(&place))
    return fail(error->code, status + ": " + error->message);
  const auto& to = std::get<HttpPlace>(place);

  ++redirects;
  HttpRequest next = request;  // libcurl still has its eye on the body of this one
  const auto left_behind = redirect(next, answer.status, hop->place, to);
  owner->on_redirect(answer, to.url, left_behind);
  if (owner == nullptr) return;
  end_transport({.how = HttpEnd::How::failed});
  if (owner == nullptr) return;
  leave();
  request = std::move(next);
  stopped = Stopped::no;
  timings.redirect = std::chrono::duration_cast<Duration>(multi->loop().refresh() - began);
  begin();
}

HttpEnd HttpTransfer::State::judge(CURLcode code) const {
  if (stopped == Stopped::limit) return large_head_end(hop->reader);
  if (stopped == Stopped::not_http) return no_http_end(received);
  return judge_end(code, hop->call, hop->place.endpoint, hop->reader, request.method == "HEAD");
}

/// The owner may have given up meanwhile.
void HttpTransfer::State::finish(HttpEnd how) {
  end_transport(how);
  leave();
  how.answered = answered;
  if (owner != nullptr) std::exchange(owner, nullptr)->on_end(how);
}

/// The hop is over; what it has to tell is kept.
void HttpTransfer::State::leave() {
  if (std::exchange(added, false)) multi->remove(hop->call);
}

void HttpTransfer::State::resume() {
  if (owner == nullptr || paused || !held || !added) return;
  held = false;
  const CURLcode code = multi->resume(hop->call);
  if (code != CURLE_OK) done(code);
}

HttpClient::HttpClient(Loop& loop) : multi_(std::make_shared<CurlMulti>(loop)) {}

HttpClient::~HttpClient() = default;

HttpTransfer::HttpTransfer(HttpClient& client, HttpRequest request, HttpOwner& owner)
    : state_(std::make_shared<State>(client.multi_, std::move(request), owner)) {
  Loop& loop = state_->multi->loop();
  state_->began = loop.now();
  loop.later([weak = std::weak_ptr<State>(state_)] {
    const auto state = weak.lock();
    if (state != nullptr && state->owner != nullptr) state->begin();
  });
}

HttpTransfer::~HttpTransfer() {
  state_->owner = nullptr;
  if (state_->hop != nullptr) state_->hop->call.options.trace = nullptr;
  if (!state_->multi->inside())
    state_->leave();
  else
    state_->multi->loop().later([state = state_] { state->leave(); });
}

void HttpTransfer::set_paused(bool paused) {
  State& state = *state_;
  if (std::exchange(state.paused, paused) == paused || paused || !state.held) return;
  state.multi->loop().later([weak = std::weak_ptr<State>(state_)] {
    if (const auto held = weak.lock()) held->resume();
  });
}

HttpTimings HttpTransfer::timings() const {
  HttpTimings timings = state_->timings;
  if (state_->hop == nullptr) return timings;
  const auto time_of = [&](CURLINFO which) {
    curl_off_t time_us = 0;
    curl_easy_getinfo(state_->hop->call.easy, which, &time_us);
    return Duration(time_us);
  };
  timings.name_lookup = time_of(CURLINFO_NAMELOOKUP_TIME_T);
  timings.connect = time_of(CURLINFO_CONNECT_TIME_T);
  timings.tls = time_of(CURLINFO_APPCONNECT_TIME_T);
  timings.first_byte = time_of(CURLINFO_STARTTRANSFER_TIME_T);
  timings.requested = state_->hop->requested;
  timings.answered = state_->hop->answered;
  return timings;
}

const std::string& HttpTransfer::method() const {
  return state_->request.method;
}

}  // namespace net
