// An HTTP server that says, byte for byte, what a test scripted, and an owner of transfers that
// writes down what it is told, both on one loop.
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "http/field.h"
#include "net/http_client.h"
#include "net/loop.h"
#include "net/socket.h"
#include "net/stream.h"
#include "net/tls.h"

namespace test {

/// What the server says to a whole request head (and body), and how it ends the connection.
struct HttpReply {
  enum class Then { close, reset, cut, hold };
  std::string text;
  Then then = Then::close;
  bool unasked = false;  // does not wait for a request
};

/// One connection of the server's.
class HttpPeer {
 public:
  HttpPeer(net::Loop& loop, std::unique_ptr<net::Stream> stream, HttpReply reply)
      : loop_(loop), stream_(std::move(stream)), reply_(std::move(reply)) {
    poll_.emplace(loop, stream_->fd(), [this](bool, bool) { act(); });
    if (reply_.unasked) answering_ = true;
    act();
  }

  std::string heard;
  std::size_t written = 0;
  bool ended = false;  // the client has closed
  std::function<void()> on_ended;

 private:
  void act() {
    if (stream_ == nullptr) return;
    read();
    if (stream_ == nullptr) return;
    if (!answering_) {
      const std::size_t head = heard.find("\r\n\r\n");
      answering_ = head != heard.npos && heard.size() - head - 4 >= body_size();
    }
    if (answering_) write();
    if (stream_ == nullptr) return;
    const auto interest = stream_->interest(!ended, answering_ && written < reply_.text.size());
    poll_->watch(interest.readable && !ended, interest.writable);
  }

  std::size_t body_size() const {
    const std::size_t at = heard.find("Content-Length: ");
    return at == heard.npos ? 0 : std::stoul(heard.substr(at + 16));
  }

  void read() {
    while (!ended) {
      const Bytes into = loop_.shared_buffer();
      const net::IoResult result = stream_->read(into);
      if (result.io == net::Io::again) return;
      if (result.io == net::Io::ok) {
        heard += as_text(into.first(result.size));
        continue;
      }
      ended = true;
      if (on_ended) on_ended();
    }
  }

  void write() {
    while (written < reply_.text.size()) {
      const net::IoResult result = stream_->write(as_bytes(reply_.text).subspan(written));
      if (result.io == net::Io::again) return;
      if (result.io != net::Io::ok) {
        stream_reset();
        return;
      }
      written += result.size;
    }
    switch (reply_.then) {
      case HttpReply::Then::close: stream_->shutdown_write(); break;
      case HttpReply::Then::reset:
        stream_->reset_on_close();
        stream_reset();
        break;
      case HttpReply::Then::cut: stream_reset(); break;  // under TLS: no close_notify
      case HttpReply::Then::hold: break;
    }
  }

  void stream_reset() {
    poll_.reset();
    stream_.reset();
  }

  net::Loop& loop_;
  std::unique_ptr<net::Stream> stream_;
  HttpReply reply_;
  std::optional<net::Poll> poll_;
  bool answering_ = false;
};

inline const net::TlsContext& http_tls_context() {
  static const net::TlsContext kContext = [] {
    auto made = net::TlsContext::for_hosts({"localhost", "127.0.0.1"});
    EXPECT_TRUE(made) << made.error().message;
    return std::move(*made);
  }();
  return kContext;
}

/// Gives each connection the next of its replies; the last one to all that follow.
class HttpServer {
 public:
  HttpServer(net::Loop& loop, std::deque<HttpReply> replies, bool tls = false)
      : loop_(loop), replies_(std::move(replies)), tls_(tls) {
    auto made = net::Listener::tcp(loop, "127.0.0.1", 0, [this](auto stream, const std::string&) {
      if (tls_) stream = http_tls_context().accept(std::move(stream));
      HttpReply reply = replies_.front();
      if (replies_.size() > 1) replies_.pop_front();
      if (rewrite) reply.text = rewrite(reply.text, std::to_string(listener_->port()));
      peers.push_back(std::make_unique<HttpPeer>(loop_, std::move(stream), reply));
    });
    EXPECT_TRUE(made);
    listener_ = std::move(*made);
  }

