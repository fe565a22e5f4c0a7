#include "follower.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "base/text.h"
#include "cli/escape.h"
#include "cli/refusal.h"
#include "net/entropy.h"
#include "request.h"

namespace sse_tail {
namespace {

// The body of a refusal: what tells the reason in words, and how long it may take to come.
constexpr std::size_t kShownBody = std::size_t{4} << 10;
constexpr Duration kBodyTimeout = std::chrono::seconds(5);

// Of an ID of any size: enough to tell whether it has been spoken of.
constexpr std::size_t kComparedId = std::size_t{1} << 10;

std::uint64_t random_seed() {
  std::array<std::uint8_t, 8> bytes;
  net::fill_random(bytes);
  std::uint64_t seed = 0;
  std::memcpy(&seed, bytes.data(), sizeof seed);
  return seed;
}

/// Where it neither mixes with what others write, nor stands in the way of anybody.
bool wants_status(const Args& args) {
  const char* const term = std::getenv("TERM");
  const bool dumb = term == nullptr || std::string_view(term) == "dumb";
  return isatty(STDOUT_FILENO) == 1 && isatty(STDERR_FILENO) == 1 && !dumb && !args.talk.silent &&
         args.talk.verbosity == 0 && args.each.empty() && format_of(args) != Format::raw;
}

}  // namespace

Follower::Follower(net::Loop& loop, const Args& args, cli::Talk& talk, net::Recorder* recorder,
                   const Run& run)
    : loop_(loop),
      args_(args),
      talk_(talk),
      recorder_(recorder),
      run_(run),
      started_(loop.now()),
      measure_(wants_measure(args) ? std::make_unique<Measure>(args) : nullptr),
      outlet_(loop, args, run.first_started),
      status_(loop, wants_status(args)),
      id_file_(args.id_file, args.kept_id),
      reconnect_(args.policy, random_seed()),
      reader_({.loop = loop,
               .args = args,
               .talk = talk,
               .outlet = outlet_,
               .reconnect = reconnect_,
               .timing = measure_ ? &measure_->timing() : nullptr},
              {.stopped =
                   [this](const Stop& stop) { give_up(stop.exit_code, stop.message, stop.hint); },
               .full = [this] { flush(); },
               .dealt_with = [this] { flush(); },
               .went_on = [this] { go_on(); }}),
      client_(loop),
      attempt_timer_(loop, [this] { connect(); }),
      idle_timer_(loop,
                  [this] {
                    give_up(to_int(cli::Exit::timeout),
                            fmt::format("nothing came for {} (--idle-timeout)",
                                        time_text(*args_.idle_timeout)));
                  }),
      max_timer_(loop,
                 [this] {
                   reader_.kill(SIGTERM);
                   give_up(to_int(cli::Exit::timeout), "time is up (--max-time)");
                   loop_.stop();  // even when standard output does not take the rest
                 }),
      refusal_timer_(loop, [this] { conclude(*refusal_); }) {
  // On a terminal what is said stands behind the events that came before.
  talk_.set_before_line([this] {
    status_.erase();
    outlet_.end_line();
    if (outlet_.has_text()) outlet_.flush();
  });
  // A reader slower than the server: stop reading, so that the server has to wait too.
  outlet_.on_drained([this] {
    reader_.resume();
    update_pause();
    if (outlet_.idle()) written();
  });
  outlet_.on_failed([this](const std::string& error, bool broken_pipe) {
    if (broken_pipe) {
      give_up(to_int(cli::Exit::ok), {});
    } else {
      give_up(to_int(cli::Exit::write), fmt::format("cannot write to standard output: {}", error));
    }
    flush();  // when this is what we were leaving for, it is over
  });
}

Follower::~Follower() {
  talk_.set_before_line(nullptr);
}

void Follower::start() {
  if (args_.connection.max_time) max_timer_.start(started_ + *args_.connection.max_time);
  connect();
}

void Follower::connect() {
  phase_ = Phase::connecting;
  phase_since_ = loop_.now();
  outlet_.begin_connection(run_.connections + ++connections_);
  if (measure_) measure_->begun(phase_since_);
  refusal_.reset();
  refusal_head_.clear();
  refusal_body_.clear();
  sent_head_.clear();

  reconnect_.connecting(phase_since_);
  net::HttpRequest request = make_request(args_, sendable_id());
  request.transport = recorder_ != nullptr || args_.talk.verbosity > 0;
  if (args_.talk.verbosity > 0) {
    request.connection.trace = [this](std::string_view line) {
      talk_.verbose("* " + cli::escape(line, cli::Escape::line));
    };
  }
  transfer_.emplace(client_, std::move(request), *this);
  paused_ = false;
  update_pause();
  watch_for_idleness();
  show_status();
}

void Follower::on_answer(const net::HttpAnswer& answer) {
  talk_.verbose(cli::marked_lines(answer.head, "< "));
  watch_for_idleness();
  phase_since_ = loop_.now();
  refusal_ = judge_answer(answer, args_);
  if (measure_) {
    measure_->transfer(*transfer_);
    measure_->answered(answer);
    if (!refusal_) measure_->timing().opened();
  }
  if (!refusal_) {
    phase_ = Phase::reading;
    reconnect_.opened();
    reader_.begin(*framing_of(answer, args_));
    outlet_.opened(answer);
    return schedule_flush();
  }
  phase_ = Phase::refused;
  refusal_head_ = answer.head;
  refusal_timer_.start(loop_.now() + kBodyTimeout);
}

void Follower::on_body(ConstBytes bytes) {
  watch_for_idleness();
  if (phase_ == Phase::refused) {
    if (measure_) measure_->refused(bytes.size());
    refusal_body_ += as_text(bytes).substr(0, kShownBody - refusal_body_.size());
    if (refusal_body_.size() == kShownBody) conclude(*refusal_);
    return;
  }
  if (measure_) measure_read(bytes.size());
  reader_.take(bytes);
  if (phase_ != Phase::reading) return;
  schedule_flush();
  if (reader_.waiting()) update_pause();
}

void Follower::on_end(const net::HttpEnd& end) {
  if (measure_) {
    measure_->transfer(*transfer_);
    if (phase_ == Phase::reading) measure_->timing().ended(loop_.now());
  }
  if (phase_ == Phase::refused) return conclude(*refusal_);
  if (phase_ == Phase::connecting) return conclude(judge_end(end));
  if (reader_.waiting()) {
    the_end_ = end;
  } else {
    stream_ended(end);
  }
}

/// What waited in the reader has been read, or some of it.
void Follower::go_on() {
  schedule_flush();
  update_pause();
  if (the_end_ && !reader_.waiting()) stream_ended(*the_end_);
}

void Follower::stream_ended(const net::HttpEnd& end) {
  const net::HttpEnd how = end;  // it may be the_end_
  the_end_.reset();
  reader_.end_body();
  if (phase_ == Phase::leaving) return;
  if (reader_.waiting()) {
    the_end_ = how;
    return;
  }
  const std::string unfinished = reader_.finish();
  outlet_.ended(how.how == net::HttpEnd::How::whole ? "peer" : "cut", unfinished);
  if (!args_.judges()) return conclude(judge_end(how));
  transfer_.reset();
  const Stop stop = reader_.model()->at_end(how);
  give_up(stop.exit_code, stop.message, stop.hint);
}

/// A connection is over, or of no use: whatever comes next.
void Follower::conclude(const Ended& ended) {
  const Ended copy = ended;  // it may be refusal_
  transfer_.reset();
  idle_timer_.stop();
  refusal_timer_.stop();
  const sse::Decision decision = reconnect_.ended(copy.ending, copy.retry_after);
  switch (decision.verdict) {
    case sse::Verdict::reconnect: return wait(copy, decision);
    case sse::Verdict::fail: return fail(copy, decision);
    case sse::Verdict::stop: break;
  }
  if (args_.judges()) return give_up(to_int(cli::Exit::stream_error), copy.what + ": no answer");
  if (copy.ending != sse::Ending::clean) talk_.note(copy.what + ": it has nothing more to say");
  leave(to_int(cli::Exit::ok));
}

void Follower::wait(const Ended& ended, const sse::Decision& decision) {
  phase_ = Phase::waiting;
  next_attempt_ = loop_.refresh() + decision.wait;
  attempt_timer_.start(next_attempt_);
  talk_.note(ended.what + "; " + next_step(decision, reader_.last_id()));
  outlet_.reconnect(decision.wait);
  flush();
}

/// All events that are there together go in one write, at the end of this turn of the loop.
void Follower::schedule_flush() {
  if (outlet_.is_full()) return flush();
  if (flush_waits_) return;
  flush_waits_ = true;
  loop_.later([this] {
    flush_waits_ = false;
    flush();
  });
}

void Follower::flush() {
  if (outlet_.has_text()) {
    status_.erase();
    outlet_.flush();
    if (outlet_.congested()) update_pause();
  }
  if (outlet_.idle()) written();
}

/// The last event ID; empty if there is none, or none that can be sent: that is told once.
std::string_view Follower::sendable_id() {
  const std::string& last = reader_.last_id();
  const sse::LastEventId id = sse::last_event_id(last);
  const std::string_view begin = std::string_view(last).substr(0, kComparedId);
  if (!id.problem.empty() && begin != unsendable_id_) {
    unsendable_id_ = begin;
    talk_.note(fmt::format("the last event ID cannot be sent: {}", id.problem));
  }
  return id.value;
}

void Follower::update_pause() {
  const bool wanted = outlet_.congested() || reader_.waiting();
  if (!transfer_ || wanted == paused_) return;
  paused_ = wanted;
  transfer_->set_paused(wanted);
  if (measure_ && !the_end_) measure_->timing().paused(wanted, loop_.now());
  watch_for_idleness();
}

/// While we hold the server up, its silence is our doing.
void Follower::watch_for_idleness() {
  if (!args_.idle_timeout) return;
  if (paused_) return idle_timer_.stop();
  idle_timer_.start(loop_.now() + *args_.idle_timeout);
}

}  // namespace sse_tail
