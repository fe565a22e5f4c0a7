#include "follower.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
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

Follower::Follower(net::Loop& loop, const Args& args, cli::Talk& talk, net::Recorder* recorder)
    : loop_(loop),
      args_(args),
      talk_(talk),
      recorder_(recorder),
      started_(loop.now()),
      outlet_(loop, args, started_),
      status_(loop, wants_status(args)),
      id_file_(args.id_file, args.last_event_id),
      reconnect_(args.policy, random_seed()),
      reader_(
          {.loop = loop, .args = args, .talk = talk, .outlet = outlet_, .reconnect = reconnect_},
          {.stopped =
               [this](const Stop& stop) { give_up(stop.exit_code, stop.message, stop.hint); },
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
                   give_up(to_int(cli::Exit::timeout), "time is up (--max-time)");
                   loop_.stop();  // even when standard output does not take the rest
                 }),
      refusal_timer_(loop, [this] { conclude(*refusal_); }) {
  // On a terminal what is said stands behind the events that came before.
  talk_.set_before_line([this] {
    status_.erase();
    if (outlet_.has_text()) outlet_.flush();
  });
  // A reader slower than the server: stop reading, so that the server has to wait too.
  outlet_.on_drained([this] {
    update_pause();
    written();
  });
  outlet_.on_failed([this](const std::string& error, bool broken_pipe) {
    if (broken_pipe) return give_up(to_int(cli::Exit::ok), {});
    give_up(to_int(cli::Exit::write), fmt::format("cannot write to standard output: {}", error));
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
  outlet_.begin_connection(++connections_);
  refusal_.reset();
  refusal_head_.clear();
  refusal_body_.clear();
  sent_head_.clear();

  const sse::LastEventId id = sse::last_event_id(reader_.last_id());
  if (!id.problem.empty()) {
    talk_.note(fmt::format("the last event ID cannot be sent: {}", id.problem));
  }
  net::HttpRequest request = make_request(args_, id.value);
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

void Follower::on_redirect(const net::HttpAnswer& answer, const std::string& to) {
  talk_.verbose(cli::marked_lines(answer.head, "< "));
  talk_.verbose("* redirected to " + cli::escape(to, cli::Escape::line));
}

void Follower::on_answer(const net::HttpAnswer& answer) {
  talk_.verbose(cli::marked_lines(answer.head, "< "));
  watch_for_idleness();
  phase_since_ = loop_.now();
  refusal_ = judge_answer(answer, args_.any_type);
  if (!refusal_) {
    phase_ = Phase::reading;
    reconnect_.opened();
    reader_.begin();
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
    refusal_body_ += as_text(bytes).substr(0, kShownBody - refusal_body_.size());
    if (refusal_body_.size() == kShownBody) conclude(*refusal_);
    return;
  }
  reader_.take(bytes);
  if (phase_ != Phase::reading) return;
  schedule_flush();
  if (reader_.waiting()) update_pause();
}

void Follower::on_transport(rec::Kind kind, ConstBytes bytes) {
  if (recorder_ != nullptr) {
    if (kind == rec::Kind::opened) tap_ = recorder_->tap(++taps_);
    if (tap_) tap_(kind, bytes);
  }
  if (kind == rec::Kind::opened) sent_head_.clear();
  if (kind == rec::Kind::sent) show_sent(bytes);
}

/// The head of the request alone: the body is what the command line says.
void Follower::show_sent(ConstBytes bytes) {
  constexpr std::string_view kEnd = "\r\n\r\n";
  if (args_.talk.verbosity == 0 || sent_head_.ends_with(kEnd)) return;
  sent_head_ += as_text(bytes);
  const std::size_t end = sent_head_.find(kEnd);
  if (end == sent_head_.npos) return;
  sent_head_.resize(end + kEnd.size());
  talk_.verbose(cli::marked_lines(sent_head_, "> "));
}

void Follower::on_end(const net::HttpEnd& end) {
  if (phase_ == Phase::refused) return conclude(*refusal_);
  if (phase_ == Phase::connecting) return conclude(judge_end(end));
  if (reader_.waiting()) {
    the_end_ = end;
  } else {
    stream_ended(end);
  }
}

/// A command has ended, and what came while it ran is read.
void Follower::go_on() {
  schedule_flush();
  update_pause();
  if (the_end_ && !reader_.waiting()) stream_ended(*the_end_);
}

void Follower::stream_ended(const net::HttpEnd& end) {
  const net::HttpEnd how = end;  // it may be the_end_
  the_end_.reset();
  const std::string unfinished = reader_.finish();
  outlet_.ended(how.how == net::HttpEnd::How::whole ? "peer" : "cut", unfinished);
  conclude(judge_end(how));
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
  if (copy.ending != sse::Ending::clean) talk_.note(copy.what + ": it has nothing more to say");
  leave(to_int(cli::Exit::ok));
}

void Follower::fail(const Ended& ended, const sse::Decision& decision) {
  if (!refusal_head_.empty()) {
    if (args_.talk.verbosity == 0) talk_.plain(cli::marked_lines(refusal_head_, ""));
    cli::RefusalBody body(talk_);
    body.show(refusal_body_);
    body.finish();
  }
  const std::string step = next_step(decision, {});
  give_up(ended.exit_code, step.empty() ? ended.what : ended.what + "; " + step,
          way_out(ended, decision, args_));
}

void Follower::wait(const Ended& ended, const sse::Decision& decision) {
  phase_ = Phase::waiting;
  next_attempt_ = loop_.refresh() + decision.wait;
  attempt_timer_.start(next_attempt_);
  talk_.note(ended.what + "; " + next_step(decision, reader_.last_id()));
  outlet_.reconnect(decision.wait);
  flush();
}

void Follower::interrupt() {
  if (phase_ == Phase::leaving) return loop_.stop();
  leave(to_int(cli::Exit::interrupted));
}

/// Ends, with an error if there is a message.
void Follower::give_up(int exit_code, std::string_view message, std::string_view hint) {
  if (!message.empty()) {
    talk_.error(message, hint);
    outlet_.error(exit_code, message);
  }
  leave(exit_code);
}

/// Stops the loop when everything is written.
void Follower::leave(int exit_code) {
  if (exit_code_ == 0) exit_code_ = exit_code;  // what happens while leaving counts, too
  if (phase_ == Phase::leaving) return;
  if (phase_ == Phase::reading && transfer_) outlet_.ended("us", {});
  phase_ = Phase::leaving;
  reader_.abandon();
  transfer_.reset();
  attempt_timer_.stop();
  idle_timer_.stop();
  refusal_timer_.stop();
  flush();
  status_.erase();
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

/// Nothing waits for the reader of standard output.
void Follower::written() {
  if (reader_.done() && !outlet_.failed()) save_id();
  if (phase_ == Phase::leaving) return loop_.stop();
  show_status();
}

void Follower::save_id() {
  const auto saved = id_file_.save(reader_.last_id());
  if (saved) return;
  talk_.error(saved.error().message);
  leave(to_int(cli::Exit::write));
}

void Follower::update_pause() {
  const bool wanted = outlet_.congested() || reader_.waiting();
  if (!transfer_ || wanted == paused_) return;
  paused_ = wanted;
  transfer_->set_paused(wanted);
  watch_for_idleness();
}

/// While we hold the server up, its silence is our doing.
void Follower::watch_for_idleness() {
  if (!args_.idle_timeout) return;
  if (paused_) return idle_timer_.stop();
  idle_timer_.start(loop_.now() + *args_.idle_timeout);
}

void Follower::show_status() {
  if (!status_.enabled() || !outlet_.idle()) return;
  switch (phase_) {
    case Phase::connecting:
      return status_.show([this](Time) { return "connecting to " + args_.url.authority(); });
    case Phase::reading:
      return status_.show([this, since = loop_.now()](Time now) {
        const Duration quiet = now - since;
        std::string what = reader_.events() == 0 ? "waiting for the first event" : "waiting";
        if (quiet < std::chrono::seconds(2)) return what;
        return fmt::format("{}, for {} now", what,
                           time_text(std::chrono::floor<std::chrono::seconds>(quiet)));
      });
    case Phase::waiting:
      return status_.show([this](Time now) {
        const Duration left = std::max(next_attempt_ - now, Duration(0));
        return "connecting again in " + time_text(std::chrono::ceil<std::chrono::seconds>(left));
      });
    case Phase::refused:
    case Phase::leaving: return;
  }
}

std::string Follower::stats() const {
  return fmt::format("received {}, {}, over {} in {}", count_text(reader_.events(), "event"),
                     count_text(reader_.bytes(), "byte"), count_text(connections_, "connection"),
                     time_text(loop_.now() - started_));
}

}  // namespace sse_tail
