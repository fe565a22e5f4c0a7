// What is measured of one run, and noted of it for --write-out. There is none unless one of the
// options is given that need it. No clock, no I/O.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/write_out.h"
#include "net/http_client.h"
#include "options.h"
#include "timing.h"

namespace sse_tail {

/// Any option asks for it.
bool wants_measure(const Args& args);

class Measure {
 public:
  /// `args` must outlive it.
  explicit Measure(const Args& args) : args_(args), timing_(args.stall), method_(args.method) {}

  Timing& timing() { return timing_; }
  TimingReport report() const { return timing_.report(); }

  /// An attempt begins.
  void begun(Time now);
  void redirected() { ++redirects_; }

  /// What is known of the transfer by now: ahead of each of the following calls.
  void transfer(const net::HttpTransfer& transfer);

  void answered(const net::HttpAnswer& answer);

  /// Of the body of an answer that is no stream.
  void refused(std::size_t size) { refused_bytes_ += size; }

  /// We leave the run.
  void left(Time now);

  /// Only the first counts.
  void failed(std::string_view message);

  /// --write-out, which is given. `terminal`: standard output is one.
  cli::WrittenOut write_out(int exit_code, bool terminal) const;

 private:
  std::vector<cli::OutVariable> variables(int exit_code) const;

  const Args& args_;
  Timing timing_;
  std::string method_;   // of the latest request
  unsigned status_ = 0;  // of the latest answer
  std::string version_ = "0";
  std::string url_;
  std::string content_type_;
  std::vector<cli::OutVariable> fields_;
  std::uint64_t redirects_ = 0;  // of the latest attempt
  std::uint64_t refused_bytes_ = 0;
  std::string error_;
  Duration total_ = Duration(0);
};

}  // namespace sse_tail
