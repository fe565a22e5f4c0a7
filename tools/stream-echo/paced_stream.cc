#include "paced_stream.h"

#include <algorithm>
#include <utility>

namespace stream_echo {
namespace {

// What was not sent in time is sent late. A program that did not run for longer than this does not
// make good for what it missed.
constexpr Duration kMaxLag = std::chrono::seconds(1);

}  // namespace

PacedStream::PacedStream(Append append, Time first_due, std::string end_mark)
    : append_(std::move(append)), due_(first_due), end_mark_(std::move(end_mark)) {}

std::uint64_t PacedStream::append_due(OutputBuffer& out, std::size_t limit, Time now) {
  std::uint64_t count = 0;
  if (due_ <= now) due_ = std::max(due_, now - kMaxLag);
  for (; !finished_ && due_ <= now && out.size() < limit; ++count) {
    const std::optional<Duration> pause = append_(out);
    finished_ = !pause;
    due_ += pause.value_or(Duration(0));
  }
  return count;
}

}  // namespace stream_echo
