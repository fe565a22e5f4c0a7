// Server TLS against OpenSSL's own client, in memory: what a test lets through is all that either
// side sees. Then through the pump, with sockets.
#include "net/tls.h"

#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "net/curl.h"
#include "net/loop.h"
#include "net/pump.h"
#include "net/socket.h"
#include "net/stream.h"
#include "support/event_log.h"
#include "support/io_result.h"

namespace net {
namespace {

/// The two directions between server and client, as the server's transport sees them.
struct Wire {
  std::string to_server;
  std::string to_client;
  bool client_ended = false;
  bool server_ended = false;
  std::size_t piece = SIZE_MAX;  // at most so many bytes a call
  std::size_t room = SIZE_MAX;   // left for the server to write
  bool stutters = false;         // every other call gets `again`
};

class WireStream final : public Stream {
 public:
  explicit WireStream(Wire& wire) : wire_(wire) {}

  IoResult read(Bytes into) override {
    if (refuses()) return {.io = Io::again};
    const std::size_t size = std::min({into.size(), wire_.piece, wire_.to_server.size()});
    if (size == 0) return {.io = wire_.client_ended ? Io::end : Io::again};
    std::copy_n(wire_.to_server.begin(), size, into.begin());
    wire_.to_server.erase(0, size);
    return {.size = size};
  }
  IoResult write(ConstBytes from) override {
    if (refuses() || wire_.room == 0) return {.io = Io::again};
    const std::size_t size = std::min({from.size(), wire_.piece, wire_.room});
    wire_.to_client += as_text(from.first(size));
    if (wire_.room != SIZE_MAX) wire_.room -= size;
    return {.size = size};
  }
  void shutdown_write() override { wire_.server_ended = true; }
  void reset_on_close() override {}
  int fd() const override { return -1; }
  bool reads_ahead() const override { return false; }

 private:
  bool refuses() {
    refused_ = wire_.stutters && !refused_;
    return refused_;
  }

  Wire& wire_;
  bool refused_ = false;
};

struct Free {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(SSL* ssl) const { SSL_free(ssl); }
  void operator()(X509* certificate) const { X509_free(certificate); }
};

/// OpenSSL's client. What it has to say goes onto the wire at once.
class Client {
 public:
  explicit Client(Wire& wire) : wire_(wire), context_(SSL_CTX_new(TLS_client_method())) {
    SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, [](int, X509_STORE_CTX*) { return 1; });
    ssl_.reset(SSL_new(context_.get()));
    SSL_set_bio(ssl_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_connect_state(ssl_.get());
  }

  SSL* ssl() { return ssl_.get(); }

  /// One step; true once the handshake is done.
  bool handshake() {
    take();
    const bool done = SSL_do_handshake(ssl()) == 1;
    give();
    return done;
  }
  void write(const std::string& text) {
    EXPECT_EQ(SSL_write(ssl(), text.data(), static_cast<int>(text.size())), std::ssize(text));
    give();
  }
  std::string read() {
    take();
    std::string text;
    char piece[1000];
    int size = 0;
    while ((size = SSL_read(ssl(), piece, sizeof piece)) > 0) {
      text.append(piece, static_cast<std::size_t>(size));
    }
    status_ = SSL_get_error(ssl(), size);
    give();
    return text;
  }
  void close() {
    SSL_shutdown(ssl());
    give();
  }
  /// What ended the last read().
  int status() const { return status_; }

 private:
  void take() {
    BIO_write(SSL_get_rbio(ssl()), wire_.to_client.data(),
              static_cast<int>(wire_.to_client.size()));
    wire_.to_client.clear();
  }
  void give() {
    char piece[1000];
    int size = 0;
    while ((size = BIO_read(SSL_get_wbio(ssl()), piece, sizeof piece)) > 0) {
      wire_.to_server.append(piece, static_cast<std::size_t>(size));
    }
    ERR_clear_error();
  }

  Wire& wire_;
  std::unique_ptr<SSL_CTX, Free> context_;
  std::unique_ptr<SSL, Free> ssl_;
  int status_ = 0;
};

const TlsContext& context() {
  static const TlsContext kContext = [] {
    auto made = TlsContext::for_hosts({"localhost", "127.0.0.1", "::1", "teapot.example"});
    EXPECT_TRUE(made) << made.error().message;
    return std::move(*made);
  }();
  return kContext;
}

/// A server's stream and a client, not connected yet.
struct Pair {
  Wire wire;
  std::unique_ptr<Stream> server = context().accept(std::make_unique<WireStream>(wire));
  Client client{wire};
  std::string heard;  // by the server
  IoResult last;      // what ended the server's reading