  std::string url(const std::string& path = "/", const std::string& host = "127.0.0.1") const {
    return (tls_ ? "https://" : "http://") + host + ":" + std::to_string(listener_->port()) + path;
  }
  std::string heard(std::size_t connection = 0) const {
    return connection < peers.size() ? peers[connection]->heard : "(no such connection)";
  }

  void replace_first(HttpReply reply) { replies_.front() = std::move(reply); }

  std::vector<std::unique_ptr<HttpPeer>> peers;
  std::function<std::string(std::string text, const std::string& port)> rewrite;  // of replies

 private:
  net::Loop& loop_;
  std::deque<HttpReply> replies_;
  bool tls_;
  std::unique_ptr<net::Listener> listener_;
};

/// A loop, a client, and the owner that writes down what it is told.
struct HttpBench final : net::HttpOwner {
  net::Loop loop;
  net::HttpClient client{loop};
  std::unique_ptr<net::HttpTransfer> transfer;

  unsigned status = 0;
  std::string version;
  std::string url;
  std::string head;
  std::vector<std::pair<std::string, std::string>> fields;
  std::vector<std::string> redirects;
  std::vector<std::string> left_behind;  // by the last redirect
  std::string body;
  std::size_t body_size = 0;
  bool keeps_body = true;
  std::string transport;
  std::optional<net::HttpEnd> ended;
  std::function<void()> at_answer;
  std::function<void()> at_body;
  std::function<void()> at_end;

  HttpBench() { net::ignore_sigpipe(); }

  void on_redirect(const net::HttpAnswer& answer, const std::string& to,
                   const std::vector<std::string>& names) override {
    left_behind = names;
    redirects.push_back(std::to_string(answer.status) + " " + to);
  }
  void on_answer(const net::HttpAnswer& answer) override {
    EXPECT_EQ(status, 0U) << "a second answer";
    status = answer.status;
    version = answer.version;
    url = answer.url;
    head = answer.head;
    for (const http::Field& field : answer.fields) fields.emplace_back(field.name, field.value);
    if (at_answer) at_answer();
  }
  void on_body(ConstBytes bytes) override {
    EXPECT_FALSE(bytes.empty());
    if (keeps_body) body += as_text(bytes);
    body_size += bytes.size();
    if (at_body) at_body();
  }
  void on_transport(rec::Kind kind, ConstBytes bytes) override {
    switch (kind) {
      case rec::Kind::opened: transport += "|open|"; break;
      case rec::Kind::received_end: transport += "|<eof|"; break;
      case rec::Kind::sent_end: transport += "|>eof|"; break;
      case rec::Kind::received_reset: transport += "|<rst|"; break;
      case rec::Kind::sent_reset: transport += "|>rst|"; break;
      default: transport += as_text(bytes);
    }
  }
  void on_end(const net::HttpEnd& end) override {
    EXPECT_FALSE(ended) << "a second end";
    ended = end;
    if (at_end) at_end();
    loop.stop();
  }

  void begin(net::HttpRequest request) {
    transfer = std::make_unique<net::HttpTransfer>(client, std::move(request), *this);
    EXPECT_FALSE(ended) << "called from within the constructor";
  }

  /// Until something stops the loop.
  void run() {
    net::Timer watchdog(loop, [this] {
      ADD_FAILURE() << "nothing happens any more; the body so far: " << body.substr(0, 500);
      loop.stop();
    });
    watchdog.start(loop.refresh() + std::chrono::seconds(20));
    loop.run();
  }

  net::HttpEnd exchange(net::HttpRequest request) {
    begin(std::move(request));
    run();
    return ended.value_or(net::HttpEnd{});
  }
};

}  // namespace test
