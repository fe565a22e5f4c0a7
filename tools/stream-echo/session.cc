#include "session.h"

#include <algorithm>
#include <array>
#include <ctime>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"

namespace stream_echo {
namespace {

// Time for a whole request head, however slowly its bytes drip in.
constexpr Duration kHeadTimeout = std::chrono::seconds(10);

// For what follows the head, at most kMaxBody: more than a slow line takes.
constexpr Duration kBodyTimeout = std::chrono::seconds(30);

// RFC 9110 10.1.1: what a client waits for that has said so.
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

constexpr net::Pump::Limits kLimits = {
    // For a peer that does not read, beside what the system holds for it: little, since thousands
    // may do so together. One block of an answer may come on top. It is large where an interface
    // has all of a text once more, or the arguments of a tool in one piece: up to about seven times
    // kMaxBody, when JSON has six bytes for each of the request. The text itself is kept once.
    .output = std::size_t{16} << 10,
    // A peer that takes nothing for so long holds memory for nothing.
    .write_timeout = std::chrono::seconds(30)};

// The first bytes of every protocol that http::other_protocol() knows.
constexpr std::size_t kSignatureSize = 16;

}  // namespace

Session::Session(Shared& shared, std::unique_ptr<net::Stream> stream, std::uint64_t conn,
                 std::string peer)
    : shared_(shared),
      log_(shared.log, conn, std::move(peer)),
      start_(std::make_unique<Start>()),
      pump_(shared.loop, std::move(stream), kLimits, *this) {
  pump_.set_deadline(shared.loop.now() + kHeadTimeout);
}

void Session::on_drained() {
  if (saboteur_) saboteur_->drained();
  if (stream_) stream_->run();
}

void Session::on_ended(const net::TransportEnd& end) {
  if (stream_) {
    stream_->ended(end);
  } else {
    log_.ended(end);
  }
  shared_.ended(log_.conn());
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
  } else if (stream_) {
    stream_->shut_down();
    pump_.update();
  } else if (start_ && start_->late) {
    answer_late();
    pump_.update();
  } else if (start_ || swallows_) {  // nor is there one for whom a fault ignores
    pump_.drop();
  }
}

void Session::set_paused(bool paused) {
  log_is_full_ = paused;
  pump_.set_paused(log_is_full_ || (start_ && start_->delayed));
  if (!stream_) return;
  stream_->set_paused(log_is_full_);
  if (!paused) pump_.update();
}

void Session::on_bytes(Bytes& in) {
  if (swallows_ || stream_) {
    in = {};
    return;
  }
  if (!start_->head) {
    const auto read = start_->reader.next(in);
    if (!read) return;
    if (const auto* head = std::get_if<http::Head>(&*read)) {
      on_head(*head);
    } else {
      on_violation(std::get<diag::Violation>(*read), in);
    }
  }
  if (start_ && start_->body) on_content(in);
  if (swallows_) in = {};
}

void Session::on_head(const http::Head& head) {
  start_->head = head;
  auto response = respond(head, shared_.policy);
  if (const auto* refusal = std::get_if<Refusal>(&response)) return answer(*refusal);
  if (auto* agreement = std::get_if<Agreement>(&response)) {
    start_->agreement = std::move(*agreement);
    return on_request();
  }
  const Endpoint& endpoint = start_->endpoint.emplace(std::get<Endpoint>(std::move(response)));
  start_->body.emplace(endpoint.body);
  if (endpoint.awaits_continue) pump_.write(as_bytes(kContinue));
  pump_.set_deadline(shared_.loop.now() + kBodyTimeout);
}

/// Collects what the request carries; when that is all, its answer begins.
void Session::on_content(Bytes& in) {
  http::BodyReader& body = *start_->body;
  while (const auto piece = body.next(in)) {
    if (start_->content.size() + piece->size() > kMaxBody) return answer(refuse_body());
    start_->content += as_text(*piece);
  }
  if (!body.done()) return;
  in = {};  // one request is all
  if (body.broken()) {
    return answer(refuse_with(400, "RFC 9112 7.1: the chunks of the request are malformed"));
  }
  on_request();
}

/// All of the request is there, and nothing speaks against it.
void Session::on_request() {
  const Speaks speaks = start_->endpoint ? Speaks::events : Speaks::websocket;
  auto asked = asked_faults(*start_->head, speaks, shared_.faults);
  if (const auto* refusal = std::get_if<Refusal>(&asked)) return answer(*refusal);
  auto& plan = std::get<FaultPlan>(asked);
  for (const std::string& doubt : plan.doubts) log_.remark(doubt);
  const FaultScript& script = shared_.faults.script;
  const bool scripted = start_->agreement && !(script.steps.empty() && script.echo);
  if (plan.faults.empty() && !scripted) return proceed();
  sabotage(std::move(plan));
}

/// Faults, or a script, stand between this connection and an honest answer.
void Session::sabotage(FaultPlan plan) {
  const std::uint64_t seed = plan.seed.value_or(shared_.faults.seed + log_.conn());
  if (!plan.seed && std::ranges::any_of(plan.faults, left_to_chance)) {
    log_.fault(fmt::format("dice thrown with --seed {}", shared_.faults.seed));
  }
  saboteur_ = std::make_unique<Saboteur>(shared_.loop, pump_, log_, shared_.faults.script,
                                         std::move(plan.faults), seed);
  OpeningPlan opening =
      plan_opening(saboteur_->faults(), *start_->head,
                   [this](double probability) { return saboteur_->happens(probability); });
  if (opening.delay == Duration(0)) return carry_out(opening);
  pump_.set_paused(true);
  pump_.set_deadline(shared_.loop.now() + opening.delay);
  start_->delayed = std::move(opening);
}

