#include "opening_fault.h"

#include <algorithm>
#include <array>
#include <optional>

#include <fmt/format.h>

#include "base/base64.h"
#include "inspect.h"
#include "ws/frame.h"

namespace stream_echo {
namespace {

constexpr std::string_view kAcceptField = "Sec-WebSocket-Accept: ";
constexpr std::string_view kProtocolField = "Sec-WebSocket-Protocol: ";
constexpr std::string_view kExtensionsField = "Sec-WebSocket-Extensions: ";
constexpr std::string_view kJunk = "220 stream-echo ESMTP ready\r\n";
constexpr std::string_view kCoalesced = "in the same write";

Refusal status_answer(const Fault& fault) {
  Refusal answer = refuse_with(static_cast<unsigned>(fault.number), "as the fault status asks");
  if (!fault.text.empty()) answer.answer.fields.push_back({"Retry-After", fault.text});
  return answer;
}

std::optional<Refusal> auth_answer(const Fault& fault, const http::Head& head) {
  const http::Field* const sent = http::find_field(head.fields, "Authorization");
  const std::string wanted = "Basic " + to_base64(as_bytes(fault.text));
  if (sent != nullptr && sent->value == wanted) return std::nullopt;
  Refusal answer = refuse_with(401, "as the fault auth asks");
  answer.answer.fields.push_back({"WWW-Authenticate", "Basic realm=\"stream-echo\""});
  return answer;
}

/// The same target, asking for one redirect less.
std::string next_target(std::string_view target, std::uint64_t left) {
  const std::string_view path = path_of(target);
  // RFC 3986 4.2: what begins with // names a host; browsers take a backslash for a slash.
  const bool names_host = path.size() > 1 && (path[1] == '/' || path[1] == '\\');
  std::string next = fmt::format("{}{}?redirect={}", names_host ? "/." : "", path, left);
  std::string_view query = query_of(target);
  while (!query.empty()) {
    const std::size_t size = std::min(query.find('&'), query.size());
    const std::string_view item = query.substr(0, size);
    if (!item.starts_with("redirect=")) next += fmt::format("&{}", item);
    query.remove_prefix(std::min(size + 1, query.size()));
  }
  return next;
}

std::optional<Refusal> redirect_answer(const Fault& fault, const http::Head& head) {
  if (fault.text.empty() && fault.number == 0) return std::nullopt;
  Refusal answer = refuse_with(302, "as the fault redirect asks");
  answer.answer.fields.push_back(
      {"Location", fault.text.empty() ? next_target(head.target, fault.number - 1) : fault.text});
  return answer;
}

/// Replaces the line of `response` that begins with `field`, or puts `line` at the end of the head.
void change_line(std::string& response, std::string_view field, std::string_view line) {
  const std::size_t begin = response.find(field);
  if (begin == response.npos) {
    response.insert(response.size() - 2, line);
  } else {
    response.replace(begin, response.find("\r\n", begin) + 2 - begin, line);
  }
}

std::string text_frame(std::string_view text) {
  ws::FrameHeader header;
  header.length = text.size();
  std::array<std::uint8_t, ws::kMaxHeaderSize> bytes;
  const std::size_t size = encode_header(header, bytes);
  return std::string(as_text(ConstBytes(bytes).first(size))) + std::string(text);
}

Refusal bad_request(const Error& error) {
  return refuse_with(400, error.message, error.hint);
}

/// The fault of that word, if there is one and the dice will have it.
const Fault* chosen(const std::vector<Fault>& faults, Word word,
                    const std::function<bool(double)>& happens) {
  const auto found = std::ranges::find(faults, word, &Fault::word);
  return found != faults.end() && happens(found->probability) ? &*found : nullptr;
}

}  // namespace

std::variant<FaultPlan, Refusal> asked_faults(const http::Head& head, Speaks speaks,
                                              const FaultSettings& settings) {
  // What shows a client its own request has no words in its query but the client's.
  const bool is_own = speaks == Speaks::events && is_inspected(path_of(head.target));
  auto asked =
      parse_faults(is_own ? std::string_view{} : query_of(head.target), Unknown::ignored, speaks);
  if (!asked) return bad_request(asked.error());
  FaultPlan plan = std::move(*asked);
  const auto has = [&](Word word) {
    return std::ranges::find(plan.faults, word, &Fault::word) != plan.faults.end();
  };
  if (!plan.faults.empty() && !settings.in_urls) {
    return refuse_with(403, "faults in URLs work on the loopback interface only");
  }
  if (path_of(head.target) == kRawPath && !has(Word::hex)) {
    return bad_request({"/raw needs hex= with the bytes to send", "/raw?hex=81026869"});
  }
  for (const Fault& fault : settings.always) {
    const bool means_something = has_meaning(info(fault.word).part, speaks);
    if (means_something && !has(fault.word)) plan.faults.push_back(fault);
  }
  return plan;
}

OpeningPlan plan_opening(const std::vector<Fault>& faults, const http::Head& head,
                         const std::function<bool(double)>& happens) {
  const auto roll = [&](Word word) { return chosen(faults, word, happens); };
  OpeningPlan plan;
  if (const Fault* delay = roll(Word::delay)) plan.delay = delay->time;
  const auto with = [&](auto outcome) {
    plan.outcome = std::move(outcome);
    return plan;
  };

  if (roll(Word::hang) != nullptr) return with(Hang{});
  if (roll(Word::drop) != nullptr) return with(Drop{});
  const auto rst = std::ranges::find(faults, Word::rst, &Fault::word);
  if (rst != faults.end() && !rst->after && happens(rst->probability)) return with(Reset{});
  if (roll(Word::junk_head) != nullptr) return with(Junk{std::string(kJunk)});
  if (const Fault* auth = roll(Word::auth)) {
    if (auto answer = auth_answer(*auth, head)) return with(std::move(*answer));
  }
  if (const Fault* redirect = roll(Word::redirect)) {
    if (auto answer = redirect_answer(*redirect, head)) return with(std::move(*answer));
  }
  if (const Fault* status = roll(Word::status)) return with(status_answer(*status));
  return plan;
}

Handshake distort_handshake(const std::vector<Fault>& faults, const Agreement& agreement,
                            const std::function<bool(double)>& happens) {
  const auto roll = [&](Word word) { return chosen(faults, word, happens); };
  std::string response = agreement.response;
  if (roll(Word::bad_accept) != nullptr) {
    change_line(response, kAcceptField,
                fmt::format("{}{}\r\n", kAcceptField, ws::accept_for("of another handshake")));
  }
  if (roll(Word::no_accept) != nullptr) change_line(response, kAcceptField, "");
  if (roll(Word::wrong_protocol) != nullptr) {
    change_line(response, kProtocolField, fmt::format("{}not-offered\r\n", kProtocolField));
  }
  if (roll(Word::unasked_extension) != nullptr) {
    response.insert(response.size() - 2, fmt::format("{}x-not-offered\r\n", kExtensionsField));
  }
  const bool cheats = agreement.deflate && roll(Word::takeover_cheat) != nullptr;
  if (cheats && !agreement.deflate->server_no_context_takeover) {
    change_line(response, kExtensionsField,
                fmt::format("{}{}; server_no_context_takeover\r\n", kExtensionsField,
                            agreement.extensions));
  }
  if (roll(Word::coalesce) != nullptr) response += text_frame(kCoalesced);
  return {std::move(response), cheats};
}

}  // namespace stream_echo
