// The half of the session that serves what is beside the WebSocket (endpoint.h): all of the request
// is there, and nothing speaks against it.
#include <array>
#include <ctime>
#include <utility>

#include <fmt/format.h>

#include "base/bytes.h"
#include "base/utf8.h"
#include "inspect.h"
#include "net/entropy.h"
#include "page.h"
#include "session.h"

namespace stream_echo {

void Session::serve(Endpoint& endpoint) {
  switch (endpoint.kind) {
    case Endpoint::Kind::page: return serve_page(endpoint);
    case Endpoint::Kind::messages: return serve_messages(endpoint);
    case Endpoint::Kind::channel: return serve_channel(endpoint);
    case Endpoint::Kind::publish: return publish(endpoint);
    case Endpoint::Kind::model: return serve_model(endpoint);
    case Endpoint::Kind::inspect: return serve_inspection(endpoint);
    case Endpoint::Kind::mcp: return serve_mcp(endpoint);
  }
}

void Session::serve_page(const Endpoint& endpoint) {
  std::array<std::uint8_t, 16> nonce = {};
  net::fill_random(nonce);
  answer(endpoint, {.answer = page_answer(to_hex(nonce)), .why = "the page"});
}

void Session::serve_messages(Endpoint& endpoint) {
  if (endpoint.sse.echoes_body) {
    endpoint.sse.content.emplace();
    append_valid_utf8(*endpoint.sse.content, as_bytes(start_->content));
  }
  if (endpoint.sse.finished()) {
    return answer(endpoint, {.answer = {.status = 204}, .why = "the client has had every message"});
  }
  open_stream(endpoint, {}, DemoStream(endpoint.sse, shared_.loop.now()));
}

void Session::serve_channel(const Endpoint& endpoint) {
  auto subscription = shared_.subscribers.subscribe(endpoint.channel, endpoint.sse.last_event_id);
  if (!subscription) return answer(endpoint, refuse_with(503, subscription.error().message));
  open_stream(endpoint, {}, std::move(*subscription));
}

void Session::publish(const Endpoint& endpoint) {
  std::string data;
  append_valid_utf8(data, as_bytes(start_->content));
  const auto published =
      shared_.subscribers.channels().publish(endpoint.channel, endpoint.sse.type, data);
  if (!published) return answer(endpoint, refuse_with(503, published.error().message));
  Answer answered{.content_type = std::string(kJsonType)};
  answered.text = fmt::format("{{\"id\":\"{}\",\"subscribers\":{}}}", published->id,
                              published->subscriber_count);
  const std::string why = fmt::format("{} is event {} of {}", count_text(data.size(), "byte"),
                                      published->id, endpoint.channel);
  answer(endpoint, {.answer = std::move(answered), .why = why});
}

void Session::serve_inspection(const Endpoint& endpoint) {
  answer_later(endpoint, inspect({.head = *start_->head,
                                  .body = start_->content,
                                  .peer = log_.peer(),
                                  .conn = log_.conn(),
                                  .connection_count = shared_.open_count,
                                  .secure = shared_.policy.secure}));
}

void Session::serve_mcp(const Endpoint& endpoint) {
  auto reply = answer_mcp({.head = *start_->head,
                           .body = start_->content,
                           .sse = endpoint.sse,
                           .now = shared_.loop.now()},
                          shared_.mcp);
  if (auto* const late = std::get_if<LateAnswer>(&reply)) {
    return answer_later(endpoint, std::move(*late));
  }
  auto& reading = std::get<McpReading>(reply);
  if (reading.whole) return wait_for_mcp(endpoint, std::move(reading));
  StreamHead head{.fields = std::move(reading.fields)};
  open_stream(endpoint, std::move(head), read_mcp(std::move(reading), shared_.loop));
}

/// An answer of one go, which comes when the last event of the stream would.
void Session::wait_for_mcp(const Endpoint& endpoint, McpReading reading) {
  const auto cancelled = [this] {
    if (!pump_.takes_output()) return;
    answer(*start_->endpoint, {.answer = {.status = 204}, .why = "cancelled"});
    pump_.update();
  };
  start_->watch = std::make_unique<McpSession::Watch>(std::move(reading.session), reading.stream,
                                                      shared_.loop, cancelled);
  answer_later(endpoint, std::move(*reading.whole));
}

void Session::answer_later(const Endpoint& endpoint, LateAnswer late) {
  if (!late.make) return answer(endpoint, std::move(late.answer));
  start_->late = std::move(late.make);
  if (late.after == Duration(0)) return answer_late();
  swallows_ = true;  // and sees when the client leaves
  log_.waits(late.after);
  pump_.set_deadline(shared_.loop.now() + late.after);
}

void Session::answer_late() {
  const auto make = std::move(start_->late);
  answer(*start_->endpoint, make());
}

void Session::open_stream(const Endpoint& endpoint, StreamHead head, EventSource source) {
  head.chunked = endpoint.knows_chunks;
  head.allow_origin = endpoint.allow_origin;
  if (endpoint.head_only) {
    log_.answered(200, "HEAD", nullptr);
    pump_.write(as_bytes(to_http(head, std::time(nullptr))));
    start_.reset();
    return pump_.finish();
  }
  log_.streaming(endpoint.url);
  stream_ = std::make_unique<EventStream>(shared_.loop, pump_, log_, shared_.streams,
                                          saboteur_.get(), endpoint.sse, std::move(head),
                                          std::move(source), shared_.faults.seed + log_.conn());
  start_.reset();
  stream_->set_paused(log_is_full_);
  stream_->open();
}

}  // namespace stream_echo
