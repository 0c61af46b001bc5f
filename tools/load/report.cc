// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tools/load/report.h"

#include <fmt/format.h>

#include <cmath>
#include <cstddef>
#include <iterator>
#include <string_view>
#include <utility>

#include "gonghui/v1/authorization_service.pb.h"
#include "tools/load/json_text.h"

namespace gonghui::load {
namespace {

constexpr struct {
  const char* name;
  uint64_t per_million;
} kPercentiles[] = {{"p50", 500'000}, {"p90", 900'000}, {"p99", 990'000}, {"p99.9", 999'000}};

// Of the stalls, the longest ones are told one by one.
constexpr size_t kStallsTold = 100;

constexpr const char* kGrpcCodeNames[kGrpcCodeCount] = {"OK",
                                                        "CANCELLED",
                                                        "UNKNOWN",
                                                        "INVALID_ARGUMENT",
                                                        "DEADLINE_EXCEEDED",
                                                        "NOT_FOUND",
                                                        "ALREADY_EXISTS",
                                                        "PERMISSION_DENIED",
                                                        "RESOURCE_EXHAUSTED",
                                                        "FAILED_PRECONDITION",
                                                        "ABORTED",
                                                        "OUT_OF_RANGE",
                                                        "UNIMPLEMENTED",
                                                        "INTERNAL",
                                                        "UNAVAILABLE",
                                                        "DATA_LOSS",
                                                        "UNAUTHENTICATED"};

// REASON_EXCEEDS_AMOUNT_LIMIT -> EXCEEDS_AMOUNT_LIMIT.
std::string ReasonName(size_t reason) {
  constexpr std::string_view kPrefix = "REASON_";
  const std::string name = v1::Reason_Name(static_cast<v1::Reason>(reason));
  return name.empty() ? std::to_string(reason) : name.substr(kPrefix.size());
}

double PerSecond(uint64_t count, double window_s) {
  return window_s > 0 ? static_cast<double>(count) / window_s : 0;
}

class Table {
 public:
  template <typename... Args>
  void Row(std::string_view name, fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(text_), "  {:<14}", name);
    fmt::format_to(std::back_inserter(text_), format, std::forward<Args>(args)...);
    text_ += '\n';
  }

  void Line(std::string_view line) {
    text_ += line;
    text_ += '\n';
  }

  std::string Take() { return std::move(text_); }

