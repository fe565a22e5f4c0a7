#include "paced_stream.h"

#include <algorithm>
#include <utility>

namespace stream_echo {
namespace {

// What was not sent in time is sent late. A program that did not run for longer than this does not
// make good for what it missed.
constexpr Duration kMaxLag = std::chrono::seconds(1);

}  // namespace

PacedStream::PacedStream(Append append, Time first_due, Traits traits)
    : append_(std::move(append)), due_(first_due), traits_(std::move(traits)) {}

std::uint64_t PacedStream::append_due(OutputBuffer& out, std::size_t limit, Time now) {
  std::uint64_t count = 0;
  if (due_ <= now) due_ = std::max(due_, now - kMaxLag);
  while (!finished_ && due_ <= now && out.size() < limit) {
    const std::size_t before = out.size();
    const std::optional<Duration> pause = append_(out);
    if (out.size() > before) ++count;
    finished_ = !pause;
    due_ += pause.value_or(Duration(0));
  }
  return count;
}

void PacedStream::append_end(OutputBuffer& out) const {
  if (traits_.append_end) traits_.append_end(out);
}

bool PacedStream::append_error(OutputBuffer& out, std::string_view text) const {
  if (!traits_.append_error) return false;
  traits_.append_error(out, text);
  return true;
}

void PacedStream::wake(Time now) {
  due_ = std::min(due_, now);
  if (woken_) woken_();
}

}  // namespace stream_echo
