#include "demo_stream.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <utility>

#include "base/json_writer.h"
#include "encode.h"

namespace stream_echo {
namespace {

constexpr std::string_view kContent = "message ";  // and its number
constexpr std::string_view kEnd = "no more messages";

// A message that was not sent in time is sent late. A program that did not run for longer than this
// does not make good for what it missed.
constexpr Duration kMaxLag = std::chrono::seconds(1);

constexpr std::size_t kMaxDigits = 20;

/// The decimal digits of `number`, in `digits`.
ConstBytes to_digits(std::uint64_t number, std::array<char, kMaxDigits>& digits) {
  const char* const end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  return as_bytes({digits.data(), static_cast<std::size_t>(end - digits.data())});
}

void put(Bytes& at, ConstBytes bytes) {
  std::ranges::copy(bytes, take_front(at, bytes.size()).begin());
}

void write_json(std::string& out, std::uint64_t unix_ms, std::string_view content) {
  out.clear();
  JsonWriter(out).begin().field("time", unix_ms).field("content", content).end();
  out.pop_back();  // the line feed
}

}  // namespace

DemoStream::DemoStream(SseRequest request, Time now)
    : request_(std::move(request)),
      next_(request_.next),
      end_(request_.start + request_.count),
      due_(now + request_.first_after) {}

void DemoStream::make_template(std::uint64_t unix_ms) {
  write_json(json_, unix_ms, request_.content ? std::string_view(*request_.content) : kContent);
  template_.sent(template_.size());
  // parse_sse_request() has looked at the type.
  encode_or_die(template_, {.type = request_.type, .data = json_});
  constexpr std::string_view kBehindContent = "\"}\n\n";
  number_at_ = template_.size() - kBehindContent.size();
}

std::uint64_t DemoStream::append_due(OutputBuffer& out, std::size_t limit, Time now,
                                     std::uint64_t unix_ms) {
  if (finished() || due_ > now) return 0;
  constexpr std::string_view kId = "id: ";
  make_template(unix_ms);
  const bool numbered = !request_.content;
  const ConstBytes front = template_.view().first(number_at_);
  const ConstBytes back = template_.view().subspan(number_at_);
  due_ = std::max(due_, now - kMaxLag);
  std::uint64_t count = 0;
  for (; !finished() && due_ <= now && out.size() < limit; ++count, ++next_) {
    std::array<char, kMaxDigits> digits;
    const ConstBytes number = to_digits(next_, digits);
    const std::size_t id_size = request_.numbered ? kId.size() + number.size() + 1 : 0;
    Bytes at = out.extend(id_size + template_.size() + (numbered ? number.size() : 0));
    if (request_.numbered) {
      put(at, as_bytes(kId));
      put(at, number);
      put(at, as_bytes("\n"));
    }
    put(at, front);
    if (numbered) put(at, number);
    put(at, back);
    due_ += request_.interval;
  }
  return count;
}

void DemoStream::append_end(OutputBuffer& out, std::uint64_t unix_ms) {
  write_json(json_, unix_ms, kEnd);
  encode_or_die(out, {.type = "close", .data = json_});
}

}  // namespace stream_echo