 private:
  std::string text_;
};

void LatencyRow(std::string_view name, const Histogram& latency_ns, Table* table) {
  std::string text;
  for (const auto& percentile : kPercentiles) {
    text += fmt::format(
        "{} {}   ", percentile.name, Duration(latency_ns.AtPerMillion(percentile.per_million)));
  }
  table->Row(name, "{}max {}", text, Duration(latency_ns.max()));
}

void StallsRow(const Stalls& stalls, Table* table) {
  if (stalls.slow_calls() > 0) {
    table->Row("stalls",
               "{} of more than {} ms, {} calls in them; the longest {}",
               WithCommas(stalls.list().size()),
               stalls.threshold_ns() / 1'000'000,
               WithCommas(stalls.slow_calls()),
               Duration(static_cast<uint64_t>(stalls.LongestNs())));
  }
}

std::string_view StepName(size_t step) {
  switch (static_cast<Step>(step)) {
    case Step::kSale:
      return "sale";
    case Step::kTap:
      return "tap";
    case Step::kHold:
      return "hold";
    case Step::kCapture:
      return "capture";
    case Step::kReversal:
      return "reversal";
    case Step::kRefund:
      return "refund";
  }
  return "?";
}

// What was asked for, when it was not sales alone.
bool HasSteps(const Stats& stats) {
  return stats.answered != stats.steps[static_cast<size_t>(Step::kSale)];
}

std::string CountsJson(const Stats& stats) {
  std::string reasons;
  for (size_t i = 1; i < kReasonCount; ++i) {
    if (stats.reasons[i] > 0) {
      reasons += fmt::format(
          R"({}"{}": {})", reasons.empty() ? "" : ", ", ReasonName(i), stats.reasons[i]);
    }
  }
  std::string errors;
  for (size_t i = 0; i < kGrpcCodeCount; ++i) {
    if (stats.errors[i] > 0) {
      errors += fmt::format(
          R"({}"{}": {})", errors.empty() ? "" : ", ", kGrpcCodeNames[i], stats.errors[i]);
    }
  }
  std::string steps;
  for (size_t i = 0; i < kStepCount; ++i) {
    if (stats.steps[i] > 0) {
      steps += fmt::format(R"({}"{}": {})", steps.empty() ? "" : ", ", StepName(i), stats.steps[i]);
    }
  }
  return fmt::format(
      R"("answered": {}, "calls": {}, "approved": {}, "approved_partial": {}, "declined": {}, )"
      R"("replayed": {}, "steps": {{{}}}, "follow_ups_declined": {}, "reasons": {{{}}}, )"
      R"("error_count": {}, "errors": {{{}}}, "refused_count": {}, "refused": {{{}}}, )"
      R"("late": {{{}}})",
      stats.answered,
      stats.calls,
      stats.outcomes[v1::OUTCOME_APPROVED],
      stats.outcomes[v1::OUTCOME_APPROVED_PARTIAL],
      stats.outcomes[v1::OUTCOME_DECLINED],
      stats.replays,
      steps,
      stats.follow_ups_declined,
      reasons,
      stats.ErrorCount(),
      errors,
      stats.refused_ns.count(),
      stats.refused_ns.count() > 0 ? LatencyJson(stats.refused_ns) : "",
      stats.late_ns.count() > 0 ? LatencyJson(stats.late_ns) : "");
}

constexpr double kNsPerMs = 1e6;

double Ms(int64_t ns) {
  return static_cast<double>(ns) / kNsPerMs;
}

// The clock that they are told by is the machine's, so that who watched the machine meanwhile
// can lay both side by side.
std::string StallsJson(const RunResult& result) {
  const Stalls& stalls = result.stalls;
  std::string longest;
  for (const Stall& stall : stalls.Longest(kStallsTold)) {
    longest += fmt::format(R"({}{{"from_s": {:.6f}, "ms": {:.3f}, "calls": {}}})",
                           longest.empty() ? "" : ",\n  ",
                           Ms(stall.from_ns - result.from_ns) / 1'000,
                           Ms(stall.length_ns()),
                           stall.calls);
  }
  return fmt::format(R"("threshold_ms": {}, "slow_calls": {}, "count": {}, "longest_ms": {:.3f}, )"
                     "\"window_from_monotonic_ns\": {},\n  \"longest\": [{}]",
                     stalls.threshold_ns() / 1'000'000,
                     stalls.slow_calls(),
                     stalls.list().size(),
                     Ms(stalls.LongestNs()),
                     result.from_ns,
                     longest);
}

std::string How(const Options& options) {
  std::string text = ModeName(options.mode);
  if (options.HasStream()) {
    text += fmt::format(", {} requests a message", options.items);
  }
  if (options.OpenLoop()) {
    text += fmt::format(", open loop at {}/s", WithCommas(options.rate));
  } else {
    text += ", closed loop";
    if (options.HasUnary()) {
      text += fmt::format(", {} calls in flight", options.inflight);
    }
    if (options.HasStream()) {
      text += fmt::format(", {} messages in flight", options.stream_inflight);
    }
  }
  return text + fmt::format(", {} connections, {} client thread{}",
                            options.connections,
                            options.threads,
                            options.threads == 1 ? "" : "s");
}

}  // namespace

std::string WithCommas(uint64_t number) {
  const std::string digits = std::to_string(number);
  std::string text;
  for (size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) {
      text += ',';
    }
    text += digits[i];
  }
  return text;
}

std::string Duration(uint64_t ns) {
  const auto value = static_cast<double>(ns);
  const auto three_digits = [](double x, const char* unit) {
    const int decimals = x < 9.995 ? 2 : x < 99.95 ? 1 : 0;
    return fmt::format("{:.{}f} {}", x, decimals, unit);
  };
  if (value < 999.5e3) {
    return three_digits(value / 1e3, "us");
  }
  if (value < 999.5e6) {
    return three_digits(value / 1e6, "ms");
  }
  return three_digits(value / 1e9, "s");
}

