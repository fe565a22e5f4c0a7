#include "session.h"

#include <algorithm>
#include <ctime>
#include <utility>

#include <fmt/format.h>

namespace stream_echo {
namespace {

// Time for a whole request head, however slowly its bytes drip in.
constexpr Duration kHeadTimeout = std::chrono::seconds(10);

// A peer that takes nothing for so long holds memory for nothing.
constexpr Duration kWriteTimeout = std::chrono::seconds(30);

// The first bytes of every protocol that http::other_protocol() knows.
constexpr std::size_t kSignatureSize = 16;

}  // namespace

Session::Session(const Shared& shared, std::unique_ptr<net::Stream> stream, std::uint64_t conn,
                 std::string peer, std::function<void()> ended)
    : shared_(shared),
      log_(shared.log, conn, std::move(peer)),
      ended_(std::move(ended)),
      head_(std::make_unique<http::HeadReader>(http::HeadKind::request)),
      pump_(shared.loop, std::move(stream), {.write_timeout = kWriteTimeout}, handlers()) {
  pump_.set_deadline(shared.loop.now() + kHeadTimeout);
}

net::Pump::Handlers Session::handlers() {
  return {.bytes = [this](Bytes& in) { on_bytes(in); },
          .wire = {},
          .event = [this](const ws::Event& event) { on_event(event); },
          .deadline = [this] { on_late(); },
          .drained = {},
          .ended =
              [this](const net::TransportEnd& end) {
                log_.ended(end);
                ended_();
              }};
}

void Session::turn_away() {
  turned_away_ = true;
  Refusal refusal{.answer = {.status = 503, .text = "RFC 9110 15.6.4: too many connections"},
                  .why = "too many connections"};
  refusal.answer.fields.push_back({"Retry-After", "1"});
  answer(refusal);
  pump_.update();
}

void Session::shut_down() {
  ws::Connection* const connection = pump_.connection();
  if (connection != nullptr) {
    // Too late is fine: it is closing already.
    if (connection->close(ws::code::kGoingAway, "the server is stopping")) pump_.update();
  } else if (head_) {
    pump_.drop();
  }
}

void Session::on_bytes(Bytes& in) {
  const auto read = head_->next(in);
  if (!read) return;
  if (const auto* head = std::get_if<http::Head>(&*read)) {
    on_head(*head);
  } else {
    on_violation(std::get<diag::Violation>(*read), in);
  }
}

void Session::on_head(const http::Head& head) {
  const auto response = respond(head, shared_.policy);
  if (const auto* refusal = std::get_if<Refusal>(&response)) return answer(*refusal);
  const auto& agreement = std::get<Agreement>(response);
  log_.opened(agreement.url, agreement.protocol);
  pump_.write(as_bytes(agreement.response));
  pump_.open(ws::Connection(ws::Role::server, shared_.websocket, {}, shared_.loop.now()));
  head_.reset();
}

void Session::on_violation(const diag::Violation& violation, ConstBytes rest) {
  std::string first(head_->partial().substr(0, kSignatureSize));
  first += as_text(rest.first(std::min(rest.size(), kSignatureSize)));
  const std::string_view protocol = http::other_protocol(as_bytes(first));
  if (protocol.empty()) return answer(refuse(violation));
  // Whoever speaks that would not understand an answer.
  log_.note(fmt::format("{} on a plain port", protocol));
  head_.reset();
  pump_.finish();
}

void Session::on_event(const ws::Event& event) {
  log_.event(event);
  if (event.type != ws::EventType::message) return;
  // RFC 6455 5.5.1: no data after a Close of ours, though the peer may still be sending.
  if (!pump_.connection()->can_send()) return;
  const bool sent = bool(pump_.connection()->send(event.kind, event.last, event.payload));
  CHECK(sent);
}

void Session::on_late() {
  answer({.answer = {.status = 408,
                     .text = "RFC 9110 15.5.9: the request head did not arrive within 10 seconds"},
          .why = "the request head did not arrive within 10 seconds"});
}

void Session::answer(const Refusal& refusal) {
  log_.answered(refusal.answer.status, refusal.why,
                refusal.violation ? &*refusal.violation : nullptr);
  pump_.write(as_bytes(to_http(refusal.answer, std::time(nullptr))));
  pump_.finish();
  head_.reset();
}

}  // namespace stream_echo
