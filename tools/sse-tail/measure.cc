#include "measure.h"

#include <fmt/format.h>

#include <utility>

#include "metric.h"

namespace sse_tail {
namespace {

cli::OutVariable text(std::string name, std::string value) {
  return {.name = std::move(name), .text = std::move(value)};
}

cli::OutVariable number(std::string name, std::uint64_t value) {
  return {.name = std::move(name), .text = std::to_string(value), .number = true};
}

std::string seconds(Duration time) {
  return plain_text(Unit::time, static_cast<double>(time.count()));
}

cli::OutVariable time(std::string name, Duration value) {
  return {.name = std::move(name), .text = seconds(value), .number = true};
}

/// Since the start, as all times of curl are.
cli::OutVariable since_start(std::string name, const std::optional<Duration>& sent,
                             const std::optional<Duration>& value) {
  cli::OutVariable variable{.name = std::move(name), .number = true};
  if (sent && value) variable.text = seconds(*sent + *value);
  return variable;
}

}  // namespace

bool wants_measure(const Args& args) {
  return args.timing || !args.fail_if.empty() || args.write_out;
}

void Measure::begun(Time now) {
  timing_.begun(now);
  redirects_ = 0;
}

void Measure::transfer(const net::HttpTransfer& transfer) {
  timing_.transfer(transfer.timings());
  method_ = transfer.method();
}

void Measure::answered(const net::HttpAnswer& answer) {
  status_ = answer.status;
  version_ = answer.version;
  url_ = answer.url;
  fields_.clear();
  for (const http::Field& field : answer.fields) {
    fields_.push_back(text(std::string(field.name), std::string(field.value)));
  }
  const http::Field* const type = http::find_field(answer.fields, "Content-Type");
  content_type_ = type == nullptr ? "" : type->value;
}

void Measure::left(Time now) {
  if (timing_.start()) total_ = now - *timing_.start();
}

void Measure::failed(std::string_view message) {
  if (error_.empty()) error_ = message;
}

cli::WrittenOut Measure::write_out(int exit_code, bool terminal) const {
  const std::vector<cli::OutVariable> all = variables(exit_code);
  return cli::write_out(
      *args_.write_out,
      {.variables = all, .fields = fields_, .failed = exit_code != 0, .terminal = terminal});
}

std::vector<cli::OutVariable> Measure::variables(int exit_code) const {
  const TimingReport report = timing_.report();
  const net::HttpTimings& connection = timing_.connection();
  // As curl writes it: three digits, also where there was no answer.
  const auto status = [this](std::string name) {
    return cli::OutVariable{
        .name = std::move(name), .text = fmt::format("{:03}", status_), .number = true};
  };
  const std::string url = args_.url.text();
  // libcurl's is of the last request alone.
  const Duration first_byte = connection.first_byte == Duration(0)
                                  ? Duration(0)
                                  : connection.redirect + connection.first_byte;
  std::vector<cli::OutVariable> all = {
      text("content_type", content_type_),
      text("errormsg", error_),
      number("exitcode", static_cast<std::uint64_t>(exit_code)),
      status("http_code"),
      text("http_version", version_),
      text("method", method_),
      number("num_redirects", redirects_),
      status("response_code"),
      text("scheme", args_.url.scheme),
      number("size_download", report.bytes + refused_bytes_),
      time("time_appconnect", connection.tls),
      time("time_connect", connection.connect),
      since_start("time_first_byte", report.sent, report.first_byte),
      since_start("time_first_event", report.sent, report.first_event),
      time("time_namelookup", connection.name_lookup),
      time("time_redirect", connection.redirect),
      time("time_starttransfer", first_byte),
      time("time_total", total_),
      since_start("time_ttft", report.sent, report.ttft),
      text("url", url),
      text("url_effective", url_.empty() ? url : url_),
  };
  for (cli::OutVariable& variable : all) {
    if (!variable.number && variable.text->empty()) variable.text.reset();
  }
  for (const Metric& metric : metrics()) {
    cli::OutVariable variable{.name = std::string(metric.name), .number = true};
    if (const auto value = metric.value(report)) variable.text = plain_text(metric.unit, *value);
    all.push_back(std::move(variable));
  }
  return all;
}

}  // namespace sse_tail
