#include "saboteur.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "base/check.h"
#include "base/utf8.h"
#include "ws/close.h"

namespace stream_echo {
namespace {

using std::chrono::microseconds;

// Of `rate` without `slice`: writes a second.
constexpr std::uint64_t kWritesPerSecond = 20;

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

std::string header_bytes(ws::Opcode opcode, std::uint64_t length) {
  ws::FrameHeader header;
  header.opcode = opcode;
  header.length = length;
  std::array<std::uint8_t, ws::kMaxHeaderSize> bytes;
  const std::size_t size = encode_header(header, bytes);
  return std::string(as_text(ConstBytes(bytes).first(size)));
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
      timer_(loop, [this] { run_due(); }) {}

bool Saboteur::happens(double probability) {
  if (probability >= 1) return true;
  // The top 53 bits, which is what a double holds: the same on every machine.
  return static_cast<double>(random_() >> 11) * 0x1p-53 < probability;
}

void Saboteur::opened(std::size_t head_size) {
  head_left_ = head_size;
  pump_.set_rewriting([this](ConstBytes frames) { rewrite(frames); });
  set_pace();
  for (const Fault& fault : faults_) {
    if (info(fault.word).part == Part::opening) continue;
    const Trigger after = fault.after.value_or(Trigger{});
    if (after.at_once()) {
      begin(fault);
    } else if (after.time > Duration(0)) {
      schedule(after.time, [this, &fault] { begin(fault); });
    } else {
      waiting_.push_back(&fault);
    }
  }
  run_script(ScriptStep::On::open, 0);
  for (const ScriptStep& step : script_.steps) {
    if (step.on == ScriptStep::On::time) schedule(step.time, [this, &step] { run_steps({&step}); });
  }
}

void Saboteur::echoed(std::size_t size, bool last) {
  take_output();
  byte_count_ += size;
  if (last) ++message_count_;
  std::vector<const Fault*> due;
  std::erase_if(waiting_, [&](const Fault* fault) {
    const Trigger& after = *fault->after;
    const bool by_count = last && after.messages > 0 && message_count_ >= after.messages;
    const bool by_bytes = after.bytes > 0 && byte_count_ >= after.bytes;
    if (by_count || by_bytes) due.push_back(fault);
    return by_count || by_bytes;
  });
  for (const Fault* fault : due) begin(*fault);
  if (last) run_script(ScriptStep::On::message, message_count_);
}

/// What the connection sends, in the form that the faults give it.
void Saboteur::rewrite(ConstBytes frames) {
  const std::string bytes = distortion_.rewrite(frames);
  pump_.write(as_bytes(bytes));
  for (Distortion::LatePong& pong : distortion_.take_late_pongs()) {
    schedule(pong.delay, [this, frame = std::move(pong.frame)] {
      if (!distortion_.muted()) put(frame);
    });
  }
  if (distortion_.cut()) pump_.finish();
}

/// The moment of a fault has come.
void Saboteur::begin(const Fault& fault) {
  log_.fault(describe(fault));
  switch (info(fault.word).part) {
    case Part::opening: return;
    case Part::event:
      if (happens(fault.probability)) act(fault);
      return;
    case Part::writing:
      if (!happens(fault.probability)) return;
      writing_.push_back(fault);
      return set_pace();
    case Part::frames: return distortion_.add(fault);
  }
}

void Saboteur::act(const Fault& fault) {
  switch (fault.word) {
    case Word::close: return close(fault);
    case Word::close1byte: put(close_frame("\x03")); return distortion_.set_muted(true);
    case Word::abort: take_output(); return pump_.finish();
    case Word::rst: take_output(); return pump_.finish_with_reset();
    case Word::half_close: take_output(); return pump_.half_close();
    case Word::stall: return pump_.stop_reading();
    case Word::ping: return ping_every(fault.time);
    case Word::hex: return put(fault.text);
    case Word::ignore_close: ignores_close_ = true; return;
    case Word::oversize:
      put(header_bytes(ws::Opcode::binary, fault.number));
      oversize_left_ = fault.number;
      distortion_.set_muted(true);
      return fill();
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
  distortion_.set_muted(true);
}

void Saboteur::ping_every(Duration interval) {
  schedule(interval, [this, interval] {
    ws::Connection* const connection = pump_.connection();
    if (connection == nullptr || !connection->ping(as_bytes("fault"))) return;
    ping_every(interval);
  });
}

/// Queues as much of an oversize payload as the pump holds; drained() asks for more.
void Saboteur::fill() {
  if (oversize_left_ == 0) return;
  const std::string zeros(std::size_t{64} << 10, '\0');
  while (oversize_left_ > 0 && !pump_.congested()) {
    const auto size =
        static_cast<std::size_t>(std::min<std::uint64_t>(oversize_left_, zeros.size()));
    pump_.write(as_bytes(zeros).first(size));
    oversize_left_ -= size;
  }
  if (oversize_left_ == 0) distortion_.set_muted(false);
}

void Saboteur::drained() {
  fill();
}

/// Bytes that go out as they are, behind what is on its way already.
void Saboteur::put(std::string_view bytes) {
  take_output();
  pump_.write(as_bytes(bytes));
}

/// Moves what the connection wants to send to the wire, as the faults will have it.
void Saboteur::take_output() {
  ws::Connection* const connection = pump_.connection();
  while (connection != nullptr && !connection->output().empty()) {
    const ConstBytes output = connection->output();
    rewrite(output);
    connection->sent(output.size());
  }
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
      std::vector<const ScriptStep*> rest(step + 1, steps.end());
      return schedule(sleep->time, [this, rest] { run_steps(rest); });
    }
    if (const auto* send = std::get_if<SendBytes>(&action)) {
      put(send->bytes);
    } else if (const auto* text = std::get_if<SendText>(&action)) {
      ws::Connection* const connection = pump_.connection();
      if (connection == nullptr || !connection->can_send()) continue;
      const auto sent = connection->send(ws::MessageKind::text, true, as_bytes(text->text));
      CHECK(bool(sent));
      take_output();
    } else {
      for (const Fault& fault : std::get<FaultPlan>(action).faults) begin(fault);
    }
  }
}

void Saboteur::schedule(Duration delay, std::function<void()> task) {
  tasks_.emplace(loop_.now() + delay, std::move(task));
  timer_.start(tasks_.begin()->first);
}

void Saboteur::run_due() {
  const Time now = loop_.now();
  while (!pump_.ended() && !tasks_.empty() && tasks_.begin()->first <= now) {
    const auto task = std::move(tasks_.extract(tasks_.begin()).mapped());
    task();
  }
  if (pump_.ended()) return;
  if (!tasks_.empty()) timer_.start(tasks_.begin()->first);
  pump_.update();
}

void Saboteur::set_pace() {
  if (writing_.empty() && find(faults_, Word::dribble) == nullptr) return;
  pump_.set_pace([this](std::size_t waiting) { return next_slice(waiting); });
}

/// The 101 leaves first, by `dribble` or in one write; the rest by what is active of `slice`,
/// `rate` and `jitter`.
net::Pump::Slice Saboteur::next_slice(std::size_t waiting) {
  net::Pump::Slice slice{.size = waiting};
  if (head_left_ > 0) {
    slice.size = head_left_;
    if (const Fault* dribble = find(faults_, Word::dribble)) {
      slice = {.size = std::min<std::size_t>(dribble->number, head_left_), .pause = dribble->time};
    }
    head_left_ -= slice.size;
    return slice;
  }
  if (const Fault* pieces = find(writing_, Word::slice)) {
    slice = {.size = std::min<std::size_t>(pieces->number, waiting), .pause = pieces->time};
  }
  if (const Fault* rate = find(writing_, Word::rate)) {
    const std::uint64_t share = std::max<std::uint64_t>(rate->number / kWritesPerSecond, 1);
    slice.size = std::min<std::size_t>(slice.size, share);
    slice.pause += microseconds(slice.size * 1'000'000 / rate->number);
  }
  if (const Fault* jitter = find(writing_, Word::jitter)) {
    const auto most = static_cast<std::uint64_t>(jitter->time.count());
    slice.pause += microseconds(random_below(most + 1));
  }
  return slice;
}

std::uint64_t Saboteur::random_below(std::uint64_t limit) {
  return random_() % limit;  // the bias is one in 2^40 here
}

}  // namespace stream_echo
