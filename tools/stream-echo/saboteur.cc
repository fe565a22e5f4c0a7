#include "saboteur.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/check.h"
#include "base/utf8.h"
#include "ws/close.h"

namespace stream_echo {
namespace {

// That late pongs and sleeps may take up; a flood of what causes them would fill the memory.
constexpr std::size_t kMaxTasks = 4096;

std::string close_frame(std::string_view body) {
  std::string frame = "\x88";
  frame += static_cast<char>(body.size());
  return frame.append(body);
}

std::string body_of(std::uint64_t code, std::string_view reason) {
  std::string body;
  body += static_cast<char>(code >> 8);
  body += static_cast<char>(code & 0xFF);
  return body.append(reason);
}

const Fault* find(const std::vector<Fault>& faults, Word word) {
  const auto found = std::ranges::find(faults, word, &Fault::word);
  return found == faults.end() ? nullptr : &*found;
}

}  // namespace

Saboteur::Saboteur(net::Loop& loop, net::Pump& pump, PeerLog& log, const FaultScript& script,
                   std::vector<Fault> faults, std::uint64_t seed)
    : loop_(loop),
      pump_(pump),
      log_(log),
      script_(script),
      faults_(std::move(faults)),
      random_(seed),
      distortion_([this](double probability) { return happens(probability); },
                  [this] {
                    ws::MaskKey key;
                    for (auto& byte : key) byte = static_cast<std::uint8_t>(random_());
                    return key;
                  }),
      pace_([this](std::uint64_t limit) { return random_below(limit); }),
      timer_(loop, [this] { run_due(); }) {}

bool Saboteur::happens(double probability) {
  if (probability >= 1) return true;
  // The top 53 bits, which is what a double holds: the same on every machine.
  return static_cast<double>(random_() >> 11) * 0x1p-53 < probability;
}

void Saboteur::begin_answer(std::size_t size) {
  const Fault* const dribble = find(faults_, Word::dribble);
  const bool dribbles = dribble != nullptr && happens(dribble->probability);
  pace_.begin_answer(size, dribbles ? std::optional(*dribble) : std::nullopt);
  set_pace();
}

void Saboteur::opened(std::size_t head_size) {
  begin_answer(head_size);
  pump_.set_rewriting([this](ConstBytes frames) { rewrite(frames); });
  begin_waiting();
  run_script(ScriptStep::On::open, 0);
  for (const ScriptStep& step : script_.steps) {
    if (step.on == ScriptStep::On::time) schedule(step.time, [this, &step] { run_steps({&step}); });
  }
}

/// Each fault happens at once, or is watched for.
void Saboteur::begin_waiting() {
  for (const Fault& fault : faults_) {
    if (!makes_sense(fault) || is_opening(info(fault.word).part)) continue;
    if (fault.word == Word::rst && !fault.after) continue;  // its chance was before the answer
    const Trigger after = fault.after.value_or(Trigger{});
    if (after.at_once()) {
      begin(fault);
    } else if (after.time > Duration(0)) {
      schedule(after.time, [this, &fault] { begin(fault); });
    } else {
      waiting_.push_back(&fault);
    }
  }
}

void Saboteur::echoed(std::size_t size, bool last) {
  take_output();
  inside_message_ = !last && script_.echo;
  count(size, last);
  if (last) {
    for (auto& steps : std::exchange(postponed_, {})) run_steps(std::move(steps));
  }
  if (last) run_script(ScriptStep::On::message, message_count_);
}

/// So much of a message or event has gone out; what waited for that begins.
void Saboteur::count(std::size_t size, bool whole) {
  byte_count_ += size;
  if (whole) ++message_count_;
  std::vector<const Fault*> due;
  std::erase_if(waiting_, [&](const Fault* fault) {
    const Trigger& after = *fault->after;
    const bool by_count = whole && after.messages > 0 && message_count_ >= after.messages;
    const bool by_bytes = after.bytes > 0 && byte_count_ >= after.bytes;
    if (by_count || by_bytes) due.push_back(fault);
    return by_count || by_bytes;
  });
  for (const Fault* fault : due) begin(*fault);
}

/// Not when it has come too late, for what is to be sent at least: nothing follows an end, and no
/// error is heard in silence.
bool Saboteur::may_begin(const Fault& fault) const {
  if (end_ != End::none) return false;
  if (fault.word == Word::error && silent_) return false;
  if (pump_.takes_output()) return true;
  switch (fault.word) {
    case Word::hex:
    case Word::close:
    case Word::close1byte:
    case Word::ping:
    case Word::oversize:
    case Word::bomb:
    case Word::drop_after:
    case Word::error:
    case Word::comment:
    case Word::long_line: return false;
    default: return true;
  }
}

/// The moment of a fault has come.
void Saboteur::begin(const Fault& fault) {
  if (!may_begin(fault)) return;
  const Part part = info(fault.word).part;
  if (part != Part::frames && part != Part::stream && !happens(fault.probability)) return;
  log_.fault(describe(fault));
  switch (part) {
    case Part::opening:
    case Part::handshake:
    case Part::stream_head: return;
    case Part::event:
    case Part::frame_event:
    case Part::stream_event: return act(fault);
    case Part::writing: pace_.add(fault); return set_pace();
    case Part::frames: return distortion_.add(fault);
    case Part::stream: return stream_->distortion.add(fault);
  }
}

void Saboteur::act(const Fault& fault) {
  switch (fault.word) {
    case Word::close: return close(fault);
    case Word::close1byte: put(close_frame("\x03")); return distortion_.mute();
    case Word::abort:
    case Word::rst:
      take_output();
      backlog_.stop_floods();
      return end(fault.word == Word::rst ? End::reset : End::orderly);
    case Word::half_close: take_output(); return pump_.half_close();
    case Word::stall: silent_ = true; return pump_.stop_reading();
    case Word::ping:
    case Word::comment:
      beat_interval_ = fault.time;
      next_beat_ = loop_.now() + beat_interval_;
      return start_timer();
    case Word::hex: return stream_ ? put_body(fault.text) : put(fault.text);
    case Word::drop_after: return end_stream();
    case Word::error: return send_error(fault.text);
    case Word::long_line: return begin_long_line(fault.number);
    case Word::ignore_close: ignores_close_ = true; return;
    case Word::oversize: return begin_flood(oversize_frame(fault.number));
    case Word::bomb: return begin_flood(bomb_frame(fault.number));
    default: CHECK(false);
  }
}

/// An honest Close, unless such a code or reason may not be sent: then these very bytes, and
/// nothing after them.
void Saboteur::close(const Fault& fault) {
  take_output();
  const auto code = static_cast<ws::CloseCode>(fault.number);
  ws::Connection* const connection = pump_.connection();
  if (connection == nullptr || !connection->can_send()) return;
  if (ws::may_be_sent(code) && is_utf8(as_bytes(fault.text))) {
    const bool closed = bool(connection->close(code, fault.text));
    CHECK(closed);
    return take_output();
  }
  put(close_frame(body_of(code, fault.text)));
  distortion_.mute();
}

/// The time has come for another ping or comment.
void Saboteur::beat() {
  next_beat_.reset();
  ws::Connection* const connection = pump_.connection();
  if (!stream_ && (connection == nullptr || !connection->can_send())) return;
  next_beat_ = loop_.now() + beat_interval_;
  if (pump_.congested()) return;  // they would pile up
  if (stream_) return send_comment();
  const bool pinged = bool(connection->ping(as_bytes("fault")));
  CHECK(pinged);
  take_output();
}

/// False: it is left out, because this connection has nothing that it could happen to.
bool Saboteur::makes_sense(const Fault& fault) {
  const ws::Connection* const connection = pump_.connection();
  if (fault.word == Word::long_line && stream_->distortion.compresses()) {
    log_.fault(fmt::format("{} left out: it is not compressed", describe(fault)));
    return false;
  }
  const bool of_events = fault.word == Word::comment || fault.word == Word::long_line;
  if (of_events && !stream_->distortion.is_event_stream()) {
    log_.fault(fmt::format("{} left out: it is no event stream", describe(fault)));
    return false;
  }
  if (!needs_deflate(fault) || (connection != nullptr && connection->can_compress())) return true;
  log_.fault(fmt::format("{} left out: no compression is agreed on", describe(fault)));
  return false;
}

void Saboteur::run_script(ScriptStep::On on, std::uint64_t number) {
  std::vector<const ScriptStep*> steps;
  for (const ScriptStep& step : script_.steps) {
    if (step.on == on && (step.message == 0 || step.message == number)) steps.push_back(&step);
  }
  run_steps(std::move(steps));
}

/// The steps in order, up to a sleep: the rest follows later.
void Saboteur::run_steps(std::vector<const ScriptStep*> steps) {
  for (auto step = steps.begin(); step != steps.end(); ++step) {
    const auto& action = (*step)->action;
    if (const auto* sleep = std::get_if<Sleep>(&action)) {
      if (!may_wait("sleep")) return;
      std::vector<const ScriptStep*> rest(step + 1, steps.end());
      return schedule(sleep->time, [this, rest] { run_steps(rest); });
    }
    if (const auto* send = std::get_if<SendBytes>(&action)) {
      put(send->bytes);
    } else if (const auto* text = std::get_if<SendText>(&action)) {
      ws::Connection* const connection = pump_.connection();
      if (connection == nullptr || !connection->can_send()) continue;
      if (inside_message_) {  // RFC 6455 5.4: fragments of two messages do not mix
        postponed_.emplace_back(step, steps.end());
        return;
      }
      const auto sent = connection->send(ws::MessageKind::text, true, as_bytes(text->text));
      CHECK(bool(sent));
      take_output();
    } else {
      for (const Fault& fault : std::get<FaultPlan>(action).faults) {
        if (makes_sense(fault)) begin(fault);
      }
    }
  }
}

/// Whether there is room for something that is to happen later.
bool Saboteur::may_wait(std::string_view what) {
  if (tasks_.size() < kMaxTasks) return true;
  log_.fault(fmt::format("{} left out: too many wait", what));
  return false;
}

void Saboteur::schedule(Duration delay, std::function<void()> task) {
  tasks_.emplace(loop_.now() + delay, std::move(task));
  start_timer();
}

void Saboteur::start_timer() {
  Time due = next_beat_.value_or(Time::max());
  if (!tasks_.empty()) due = std::min(due, tasks_.begin()->first);
  if (due < Time::max()) timer_.start(due);
}

void Saboteur::run_due() {
  const Time now = loop_.now();
  while (!pump_.ended() && !tasks_.empty() && tasks_.begin()->first <= now) {
    const auto task = std::move(tasks_.extract(tasks_.begin()).mapped());
    task();
  }
  if (pump_.ended()) return;
  if (next_beat_ && *next_beat_ <= now) beat();
  start_timer();
  pump_.update();
}

std::uint64_t Saboteur::random_below(std::uint64_t limit) {
  return random_() % limit;  // the bias is one in 2^40 here
}

}  // namespace stream_echo
