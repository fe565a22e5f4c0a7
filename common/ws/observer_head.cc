#include "ws/observer_head.h"

#include <algorithm>

#include "base/text.h"

namespace ws {

using diag::Rule;
using diag::Violation;

namespace {

constexpr std::string_view kExtensions = "Sec-WebSocket-Extensions";
constexpr std::string_view kProtocol = "Sec-WebSocket-Protocol";

/// It may have forgotten half of it, and is to be judged for that.
bool asks_for_websocket(const http::Head& head) {
  return http::list_has_token(head.fields, "Upgrade", "websocket") ||
         http::find_field(head.fields, "Sec-WebSocket-Key") != nullptr ||
         http::find_field(head.fields, "Sec-WebSocket-Version") != nullptr;
}

std::vector<std::string> elements(const http::Head& head, std::string_view name) {
  const auto list = http::list_elements(head.fields, name);
  return {list.begin(), list.end()};
}

std::string joined(const std::vector<std::string>& list) {
  std::string text;
  for (const std::string& element : list) {
    if (element.empty()) continue;
    if (!text.empty()) text += ", ";
    text += element;
  }
  return text;
}

/// What the frames behind an answer are read by, although it breaks a rule.
Accepted agreed_anyhow(const http::Head& head) {
  Accepted accepted;
  for (const http::Extension& extension :
       extensions_of(head).value_or(std::vector<http::Extension>{})) {
    if (extension.name != kDeflateName) {
      accepted.others = true;
    } else {
      accepted.deflate = accept_deflate(kUsualOffer, extension).value_or(DeflateParameters{});
    }
  }
  return accepted;
}

/// Of `HTTP/1.1 404 Not Found`, with or without the rest of it; 0: it is not there.
unsigned status_in(std::string_view text) {
  if (text.size() < 12 || text[8] != ' ') return 0;
  return static_cast<unsigned>(parse_integer(text.substr(9, 3)).value_or(0));
}

}  // namespace

// ---- The other direction

void Exchange::add(const Request& request) {
  if (requests_.size() == kMaxRequests) requests_.pop_front();
  requests_.push_back(request);
}

std::optional<Exchange::Request> Exchange::next() const {
  return requests_.empty() ? std::nullopt : std::optional(requests_.front());
}

void Exchange::answered() {
  if (requests_.empty()) return;
  if (requests_.front().upgrade && !upgraded) asked.reset();
  requests_.pop_front();
}

// ---- Bytes

bool HeadObserver::take(Bytes& in, std::uint64_t offset, Exchange& exchange,
                        ObservationQueue& out) {
  switch (awaits_) {
    case Awaits::head:
      if (!interim_) {
        reader_ = http::HeadReader(kind());
        base_ = offset;
      }
      begin_ = offset;
      awaits_ = Awaits::head_rest;
      return take_head(in, exchange, out);
    case Awaits::head_rest: return take_head(in, exchange, out);
    case Awaits::broken_head_end: return take_broken_rest(in, offset, exchange, out);
    case Awaits::body: return take_body(in, offset, out);
  }
  return false;
}

bool HeadObserver::cut(bool ended, ObservationQueue& out) {
  switch (awaits_) {
    case Awaits::head: return false;
    case Awaits::head_rest:
      out.push(ObservationType::raw, direction_, begin_, as_bytes(reader_.partial())).raw =
          RawKind::head;
      return true;
    case Awaits::broken_head_end: return true;
    case Awaits::body: break;
  }
  const bool cut = !ended || body_kind_ != http::BodyKind::until_end;
  end_body(offset_, cut, out);
  return cut;
}

bool HeadObserver::take_head(Bytes& in, Exchange& exchange, ObservationQueue& out) {
  auto read = reader_.next(in);
  if (!read) return true;
  if (auto* violation = std::get_if<Violation>(&*read)) {
    violation->offset += base_;
    return take_broken(*violation, exchange, out);
  }
  head_ = {};
  head_.head = std::get<http::Head>(*read);
  head_.head.offset = begin_;
  awaits_ = Awaits::head;
  Observation& head =
      out.push(ObservationType::head, direction_, begin_, as_bytes(head_.head.text));
  head.head = &head_;
  return direction_ == Direction::to_server ? take_request(exchange, out)
                                            : take_answer(exchange, out);
}

// ---- Broken heads: their bytes are raw, and end with an empty line

bool HeadObserver::take_broken(const Violation& violation, Exchange& exchange,
                               ObservationQueue& out) {
  const std::string_view text = reader_.partial();
  out.push(ObservationType::raw, direction_, begin_, as_bytes(text)).raw = RawKind::head;
  tell(violation, out);
  interim_ = false;
  switch (violation.rule) {
    case Rule::http_request_line:
    case Rule::http_status_line:
    case Rule::http_version: return false;  // what this is cannot be known
    default: break;
  }
  status_ = direction_ == Direction::to_client ? status_in(text) : 0;
  const bool begun =
      direction_ == Direction::to_client ? status_ != 0 : text.find(' ') != text.npos;
  if (!begun) return false;
  awaits_ = Awaits::broken_head_end;
  line_size_ = 1;  // so that an empty line in front of a request is no end
  bool ended = false;
  for (const std::uint8_t byte : as_bytes(text)) ended = ends_head(byte);
  return ended ? end_broken(exchange) : true;
}

bool HeadObserver::take_broken_rest(Bytes& in, std::uint64_t offset, Exchange& exchange,
                                    ObservationQueue& out) {
  const Bytes before = in;
  bool ended = false;
  while (!ended && !in.empty()) ended = ends_head(take_front(in, 1).front());
  out.push(ObservationType::raw, direction_, offset, before.first(before.size() - in.size())).raw =
      RawKind::head;
  return ended ? end_broken(exchange) : true;
}

/// `byte` ends an empty line, written in whatever way.
bool HeadObserver::ends_head(std::uint8_t byte) {
  if (byte != '\n') {
    if (byte != '\r') ++line_size_;
    return false;
  }
  const bool empty = line_size_ == 0;
  line_size_ = 0;
  return empty;
}

/// What it said is not known but for the status. A request may have been the one for a WebSocket,
/// and the first byte behind it tells.
bool HeadObserver::end_broken(Exchange& exchange) {
  awaits_ = Awaits::head;
  if (direction_ == Direction::to_server) {
    exchange.add({.upgrade = true});
    exchange.asked.emplace();
    return true;
  }
  if (status_ == 101) exchange.upgraded = true;
  if (status_ / 100 != 1 || status_ == 101) exchange.answered();
  return status_ / 100 == 1 || status_ == 204 || status_ == 304;  // a body's length is not known
}

// ---- What a head says

bool HeadObserver::take_request(Exchange& exchange, ObservationQueue& out) {
  const http::Head& head = head_.head;
  const auto host = request_host(head);
  if (const auto* violation = std::get_if<Violation>(&host)) tell(*violation, out);
  head_.upgrade = asks_for_websocket(head);
  exchange.add({.head = head.method == "HEAD",
                .connect = head.method == "CONNECT",
                .upgrade = head_.upgrade});
  if (!head_.upgrade) return begin_body(false, out);

  bool body_judged = false;
  const auto checked = check_request(head);
  if (const auto* violation = std::get_if<Violation>(&checked)) {
    tell(*violation, out);
    body_judged = violation->rule == Rule::http_body_length;
  }
  const auto* const field = http::find_field(head.fields, kExtensions);
  for (const http::Extension& offer :
       extensions_of(head).value_or(std::vector<http::Extension>{})) {
    if (offer.name != kDeflateName || read_deflate_offer(offer)) continue;
    const auto at = static_cast<std::uint64_t>(field->value.data() - head.text.data());
    tell({Rule::ws_deflate_offer, head.offset + at, 0}, out);
    break;
  }
  head_.protocols = elements(head, kProtocol);
  head_.extensions = joined(elements(head, kExtensions));
  exchange.asked = asked_by(head);
  return begin_body(body_judged, out);
}

bool HeadObserver::take_answer(Exchange& exchange, ObservationQueue& out) {
  const http::Head& head = head_.head;
  const auto request = exchange.next();
  interim_ = head.status / 100 == 1 && head.status != 101;
  if (interim_) return true;
  if (head.status == 101) {
    const bool asked = request && request->upgrade;
    const bool other = http::find_field(head.fields, "Upgrade") != nullptr &&
                       !http::list_has_token(head.fields, "Upgrade", "websocket");
    if (other && !asked) {
      exchange.tunnel = true;
      return false;
    }
    judge_upgrade(exchange, out);
    exchange.answered();
    return true;
  }
  exchange.answered();
  if (request && request->connect && head.status / 100 == 2) {
    exchange.tunnel = true;
    return false;
  }
  return request && request->head ? true : begin_body(false, out);
}

void HeadObserver::judge_upgrade(Exchange& exchange, ObservationQueue& out) {
  const auto request = exchange.next();
  const bool known = request && request->upgrade && exchange.asked;
  const auto checked = check_response(head_.head, known ? *exchange.asked : Asked{});
  const auto* violation = std::get_if<Violation>(&checked);
  if (violation != nullptr) tell(*violation, out);
  const auto* accepted = std::get_if<Accepted>(&checked);
  const Accepted agreed = accepted != nullptr ? *accepted : agreed_anyhow(head_.head);
  head_.upgrade = true;
  head_.accepted = accepted != nullptr;
  head_.matched = known && exchange.asked->key.has_value();
  head_.protocols = elements(head_.head, kProtocol);
  head_.extensions = joined(elements(head_.head, kExtensions));
  head_.deflate = agreed.deflate;
  exchange.upgraded = true;
  exchange.deflate = agreed.deflate;
  exchange.others = agreed.others;
}

// ---- Bodies

/// `judged`: what is wrong with its length has been told.
bool HeadObserver::begin_body(bool judged, ObservationQueue& out) {
  const auto length = http::body_length(head_.head, kind());
  if (const auto* violation = std::get_if<Violation>(&length)) {
    if (!judged) tell(*violation, out);
    return false;
  }
  const auto& body = std::get<http::BodyLength>(length);
  body_kind_ = body.kind;
  if (body.kind == http::BodyKind::none) return true;
  body_.emplace(body);
  offset_ = begin_ + head_.head.text.size();
  awaits_ = Awaits::body;
  return true;
}

bool HeadObserver::take_body(Bytes& in, std::uint64_t offset, ObservationQueue& out) {
  const Bytes before = in;
  const auto content = body_->next(in);
  const std::size_t size = before.size() - in.size();
  const std::size_t framing = size - (content ? content->size() : 0);
  offset_ = offset + size;
  if (framing > 0) {
    out.push(ObservationType::raw, direction_, offset, before.first(framing)).raw =
        RawKind::framing;
  }
  if (content) {
    out.push(ObservationType::body, direction_, offset + framing, *content).last = false;
  }
  if (body_->broken()) {
    tell({Rule::http_chunk, offset_ - 1, before[size - 1]}, out);
    end_body(offset_, true, out);
    return false;
  }
  if (body_->done()) {
    end_body(offset_, false, out);
    awaits_ = Awaits::head;
  }
  return true;
}

void HeadObserver::end_body(std::uint64_t offset, bool cut, ObservationQueue& out) {
  out.push(ObservationType::body, direction_, offset).cut = cut;
}

void HeadObserver::tell(const Violation& violation, ObservationQueue& out) const {
  out.push_violation(direction_, violation);
}

}  // namespace ws
