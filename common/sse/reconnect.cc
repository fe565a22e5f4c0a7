#include "sse/reconnect.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "http/date.h"
#include "http/field.h"

namespace sse {
namespace {

// Backoff begins here when the reconnection time is shorter: a server that says `retry: 0` is not
// called without a pause while it is down.
constexpr Duration kLeastBackoff = std::chrono::seconds(1);

// A stream that ends after each event costs a few connections before it has to wait, so that one
// that ends twice is as quick as it wants to be.
constexpr Duration kHurry = std::chrono::seconds(1);

// Servers take heads of 8 KiB and more, in which there is something else, too.
constexpr std::size_t kMaxLastEventIdSize = 4096;

constexpr auto kAgain = Verdict::reconnect;
constexpr auto kStop = Verdict::stop;
constexpr auto kFail = Verdict::fail;

struct Row {
  Ending ending = Ending::clean;
  Verdict usual = kFail;
  Verdict strict = kFail;
  bool failure = true;  // counts as a failed attempt
};

// HTML 9.2.3 is the column `strict`: a status that is not 200 fails, 204 too.
// clang-format off
constexpr std::array kTable = {
    //  ending               usual   strict  failure
    Row{Ending::clean,        kAgain, kAgain, false},
    Row{Ending::cut,          kAgain, kAgain, true},
    Row{Ending::unreachable,  kAgain, kAgain, true},
    Row{Ending::futile,       kFail,  kFail,  true},
    Row{Ending::not_a_stream, kFail,  kFail,  true},
    Row{Ending::no_content,   kStop,  kFail,  true},
    Row{Ending::busy,         kAgain, kFail,  true},
    Row{Ending::refused,      kFail,  kFail,  true},
};
// clang-format on

constexpr bool rows_stand_in_order() {
  for (std::size_t i = 0; i < kTable.size(); ++i) {
    if (static_cast<std::size_t>(kTable[i].ending) != i) return false;
  }
  return true;
}
static_assert(rows_stand_in_order() &&
              kTable.size() == static_cast<std::size_t>(Ending::refused) + 1);

}  // namespace

Ending ending_of(unsigned status) {
  switch (status) {
    case 204: return Ending::no_content;
    case 429:
    case 502:
    case 503:
    case 504: return Ending::busy;
    default: return Ending::refused;
  }
}

Reconnect::Reconnect(const ReconnectPolicy& policy, std::uint64_t seed)
    : policy_(policy),
      reconnection_time_(std::min(policy.reconnection_time, kLongestWait)),
      random_state_(seed) {}

void Reconnect::connecting(Time now) {
  hurried_ = begun_[1] && now - *begun_[1] < kHurry;
  begun_[1] = begun_[0];
  begun_[0] = now;
}

void Reconnect::opened() {
  ever_opened_ = true;
  failures_ = 0;
}

void Reconnect::set_reconnection_time(std::uint64_t ms) {
  constexpr auto kMost = std::chrono::duration_cast<std::chrono::milliseconds>(kLongestWait);
  const std::uint64_t most = kMost.count();
  reconnection_time_ = std::chrono::milliseconds(std::min(ms, most));
}

Decision Reconnect::ended(Ending ending, std::optional<Duration> retry_after) {
  const Row& row = kTable[static_cast<std::size_t>(ending)];
  if (row.failure) ++failures_;
  vain_ = fruitful_ ? 0 : vain_ + 1;
  fruitful_ = false;

  Decision decision{.verdict = policy_.strict ? row.strict : row.usual, .failures = failures_};
  if (decision.verdict != Verdict::reconnect) return decision;
  if (policy_.once || (policy_.until_clean_end && ending == Ending::clean)) {
    decision.verdict = row.failure ? Verdict::fail : Verdict::stop;
    decision.because = Because::once;
    return decision;
  }
  const std::uint32_t without_limit = policy_.strict || ever_opened_ ? UINT32_MAX : 0;
  if (row.failure && failures_ > policy_.max_failures.value_or(without_limit)) {
    decision.verdict = Verdict::fail;
    decision.because = Because::failures;
    return decision;
  }
  decision.wait = std::max(wait(), hurried_ ? policy_.least_wait : Duration(0));
  decision.because =
      decision.wait > reconnection_time_ ? Because::backoff : Because::reconnection_time;
  if (retry_after && *retry_after > decision.wait) {
    decision.wait = std::min(*retry_after, kLongestWait);
    decision.because = Because::retry_after;
  }
  return decision;
}

/// The reconnection time, and more after attempts in vain: HTML 9.2.3 allows that. Twice as much
/// for each, of which the second half is left to chance, so that the many who have lost the same
/// server do not come back in one moment.
Duration Reconnect::wait() {
  if (vain_ == 0) return reconnection_time_;
  Duration most = std::max(reconnection_time_, kLeastBackoff);
  for (std::uint32_t i = 0; i < vain_ && most < policy_.max_backoff; ++i) most *= 2;
  most = std::min(most, policy_.max_backoff);
  const Duration least = std::max(most / 2, reconnection_time_);
  if (least >= most) return least;
  const auto span = static_cast<std::uint64_t>((most - least).count()) + 1;
  return least + Duration(static_cast<Duration::rep>(draw() % span));
}

/// SplitMix64: as good as jitter needs, and one number to seed.
std::uint64_t Reconnect::draw() {
  random_state_ += 0x9E3779B97F4A7C15;
  std::uint64_t mixed = random_state_;
  mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
  mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
  return mixed ^ (mixed >> 31);
}

std::optional<Duration> retry_after(std::string_view value, std::string_view date) {
  constexpr auto kMost = std::chrono::duration_cast<std::chrono::seconds>(kLongestWait).count();
  if (!value.empty() && std::all_of(value.begin(), value.end(), is_ascii_digit)) {
    return std::chrono::seconds(parse_integer(value, kMost).value_or(kMost));
  }
  const auto then = http::parse_date(value);
  const auto now = http::parse_date(date);
  if (!then || !now) return std::nullopt;
  return std::chrono::seconds(std::clamp<std::int64_t>(*then - *now, 0, kMost));
}

LastEventId last_event_id(std::string_view id) {
  // RFC 9110 5.5: a field value holds no controls, and spaces around it are no part of it.
  if (id.size() > kMaxLastEventIdSize) return {.problem = "it has more than 4096 bytes"};
  if (!http::is_field_value(id)) return {.problem = "it holds a control character"};
  if (trim_spaces(id) != id) return {.problem = "it begins or ends with a space"};
  return {.value = id};
}

}  // namespace sse