void Session::carry_out(const OpeningPlan& plan) {
  if (const auto* refusal = std::get_if<Refusal>(&plan.outcome)) return answer(*refusal);
  if (std::holds_alternative<Proceed>(plan.outcome)) return proceed();
  start_.reset();
  if (std::holds_alternative<Hang>(plan.outcome)) {
    log_.note("fault hang: no answer");
    swallows_ = true;
    return pump_.set_deadline(std::nullopt);
  }
  if (std::holds_alternative<Reset>(plan.outcome)) {
    log_.note("fault rst: reset instead of an answer");
    return pump_.finish_with_reset();
  }
  if (const auto* junk = std::get_if<Junk>(&plan.outcome)) {
    log_.note("fault junk-head: answered with no HTTP");
    pump_.write(as_bytes(junk->bytes));
  } else {
    log_.note("fault drop: no answer");
  }
  pump_.finish();
}

void Session::proceed() {
  if (start_->endpoint) return serve(*start_->endpoint);
  if (!saboteur_) return open({.response = std::move(start_->agreement->response)});
  open(distort_handshake(saboteur_->faults(), *start_->agreement,
                         [this](double probability) { return saboteur_->happens(probability); }));
}

/// From here on it is a WebSocket.
void Session::open(const Handshake& handshake) {
  log_.opened(start_->agreement->url, start_->agreement->protocol, start_->agreement->extensions);
  pump_.write(as_bytes(handshake.response));
  std::shared_ptr<const ws::Settings> settings = shared_.websocket;
  if (auto deflate = start_->agreement->deflate) {
    // Faults drop, repeat and reorder what is compressed, and send more between it: no message may
    // refer to an earlier one then. A sender is free to do without.
    if (saboteur_) deflate->server_no_context_takeover = !handshake.keeps_window;
    auto own = std::make_shared<ws::Settings>(*settings);
    own->deflate = deflate;
    settings = std::move(own);
  }
  pump_.open(ws::Connection(ws::Role::server, settings, {}, shared_.loop.now()));
  pump_.set_echoing(!saboteur_ && !shared_.log.wants_messages());
  start_.reset();
  if (saboteur_) saboteur_->opened(handshake.response.size());
}

void Session::on_violation(const diag::Violation& violation, ConstBytes rest) {
  std::string first(start_->reader.partial().substr(0, kSignatureSize));
  first += as_text(rest.first(std::min(rest.size(), kSignatureSize)));
  const std::string_view protocol = http::other_protocol(as_bytes(first));
  if (protocol.empty()) return answer(refuse(violation));
  // Whoever speaks that would not understand an answer.
  log_.note(
      fmt::format("{} {}", protocol, shared_.policy.secure ? "inside TLS" : "on a plain port"));
  start_.reset();
  pump_.finish();
}

void Session::on_event(const ws::Event& event) {
  log_.event(event);
  if (saboteur_ && event.type == ws::EventType::close && !saboteur_->takes_close()) {
    swallows_ = true;
    return pump_.leave_protocol();
  }
  if (saboteur_ && event.type == ws::EventType::ping) saboteur_->pinged();
  if (event.type != ws::EventType::message) return;
  if (!saboteur_) return pump_.send_in_place(event);
  if (!pump_.connection()->can_send()) return;
  if (saboteur_->echoes()) pump_.send_in_place(event);
  saboteur_->echoed(event.payload.size(), event.last);
}

void Session::on_deadline() {
  if (start_ && start_->delayed) {
    const OpeningPlan plan = *std::exchange(start_->delayed, std::nullopt);
    set_paused(log_is_full_);
    return carry_out(plan);
  }
  if (stream_) return stream_->run();
  if (start_ && start_->late) return answer_late();
  const auto [part, limit] =
      start_->head ? std::pair("body", kBodyTimeout) : std::pair("head", kHeadTimeout);
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(limit).count();
  const std::string why =
      fmt::format("the request {} did not arrive within {} seconds", part, seconds);
  answer({.answer = {.status = 408, .text = fmt::format("RFC 9110 15.5.9: {}", why)}, .why = why});
}

/// To a request that had nothing wrong in itself.
void Session::answer(const Endpoint& endpoint, Refusal refusal) {
  refusal.answer.allow_origin = endpoint.allow_origin;
  refusal.answer.with_body = !endpoint.head_only;
  answer(refusal);
}

void Session::answer(const Refusal& refusal) {
  log_.answered(refusal.answer.status, refusal.why,
                refusal.violation ? &*refusal.violation : nullptr);
  const bool by_mcp = start_ && start_->head && is_mcp_request(*start_->head);
  const std::string response =
      to_http(by_mcp ? in_mcp_form(refusal) : in_its_form(refusal), std::time(nullptr));
  pump_.write(as_bytes(response));
  if (saboteur_) saboteur_->answered(response.size());
  pump_.finish();
  start_.reset();
}

}  // namespace stream_echo