  /// The server reads what is there.
  void listen() {
    std::vector<std::uint8_t> into(4000);
    while ((last = server->read(into)).io == Io::ok) heard += as_text(Bytes(into).first(last.size));
  }
  void connect() {
    for (int turn = 0; turn < 100'000; ++turn) {
      const bool done = client.handshake();
      listen();
      // The server's side is over when it has the client's last message.
      if (done && wire.to_server.empty()) return;
      if (last.io == Io::failed) return;
    }
    FAIL() << "the handshake does not end";
  }
  IoResult say(const std::string& text) { return server->write(as_bytes(text)); }
};

TEST(Tls, bytes_go_both_ways_at_every_split) {
  for (const std::size_t piece : {1U, 2U, 3U, 5U, 100U, 4096U, 100'000U}) {
    for (const bool stutters : {false, true}) {
      SCOPED_TRACE(piece);
      Pair pair;
      pair.wire.piece = piece;
      pair.wire.stutters = stutters;
      pair.connect();
      std::string sent;
      for (std::size_t i = 0; i < 40'000; ++i) sent += static_cast<char>('a' + i % 23);
      pair.client.write(sent);
      for (int turn = 0; turn < 200'000 && pair.heard.size() < sent.size(); ++turn) pair.listen();
      ASSERT_EQ(pair.heard, sent);

      std::string echoed;
      for (std::string rest = sent; !rest.empty();) {
        const std::string moved = rest;  // the same bytes elsewhere
        const IoResult result = pair.say(moved);
        ASSERT_TRUE(result.io == Io::ok || result.io == Io::again) << test::error_of(result);
        rest.erase(0, result.io == Io::ok ? result.size : 0);
        echoed += pair.client.read();
      }
      EXPECT_EQ(echoed, sent);
    }
  }
}

TEST(Tls, reading_in_the_handshake_waits_for_room_to_write) {
  Pair pair;
  pair.wire.room = 10;
  EXPECT_FALSE(pair.client.handshake());
  pair.listen();
  ASSERT_EQ(pair.last.io, Io::again);
  EXPECT_FALSE(pair.server->interest(true, false).readable);
  EXPECT_TRUE(pair.server->interest(true, false).writable);
  EXPECT_FALSE(pair.server->interest(false, false).writable);
  pair.wire.room = SIZE_MAX;
  pair.listen();
  EXPECT_TRUE(pair.server->interest(true, false).readable);
  EXPECT_FALSE(pair.server->interest(true, false).writable);
  EXPECT_TRUE(pair.client.handshake());
}

TEST(Tls, writing_before_the_handshake_waits_for_the_client) {
  Pair pair;
  EXPECT_EQ(pair.say("early").io, Io::again);
  EXPECT_TRUE(pair.server->interest(false, true).readable);
  EXPECT_FALSE(pair.server->interest(false, true).writable);
  pair.connect();
  EXPECT_EQ(pair.say("early").size, 5U);
  EXPECT_FALSE(pair.server->interest(true, false).writable);
  EXPECT_EQ(pair.client.read(), "early");
}

TEST(Tls, close_notify_is_an_end_after_which_writing_goes_on) {
  Pair pair;
  pair.connect();
  pair.client.write("last words");
  pair.client.close();
  pair.listen();
  EXPECT_EQ(pair.heard, "last words");
  EXPECT_EQ(pair.last.io, Io::end);
  EXPECT_EQ(pair.say("answer").size, 6U);
  EXPECT_EQ(pair.client.read(), "answer");
}

TEST(Tls, end_without_close_notify_is_a_cut) {
  Pair pair;
  pair.connect();
  pair.client.write("unfinish");
  pair.wire.client_ended = true;
  pair.listen();
  EXPECT_EQ(pair.heard, "unfinish");
  EXPECT_EQ(pair.last.io, Io::failed);
  EXPECT_EQ(test::error_of(pair.last), "TLS connection cut without close_notify");
  EXPECT_FALSE(pair.last.failure->reset);
}

TEST(Tls, end_inside_a_record_is_a_cut) {
  Pair pair;
  pair.connect();
  pair.client.write("half of this");
  pair.wire.to_server.resize(pair.wire.to_server.size() - 1);
  pair.wire.client_ended = true;
  pair.listen();
  EXPECT_EQ(pair.heard, "");
  EXPECT_EQ(test::error_of(pair.last), "TLS connection cut without close_notify");
}

TEST(Tls, end_inside_the_handshake_says_so) {
  Pair pair;
  EXPECT_FALSE(pair.client.handshake());
  pair.listen();
  pair.wire.client_ended = true;
  pair.listen();
  EXPECT_EQ(pair.last.io, Io::failed);
  EXPECT_EQ(test::error_of(pair.last), "the client ended the connection in the TLS handshake");
}

TEST(Tls, client_that_says_nothing_at_all_just_ends) {
  Pair pair;
  pair.wire.client_ended = true;
  pair.listen();
  EXPECT_EQ(pair.last.io, Io::end);
}

TEST(Tls, shutdown_sends_close_notify_and_reading_goes_on) {
  Pair pair;
  pair.connect();
  EXPECT_EQ(pair.say("bye").size, 3U);
  pair.server->shutdown_write();
  EXPECT_TRUE(pair.wire.server_ended);
  EXPECT_EQ(pair.client.read(), "bye");
  EXPECT_EQ(pair.client.status(), SSL_ERROR_ZERO_RETURN);
  pair.client.write("wait");
  pair.listen();
  EXPECT_EQ(pair.heard, "wait");
  EXPECT_EQ(pair.last.io, Io::again);
}

TEST(Tls, close_notify_is_answered_at_the_latest_when_the_stream_goes) {
  Pair pair;
  pair.connect();
  pair.client.close();
  pair.listen();
  pair.client.read();
  EXPECT_NE(pair.client.status(), SSL_ERROR_ZERO_RETURN);
  pair.server.reset();
  pair.client.read();
  EXPECT_EQ(pair.client.status(), SSL_ERROR_ZERO_RETURN);
}

TEST(Tls, stream_that_goes_by_itself_says_nothing) {
  Pair pair;
  pair.connect();
  pair.wire.to_client.clear();
  pair.server.reset();
  EXPECT_EQ(pair.wire.to_client, "");
}

TEST(Tls, close_notify_waits_for_room) {
  Pair pair;
  pair.connect();
  pair.wire.room = 0;
  pair.server->shutdown_write();
  EXPECT_FALSE(pair.wire.server_ended);
  EXPECT_TRUE(pair.server->interest(true, false).readable);
  EXPECT_TRUE(pair.server->interest(true, false).writable);
  pair.wire.room = SIZE_MAX;
  pair.listen();
  EXPECT_TRUE(pair.wire.server_ended);
  EXPECT_FALSE(pair.server->interest(true, false).writable);
  EXPECT_EQ(pair.client.read(), "");
  EXPECT_EQ(pair.client.status(), SSL_ERROR_ZERO_RETURN);
}

TEST(Tls, what_is_not_tls_is_named_and_the_rest_of_it_dropped) {
  const std::pair<const char*, const char*> cases[] = {
      {"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "plain HTTP on a TLS port"},
      {"OPTIONS * HTTP/1.1\r\n\r\n", "plain HTTP on a TLS port"},
      {"CONNECT a:1 HTTP/1.1\r\n\r\n", "plain HTTP on a TLS port"},
      {"SSH-2.0-OpenSSH_9.2\r\n", "no TLS on a TLS port"},
  };
  for (const auto& [bytes, sentence] : cases) {
    SCOPED_TRACE(bytes);
    Pair pair;
    pair.wire.to_server = bytes;
    pair.listen();
    EXPECT_EQ(pair.last.io, Io::failed);
    EXPECT_EQ(test::error_of(pair.last), sentence);
    pair.wire.to_server = "more";
    pair.listen();
    EXPECT_EQ(pair.last.io, Io::again);
    EXPECT_EQ(pair.wire.to_server, "");
    EXPECT_EQ(test::error_of(pair.say("x")), sentence);
    pair.wire.client_ended = true;
    pair.listen();
    EXPECT_EQ(test::error_of(pair.last), sentence);
    EXPECT_EQ(pair.heard, "");
  }
}

TEST(Tls, http_1_1_is_agreed_if_it_is_among_the_offers_and_refused_if_not) {
  const unsigned char both[] = "\x02h2\x08http/1.1";
  Pair pair;
  SSL_set_alpn_protos(pair.client.ssl(), both, sizeof both - 1);
  pair.connect();
  const unsigned char* chosen = nullptr;
  unsigned int size = 0;
  SSL_get0_alpn_selected(pair.client.ssl(), &chosen, &size);
  EXPECT_EQ(std::string(chosen, chosen + size), "http/1.1");

  Pair other;
  SSL_set_alpn_protos(other.client.ssl(), both, 3);
  other.connect();
  EXPECT_EQ(test::error_of(other.last), "the client does not speak HTTP/1.1 (ALPN)");
}

TEST(Tls, versions_before_1_2_are_refused) {
  Pair pair;
  SSL_set_security_level(pair.client.ssl(), 0);
  SSL_set_min_proto_version(pair.client.ssl(), TLS1_VERSION);
  SSL_set_max_proto_version(pair.client.ssl(), TLS1_1_VERSION);
  pair.connect();
  EXPECT_EQ(test::error_of(pair.last), "the client speaks only versions before TLS 1.2");
}

TEST(Tls, renegotiation_is_refused_and_the_connection_goes_on) {
  Pair pair;
  SSL_set_max_proto_version(pair.client.ssl(), TLS1_2_VERSION);
  pair.connect();
  ASSERT_EQ(SSL_renegotiate(pair.client.ssl()), 1);
  EXPECT_FALSE(pair.client.handshake());
  pair.listen();
  EXPECT_EQ(pair.last.io, Io::again) << test::error_of(pair.last);
  EXPECT_FALSE(pair.client.handshake());
  EXPECT_EQ(pair.say("still here").size, 10U);
}

TEST(Tls, what_lies_behind_a_key_update_is_read_without_waiting_for_more) {
  for (const int kind : {SSL_KEY_UPDATE_NOT_REQUESTED, SSL_KEY_UPDATE_REQUESTED}) {
    Pair pair;
    pair.connect();
    for (const char* word : {"one ", "two ", "three"}) {
      ASSERT_EQ(SSL_key_update(pair.client.ssl(), kind), 1);
      pair.client.write(word);
    }
    pair.listen();
    EXPECT_EQ(pair.heard, "one two three");
    EXPECT_EQ(pair.last.io, Io::again) << test::error_of(pair.last);
  }
}

/// A peer that never stops.
class EndlessStream final : public Stream {
 public:
  explicit EndlessStream(int& reads) : reads_(reads) {}

  IoResult read(Bytes into) override {
    std::fill(into.begin(), into.end(), std::uint8_t{'?'});
    return ++reads_ < 10'000 ? IoResult{.size = into.size()} : IoResult{.io = Io::end};
  }
  IoResult write(ConstBytes from) override { return {.size = from.size()}; }
  void shutdown_write() override {}
  void reset_on_close() override {}
  int fd() const override { return -1; }
  bool reads_ahead() const override { return false; }

 private:
  int& reads_;
};

TEST(Tls, peer_that_talks_on_after_a_failure_does_not_hold_up_the_others) {
  int reads = 0;
  const auto server = context().accept(std::make_unique<EndlessStream>(reads));
  std::vector<std::uint8_t> into(4000);
  EXPECT_EQ(server->read(into).io, Io::failed);
  reads = 0;
  EXPECT_EQ(server->read(into).io, Io::again);
  EXPECT_LT(reads, 100);
}

TEST(Tls, certificate_made_on_the_spot_verifies_for_its_hosts_alone) {
  const auto verifies = [](const char* name, bool is_address) {
    Pair pair;
    BIO* const pem = BIO_new_mem_buf(context().ca_pem().data(), -1);
    const std::unique_ptr<X509, Free> ca(PEM_read_bio_X509(pem, nullptr, nullptr, nullptr));
    BIO_free(pem);
    SSL_CTX* const clients = SSL_get_SSL_CTX(pair.client.ssl());
    X509_STORE_add_cert(SSL_CTX_get_cert_store(clients), ca.get());
    X509_VERIFY_PARAM* const wanted = SSL_get0_param(pair.client.ssl());
    EXPECT_EQ(is_address ? X509_VERIFY_PARAM_set1_ip_asc(wanted, name)
                         : X509_VERIFY_PARAM_set1_host(wanted, name, 0),
              1);
    pair.connect();
    return SSL_get_verify_result(pair.client.ssl()) == X509_V_OK;
  };
  EXPECT_TRUE(verifies("localhost", false));
  EXPECT_TRUE(verifies("teapot.example", false));
  EXPECT_TRUE(verifies("127.0.0.1", true));
  EXPECT_TRUE(verifies("::1", true));
  EXPECT_FALSE(verifies("kettle.example", false));
  EXPECT_FALSE(verifies("127.0.0.2", true));
}

// --- Through the pump and sockets

/// A socket on which little goes at a time, and every other try nothing.
class SlowStream final : public Stream {
 public:
  SlowStream(std::unique_ptr<Stream> below, std::size_t piece)
      : below_(std::move(below)), piece_(piece) {}

  IoResult read(Bytes into) override {
    read_refused_ = !read_refused_;
    if (read_refused_) return {.io = Io::again};
    return below_->read(into.first(std::min(into.size(), piece_)));
  }
  IoResult write(ConstBytes from) override {
    write_refused_ = !write_refused_;
    if (write_refused_) return {.io = Io::again};
    return below_->write(from.first(std::min(from.size(), piece_)));
  }
  void shutdown_write() override { below_->shutdown_write(); }
  void reset_on_close() override { below_->reset_on_close(); }
  int fd() const override { return below_->fd(); }
  bool reads_ahead() const override { return false; }

 private:
  std::unique_ptr<Stream> below_;
  std::size_t piece_;
  bool read_refused_ = false;
  bool write_refused_ = false;
};

/// An echo server behind TLS and a client that libcurl dials, in one loop.
class Echo {
 public:
  explicit Echo(std::size_t piece) : piece_(piece) {
    ignore_sigpipe();
    auto made = Listener::tcp(loop, "127.0.0.1", 0, [this](std::unique_ptr<Stream> stream, auto) {
      server.emplace(loop,
                     context().accept(std::make_unique<SlowStream>(std::move(stream), piece_)),
                     limits_, server_side_);
      server->open(ws::Connection(ws::Role::server, ws::Settings{}, {}, loop.now()));
    });
    EXPECT_TRUE(made);
    listener_ = std::move(*made);
    dialer_.dial({.host = "127.0.0.1",
                  .port = listener_->port(),
                  .tls = true,
                  .connection = {.security = {.insecure = true}}},
                 [this](auto result) { on_dialled(std::move(result)); });
  }

  void run() {
    Timer watchdog(loop, [this] {
      ADD_FAILURE() << "nothing happens any more";
      loop.stop();
    });
    watchdog.start(loop.refresh() + std::chrono::seconds(40));
    loop.run();
  }

  Loop loop;
  std::optional<Pump> server;
  std::optional<Pump> client;
  std::string echoed;  // of the message that the client has sent
  std::string sent = std::string(20'000, 't');
  std::vector<TransportEnd> ends;

 private:
  /// Both sides speak WebSocket from the first byte on. The server echoes; the client closes when
  /// all of its message has come back.
  struct Side final : PumpOwner {
    Side(Echo& its_echo, ws::Role its_role) : echo(its_echo), role(its_role) {}
    void on_bytes(Bytes&) override {}
    void on_event(const ws::Event& event) override {
      echo.on_event(role == ws::Role::server ? *echo.server : *echo.client, role, event);
    }
    void on_ended(const TransportEnd& end) override {
      echo.ends.push_back(end);
      if (echo.ends.size() == 2) echo.loop.stop();
    }
    Echo& echo;
    ws::Role role;
  };

  void on_event(Pump& pump, ws::Role role, const ws::Event& event) {
    if (event.type != ws::EventType::message) return;
    if (role == ws::Role::server) {
      EXPECT_TRUE(pump.connection()->send(event.kind, event.last, event.payload));
      return;
    }
    echoed += as_text(event.payload);
    if (!event.last) return;
    EXPECT_TRUE(pump.connection()->close(1000, "enough"));
  }
  void on_dialled(std::variant<std::unique_ptr<Stream>, DialError> result) {
    if (const auto* error = std::get_if<DialError>(&result)) {
      ADD_FAILURE() << error->message;
      return loop.stop();
    }
    client.emplace(loop, std::get<0>(std::move(result)), limits_, client_side_);
    client->open(ws::Connection(ws::Role::client, ws::Settings{}, test::fixed_mask, loop.now()));
    EXPECT_TRUE(client->connection()->send(ws::MessageKind::text, true, as_bytes(sent)));
    client->update();
  }

  Side server_side_{*this, ws::Role::server};
  Side client_side_{*this, ws::Role::client};
  const Pump::Limits limits_;
  std::size_t piece_;
  Dialer dialer_{loop};
  std::unique_ptr<Listener> listener_;
};

TEST(TlsPump, handshake_echo_and_close_in_pieces_of_any_size) {
  for (const std::size_t piece : {1U, 2U, 3U, 7U, 100U, 5000U, 100'000U}) {
    SCOPED_TRACE(piece);
    Echo echo(piece);
    echo.run();
    EXPECT_EQ(echo.echoed, echo.sent);
    ASSERT_EQ(echo.ends.size(), 2U);
    for (const TransportEnd& end : echo.ends)
      EXPECT_EQ(end.how, TransportEnd::How::fin) << end.error;
  }
}

}  // namespace
}  // namespace net