std::string ProgressLine(double elapsed_s, bool warming_up, double window_s, const Stats& window) {
  if (warming_up) {
    return fmt::format("{:5.0f} s  warming up", elapsed_s);
  }
  return fmt::format(
      "{:5.0f} s  {:>11}/s  p50 {:>8}  p99 {:>8}  declined {}  errors {}",
      elapsed_s,
      WithCommas(static_cast<uint64_t>(std::llround(PerSecond(window.answered, window_s)))),
      Duration(window.latency_ns.AtPerMillion(500'000)),
      Duration(window.latency_ns.AtPerMillion(990'000)),
      WithCommas(window.outcomes[v1::OUTCOME_DECLINED]),
      WithCommas(window.ErrorCount()));
}

std::string SummaryTable(const Options& options, const RunResult& result) {
  Stats all = result.unary;
  all.Merge(result.stream);
  Table table;
  table.Line("gonghui-load: " + How(options));
  table.Row(
      "rate",
      "{}/s   {} answered in {:.1f} s",
      WithCommas(static_cast<uint64_t>(std::llround(PerSecond(all.answered, result.window_s)))),
      WithCommas(all.answered),
      result.window_s);
  if (options.mode == Mode::kMixed) {
    LatencyRow("unary", result.unary.latency_ns, &table);
    LatencyRow("stream", result.stream.latency_ns, &table);
  } else {
    LatencyRow("latency", all.latency_ns, &table);
  }
  if (all.late_ns.count() > 0) {
    LatencyRow("sent late by", all.late_ns, &table);
  }
  table.Row("approved", "{}", WithCommas(all.outcomes[v1::OUTCOME_APPROVED]));
  if (all.outcomes[v1::OUTCOME_APPROVED_PARTIAL] > 0) {
    table.Row("  in part", "{}", WithCommas(all.outcomes[v1::OUTCOME_APPROVED_PARTIAL]));
  }
  table.Row("declined", "{}", WithCommas(all.outcomes[v1::OUTCOME_DECLINED]));
  for (size_t i = 1; i < kReasonCount; ++i) {
    if (all.reasons[i] > 0) {
      table.Row("", "{:>12}  {}", WithCommas(all.reasons[i]), ReasonName(i));
    }
  }
  if (HasSteps(all)) {
    for (size_t i = 0; i < kStepCount; ++i) {
      if (all.steps[i] > 0) {
        table.Row(StepName(i), "{}", WithCommas(all.steps[i]));
      }
    }
  }
  if (all.follow_ups_declined > 0) {
    table.Row("not followed",
              "{} captures, reversals or refunds were declined",
              WithCommas(all.follow_ups_declined));
  }
  if (all.replays > 0) {
    table.Row("replayed", "{}", WithCommas(all.replays));
  }
  table.Row("errors", "{}", WithCommas(all.ErrorCount()));
  for (size_t i = 0; i < kGrpcCodeCount; ++i) {
    if (all.errors[i] > 0) {
      table.Row("", "{:>12}  {}", WithCommas(all.errors[i]), kGrpcCodeNames[i]);
    }
  }
  if (options.OpenLoop()) {
    StallsRow(result.stalls, &table);
  }
  if (all.refused_ns.count() > 0) {
    LatencyRow("refused in", all.refused_ns, &table);
  }
  if (result.failed > all.ErrorCount()) {
    table.Row(
        "", "{:>12}  in the warm-up or at the end", WithCommas(result.failed - all.ErrorCount()));
  }
  if (result.unsent > 0) {
    table.Row("never sent",
              "{}: the rate was not reached; these count as slow as they had waited",
              WithCommas(result.unsent));
  }
  table.Row(
      "checked", "{} answers, {} wrong", WithCommas(result.checked + result.wrong), result.wrong);
  return table.Take();
}

std::string SummaryJson(const Options& options, const RunResult& result) {
  Stats all = result.unary;
  all.Merge(result.stream);
  std::string json = fmt::format(
      "{{\"label\": \"{}\", \"mode\": \"{}\", \"loop\": \"{}\", \"offered_per_s\": {}, "
      "\"items\": {}, \"inflight\": {}, \"stream_inflight\": {}, \"connections\": {}, "
      "\"threads\": {}, \"seed\": {}, \"window_s\": {:.3f}, \"rate_per_s\": {:.1f},\n {},\n {},\n "
      "\"never_sent\": {}, \"checked\": {}, \"failed\": {}, \"wrong\": {},\n "
      "\"stalls\": {{{}}}",
      Escaped(options.label),
      ModeName(options.mode),
      options.OpenLoop() ? "open" : "closed",
      options.rate,
      options.items,
      options.HasUnary() ? options.inflight : 0,
      options.HasStream() ? options.stream_inflight : 0,
      options.connections,
      options.threads,
      options.seed,
      result.window_s,
      PerSecond(all.answered, result.window_s),
      LatencyJson(all.latency_ns),
      CountsJson(all),
      result.unsent,
      result.checked,
      result.failed,
      result.wrong,
      StallsJson(result));
  if (options.mode == Mode::kMixed) {
    for (const auto& [name, stats] :
         {std::pair("unary", &result.unary), std::pair("stream", &result.stream)}) {
      json += fmt::format(",\n \"{}\": {{\"rate_per_s\": {:.1f}, {},\n  {}}}",
                          name,
                          PerSecond(stats->answered, result.window_s),
                          LatencyJson(stats->latency_ns),
                          CountsJson(*stats));
    }
  }
  return json + "}\n";
}

}  // namespace gonghui::load
