// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// programme backtest|simulate: see before you spend.

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/clock.h"
#include "gonghui/v1/backtest_service.pb.h"
#include "tools/gonghuictl/backtest_html.h"
#include "tools/gonghuictl/backtest_words.h"
#include "tools/gonghuictl/commands/commands.h"
#include "tools/gonghuictl/commands/common.h"
#include "tools/gonghuictl/commands/programme_common.h"
#include "tools/gonghuictl/interrupt.h"
#include "tools/gonghuictl/views_backtest.h"

namespace gonghui::ctl {
namespace {

constexpr int64_t kTickMs = 100;
constexpr size_t kHours = 24;
constexpr uint64_t kPartsMax = 1'000'000;
constexpr uint64_t kMccMax = 9'999;

struct TryFlags {
  std::string path;
  std::string days;
  std::string html_path;
  bool keep_dates = false;
  bool by_merchant_and_day = false;
  bool quiet = false;
};

struct SimulateFlags {
  TryFlags common;
  std::string like;
  std::string visits = "1";
  std::vector<std::string> places;
  std::vector<std::string> peaks;
  uint32_t peak_weight = 4;
  uint64_t seed = 1;
};

// "2026-10-01" or "2026-10-01..2026-10-31", both included, as in programme files.
bool ReadDays(const std::string& text, std::string* first, std::string* last) {
  const size_t dots = text.find("..");
  *first = text.substr(0, dots);
  *last = dots == std::string::npos ? *first : text.substr(dots + 2);
  return IsDay(*first) && IsDay(*last) && *first <= *last;
}

bool ReadNumber(std::string_view text, uint64_t max, uint64_t* number) {
  const absl::StatusOr<uint64_t> parsed = ParseUnsigned(text, max);
  *number = parsed.value_or(0);
  return parsed.ok();
}

// "4111:60:2..7": category (or FIRST-LAST), parts, price in yuan (or FROM..TO).
bool ReadPlace(const std::string& text, v1::VisitedPlace* place) {
  const size_t one = text.find(':');
  const size_t two = one == std::string::npos ? one : text.find(':', one + 1);
  if (two == std::string::npos) {
    return false;
  }
  const std::string mccs = text.substr(0, one);
  const std::string prices = text.substr(two + 1);
  const size_t dash = mccs.find('-');
  const size_t dots = prices.find("..");
  uint64_t first = 0;
  uint64_t last = 0;
  uint64_t parts = 0;
  if (!ReadNumber(mccs.substr(0, dash), kMccMax, &first) ||
      !ReadNumber(dash == std::string::npos ? mccs : mccs.substr(dash + 1), kMccMax, &last) ||
      !ReadNumber(text.substr(one + 1, two - one - 1), kPartsMax, &parts)) {
    return false;
  }
  const absl::StatusOr<int64_t> low = ParseYuan(prices.substr(0, dots));
  const absl::StatusOr<int64_t> high =
      ParseYuan(dots == std::string::npos ? prices : prices.substr(dots + 2));
  if (!low.ok() || !high.ok()) {
    return false;
  }
  place->set_mcc_first(static_cast<uint32_t>(first));
  place->set_mcc_last(static_cast<uint32_t>(last));
  place->set_parts(static_cast<uint32_t>(parts));
  place->set_price_min_fen(*low);
  place->set_price_max_fen(*high);
  return first >= 1 && last >= first && parts >= 1 && *high >= *low;
}

// "7-9": from seven o'clock to nine.
bool ReadPeak(const std::string& text, uint32_t weight, std::vector<uint32_t>* hours) {
  const size_t dash = text.find('-');
  uint64_t from = 0;
  uint64_t until = 0;
  if (dash == std::string::npos || !ReadNumber(text.substr(0, dash), kHours - 1, &from) ||
      !ReadNumber(text.substr(dash + 1), kHours, &until) || from >= until) {
    return false;
  }
  std::fill(hours->begin() + static_cast<int64_t>(from),
            hours->begin() + static_cast<int64_t>(until),
            weight);
  return true;
}

// Thousandths: "0.8" -> 800.
bool ReadVisits(const std::string& text, uint32_t* per_thousand) {
  const size_t dot = text.find('.');
  uint64_t whole = 0;
  uint64_t part = 0;
  std::string decimals = dot == std::string::npos ? "" : text.substr(dot + 1);
  if (decimals.size() > 3 || (dot != std::string::npos && decimals.empty()) ||
      !ReadNumber(text.substr(0, dot), 100, &whole)) {
    return false;
  }
  decimals.resize(3, '0');
  if (!ReadNumber(decimals, 999, &part)) {
    return false;
  }
  *per_thousand = static_cast<uint32_t>(whole * 1'000 + part);
  return *per_thousand > 0 && *per_thousand <= 100'000;
}

std::string_view StepWord(v1::BacktestProgress::Step step) {
  switch (step) {
    case v1::BacktestProgress::STEP_REPLAY:
      return "replay";
    case v1::BacktestProgress::STEP_BASELINE:
      return "as it is";
    default:
      return "with the draft";
  }
}

// One call: shows how far it is, and puts the report together.
template <class Response>
class Run {
 public:
  Run(Context* context, const TryFlags& flags) : context_(context), flags_(flags) {}

  ExitCode Call(std::string_view method, const google::protobuf::Message& request) {
    const absl::StatusOr<Client*> client = context_->ClientFor(Listener::kOperator);
    if (!client.ok()) {
      return context_->Fail(ExitCode::kUsage, std::string(client.status().message()));
    }
    const std::unique_ptr<CallStream> stream = (*client)->StartStream(method);
    const int64_t idle_ns = std::max<int64_t>(context_->options.timeout_ms, 1) * 1'000'000;
    const Clock& clock = SystemClock::Instance();
    int64_t heard_ns = clock.MonotonicNs();
    bool asked = false;
    bool silent = false;
    for (bool closed = false; !closed;) {
      if (stream->CanWrite()) {
        if (asked) {
          stream->StartWritesDone();
        } else {
          stream->StartWrite(request);
        }
        asked = true;
      }
      Response response;
      switch (stream->WaitBlocking(kTickMs, &response)) {
        case CallStream::Event::kAnswer:
          heard_ns = clock.MonotonicNs();
          Take(response);
          break;
        case CallStream::Event::kClosed:
          closed = true;
          break;
        case CallStream::Event::kWritten:
        case CallStream::Event::kNothing:
          break;
      }
      silent = silent || clock.MonotonicNs() - heard_ns > idle_ns;
      if (!closed && (Interrupted() || silent)) {
        stream->Cancel();
      }
    }
    progress_.reset();
    if (Interrupted()) {
      return context_->Fail(ExitCode::kInterrupted, "interrupted");
    }
    if (silent) {
      return context_->Fail(ExitCode::kTimeout, "no answer for " + FormatDuration(idle_ns));
    }
    return Finish(stream->status());
  }

  [[nodiscard]] const v1::BacktestReport& report() const { return report_; }

 private:
  void Take(const Response& response) {
    if (response.has_progress()) {
      const v1::BacktestProgress& progress = response.progress();
      if (!progress_.has_value() || progress.step() != step_) {
        step_ = progress.step();
        progress_.emplace(context_->progress_mode(flags_.quiet),
                          std::string(StepWord(step_)),
                          stderr,
                          &SystemClock::Instance());
        done_before_ = progress.done_count();
      }
      ProgressNumbers numbers;
      numbers.rows_done = progress.done_count();
      numbers.rows_total = progress.total_count();
      numbers.rows_before = done_before_;
      progress_->Update(numbers);
    }
    if (response.has_report()) {
      report_.MergeFrom(response.report());
    }
    diagnostics_.MergeFrom(response.diagnostics());
  }

  ExitCode Finish(const RpcStatus& status) {
    if (!status.ok()) {
      std::string text = FormatRpcStatus(status);
      text.pop_back();  // the line ends once
      return context_->Fail(ExitCodeFor(status), text);
    }
    if (!diagnostics_.empty()) {
      NoteDiagnostics(context_, flags_.path, diagnostics_);
      return context_->Fail(ExitCode::kRefused, CountDiagnostics(diagnostics_));
    }
    return ExitCode::kOk;
  }

  Context* const context_;
  const TryFlags& flags_;
  std::optional<Progress> progress_;
  v1::BacktestProgress::Step step_ = v1::BacktestProgress::STEP_UNSPECIFIED;
  uint64_t done_before_ = 0;
  v1::BacktestReport report_;
  Diagnostics diagnostics_;
};

ExitCode WriteHtml(Context* context,
                   const TryFlags& flags,
                   const v1::BacktestReport& report,
                   bool simulated) {
  const std::string html = BacktestHtml(report, {simulated, flags.path});
  std::FILE* const file = std::fopen(flags.html_path.c_str(), "wb");
  bool written = file != nullptr && std::fwrite(html.data(), 1, html.size(), file) == html.size();
  written = (file == nullptr || std::fclose(file) == 0) && written;
  if (!written) {
    return context->Fail(ExitCode::kError,
                         fmt::format("cannot write {}: {}", flags.html_path, std::strerror(errno)));
  }
  context->Note("wrote " + flags.html_path);
  return ExitCode::kOk;
}

template <class Response, class Request>
ExitCode Try(Context* context,
             const TryFlags& flags,
             std::string_view method,
             Request* request,
             bool simulated) {
  const ExitCode read = ReadProgrammeFile(context, flags.path, request->mutable_content());
  if (read != ExitCode::kOk) {
    return read;
  }
  request->set_file_name(flags.path);
  request->set_keep_dates(flags.keep_dates);
  request->set_by_merchant_and_day(flags.by_merchant_and_day);
  Run<Response> run(context, flags);
  ExitCode exit = run.Call(method, *request);
  if (exit != ExitCode::kOk) {
    return exit;
  }
  ShowBacktest(run.report(), &context->out());
  context->out().Flush();
  for (const auto& notes : {BacktestNotes(run.report()), FigureNotes(run.report(), simulated)}) {
    for (const Words& note : notes) {
      context->Note(note.en + "\n  " + note.zh);
    }
  }
  if (!flags.html_path.empty()) {
    exit = WriteHtml(context, flags, run.report(), simulated);
  }
  return exit;
}

ExitCode Backtest(Context* context, const TryFlags& flags) {
  v1::BacktestRequest request;
  if (!ReadDays(flags.days, request.mutable_first_day(), request.mutable_last_day())) {
    return context->Fail(ExitCode::kUsage,
                         "--days must be YYYY-MM-DD or YYYY-MM-DD..YYYY-MM-DD, in that order");
  }
  return Try<v1::BacktestResponse>(
      context, flags, "gonghui.v1.BacktestService.Backtest", &request, /*simulated=*/false);
}

ExitCode ReadProfile(Context* context, const SimulateFlags& flags, v1::SimulationProfile* profile) {
  profile->set_seed(flags.seed);
  uint32_t visits = 0;
  if (!ReadVisits(flags.visits, &visits)) {
    return context->Fail(ExitCode::kUsage,
                         "--visits must be above 0 and at most 100, with at most three decimals");
  }
  profile->set_visits_per_thousand(visits);
  for (const std::string& place : flags.places) {
    if (!ReadPlace(place, profile->add_places())) {
      return context->Fail(
          ExitCode::kUsage,
          fmt::format("--at {}: must be CATEGORY:PARTS:YUAN, such as 4111:60:2..7 or "
                      "5311-5411:20:9.90",
                      place));
    }
  }
  if (flags.peaks.empty()) {
    return ExitCode::kOk;
  }
  std::vector<uint32_t> hours(kHours, 0);
  std::fill(hours.begin() + 6, hours.begin() + 22, 1);
  for (const std::string& peak : flags.peaks) {
    if (!ReadPeak(peak, flags.peak_weight, &hours)) {
      return context->Fail(ExitCode::kUsage,
                           fmt::format("--peak {}: must be hours, such as 7-9", peak));
    }
  }
  profile->mutable_hour_weights()->Add(hours.begin(), hours.end());
  return ExitCode::kOk;
}

// Days from one to the other, both included; both exist.
absl::StatusOr<uint32_t> CountDays(const std::string& first, const std::string& last) {
  const absl::StatusOr<Instant> from = ParseDay(first, "UTC");
  const absl::StatusOr<Instant> to = ParseDay(last, "UTC");
  if (!from.ok() || !to.ok()) {
    return absl::InvalidArgumentError("no such day");
  }
  return static_cast<uint32_t>((to->seconds - from->seconds) / 86'400 + 1);
}

ExitCode Simulate(Context* context, const SimulateFlags& flags) {
  v1::SimulateRequest request;
  if (!flags.common.days.empty()) {
    std::string last;
    if (!ReadDays(flags.common.days, request.mutable_first_day(), &last)) {
      return context->Fail(ExitCode::kUsage,
                           "--days must be YYYY-MM-DD or YYYY-MM-DD..YYYY-MM-DD, in that order");
    }
    const absl::StatusOr<uint32_t> count = CountDays(request.first_day(), last);
    if (!count.ok()) {
      return context->Fail(ExitCode::kUsage, "--days: " + std::string(count.status().message()));
    }
    request.set_day_count(*count);
  }
  if (!flags.like.empty()) {
    if (!IsDay(flags.like)) {
      return context->Fail(ExitCode::kUsage, "--like must be YYYY-MM-DD");
    }
    request.set_like_day(flags.like);
  }
  const ExitCode profile = ReadProfile(context, flags, request.mutable_profile());
  if (profile != ExitCode::kOk) {
    return profile;
  }
  return Try<v1::SimulateResponse>(context,
                                   flags.common,
                                   "gonghui.v1.BacktestService.Simulate",
                                   &request,
                                   /*simulated=*/true);
}

CLI::Option* AddCommon(CLI::App* command, TryFlags* flags) {
  command->add_option("FILE", flags->path, "YAML, at most 1 MiB")->required();
  CLI::Option* const days = command->add_option(
      "--days", flags->days, "Business days of the draft's zone: YYYY-MM-DD or FIRST..LAST");
  command->add_flag(
      "--keep-dates", flags->keep_dates, "The draft's own dates hold; else they cover the days");
  command->add_flag("--by-merchant-and-day",
                    flags->by_merchant_and_day,
                    "Also each merchant's part of each day: JSON and CSV");
  command->add_option("--html",
                      flags->html_path,
                      "Also write a report with plots to this file, for any browser, also "
                      "without\na network (网页报告)");
  command->add_flag("-q,--quiet", flags->quiet, "Show no progress");
  return days;
}

}  // namespace

void AddBacktestCommands(CLI::App* group, Context* context) {
  const auto backtest_flags = std::make_shared<TryFlags>();
  CLI::App* backtest = AddCommand(
      group,
      context,
      "backtest",
      "Decides a recorded period again, as if a draft had been live; changes nothing (回测)",
      {"programme backtest metro.yaml --days 2026-10-01..2026-10-31",
       "programme backtest metro.yaml --days 2026-10-01..2026-10-31 --html october.html",
       "programme backtest metro.yaml --days 2026-10-08 -o json"},
      [context, backtest_flags] { return Backtest(context, *backtest_flags); });
  AddCommon(backtest, backtest_flags.get())->required();

  const auto flags = std::make_shared<SimulateFlags>();
  CLI::App* simulate = AddCommand(
      group,
      context,
      "simulate",
      "Decides days to come on visits that are made up, with a draft and without; changes nothing "
      "(模拟)",
      {"programme simulate metro.yaml --days 2026-12-01..2026-12-07 --like 2026-11-20",
       "programme simulate metro.yaml --visits 0.8 --at 4111:60:2..7 --at 5411:40:10..80",
       "programme simulate metro.yaml --peak 7-9 --peak 17-19 --seed 7 --html week.html"},
      [context, flags] { return Simulate(context, *flags); });
  AddCommon(simulate, &flags->common);
  simulate->add_option("--like", flags->like, "Visits as on this recorded business day");
  simulate->add_option("--visits", flags->visits, "Visits of each member a day; default: 1")
      ->excludes("--like");
  simulate
      ->add_option(
          "--at", flags->places, "CATEGORY:PARTS:YUAN, where and for how much; may be given again")
      ->excludes("--like");
  simulate->add_option("--peak", flags->peaks, "Busy hours, such as 7-9; may be given again")
      ->excludes("--like");
  simulate->add_option("--peak-weight", flags->peak_weight, "How busy beside others; default: 4")
      ->check(CLI::Range(1u, 1'000'000u));
  simulate->add_option("--seed", flags->seed, "Where chance begins; default: 1")
      ->check(CLI::Range(uint64_t{1}, UINT64_MAX));
}

}  // namespace gonghui::ctl
