// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// BacktestService.  One run at a time, on a thread of its own that gives way to all others;
// the call's thread tells how far it is and sees when the client is gone.

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <limits>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <absl/strings/str_cat.h>
#include <grpcpp/grpcpp.h>

#include "engine/backtest/backtest.h"
#include "engine/backtest/simulation.h"
#include "engine/domain/limits.h"
#include "engine/programmes/compiler.h"
#include "engine/server/backtest_reply.h"
#include "engine/server/grpc_status.h"
#include "engine/server/operator_call.h"
#include "engine/server/operator_services.h"
#include "engine/server/programme_file_check.h"
#include "engine/server/text_codec.h"
#include "engine/server/translate_rows.h"
#include "gonghui/v1/backtest_service.grpc.pb.h"

namespace gonghui {
namespace {

constexpr size_t kFileBytesMax = 1 << 20;
constexpr int32_t kPeriodDaysMax = 3'660;
constexpr int kPlacesMax = 100;
constexpr int kHours = 24;
constexpr uint32_t kWeightMax = 1'000'000;
constexpr int kNiceness = 10;
constexpr size_t kNamesPerInspect = 4'096;
constexpr auto kProgressInterval = std::chrono::milliseconds(200);

grpc::Status BadField(std::string_view field, std::string_view description) {
  return ToGrpcStatus(InvalidArgument(field, description));
}

grpc::Status Refused(StatusCode code, const char* reason, std::string message) {
  Refusal refusal;
  refusal.code = code;
  refusal.reason = reason;
  refusal.message = std::move(message);
  return ToGrpcStatus(refusal);
}

grpc::Status ReadDay(const std::string& text, const char* field, std::optional<CivilDay>* day) {
  if (text.empty()) {
    return grpc::Status::OK;
  }
  *day = ParseDay(text);
  return day->has_value() ? grpc::Status::OK
                          : BadField(field, "must be a day that exists, YYYY-MM-DD");
}

// What ends a run that made no report.
grpc::Status ToStatus(const absl::Status& status) {
  const std::string message(status.message());
  switch (status.code()) {
    case absl::StatusCode::kCancelled:
      return {grpc::StatusCode::CANCELLED, "the call was cancelled"};
    case absl::StatusCode::kInvalidArgument:
      return BadField("", message);
    case absl::StatusCode::kOutOfRange:
      return Refused(StatusCode::kFailedPrecondition, "NOTHING_RECORDED", message);
    case absl::StatusCode::kDataLoss:
      return Refused(StatusCode::kDataLoss, "JOURNAL_DAMAGED", message);
    default:
      return Refused(StatusCode::kInternal, "BACKTEST_FAILED", message);
  }
}

// What the ledger says of the draft, at its place in the file.
Diagnostic DiagnosticOf(const CompiledFile& file, const DraftRefusal& refusal) {
  const Result& result = refusal.result;
  if (result.verdict == Verdict::kFull) {
    return TableIsFull(result);
  }
  Diagnostic diagnostic;
  switch (refusal.kind) {
    case CommandKind::kDefineSegment:
      diagnostic = file.LocateSegment(result.field, result.admin_reason, refusal.index);
      break;
    case CommandKind::kSetFund:
      diagnostic = file.LocateFund(result.field, result.admin_reason, refusal.index);
      break;
    default:
      diagnostic = file.Locate(result.field, result.admin_reason, result.index);
      break;
  }
  const Words then = Say("this is as things stood when the period began: a later first day may do",
                         "这是按回测期开始时的情况判断的，推迟第一天或许可行");
  diagnostic.hint = diagnostic.hint.empty() ? then : Say("$0; $1", "$0；$1", diagnostic.hint, then);
  return diagnostic;
}

grpc::Status ReadProfile(const v1::SimulationProfile& from, SimulationProfile* profile) {
  profile->seed = from.seed() == 0 ? 1 : from.seed();
  if (from.visits_per_thousand() > kVisitsPerThousandMax) {
    return BadField("profile.visits_per_thousand", "must be at most 100000");
  }
  if (from.visits_per_thousand() != 0) {
    profile->visits_per_thousand = from.visits_per_thousand();
  }
  if (from.places_size() > kPlacesMax) {
    return BadField("profile.places", "must be at most 100");
  }
  for (int i = 0; i < from.places_size(); ++i) {
    const v1::VisitedPlace& place = from.places(i);
    const std::string path = absl::StrCat("profile.places[", i, "].");
    const uint32_t last = place.mcc_last() == 0 ? place.mcc_first() : place.mcc_last();
    if (place.mcc_first() < 1 || last > kMccMax || place.mcc_first() > last) {
      return BadField(path + "mcc_first", "categories must rise and be of 1 to 9999");
    }
    const int64_t price_max =
        place.price_max_fen() == 0 ? place.price_min_fen() : place.price_max_fen();
    if (place.price_min_fen() < 0 || price_max < place.price_min_fen() ||
        price_max > kTransactionFenMax) {
      return BadField(path + "price_min_fen", "prices must rise and be of 0 to 1000000000000 fen");
    }
    if (place.parts() > kWeightMax) {
      return BadField(path + "parts", "must be at most 1000000");
    }
    profile->places.push_back({{static_cast<Mcc>(place.mcc_first()), static_cast<Mcc>(last)},
                               std::max(place.parts(), 1u),
                               Fen{place.price_min_fen()},
                               Fen{price_max}});
  }
  if (from.hour_weights_size() != 0 && from.hour_weights_size() != kHours) {
    return BadField("profile.hour_weights", "must be 24 numbers, or none");
  }
  for (int i = 0; i < from.hour_weights_size(); ++i) {
    if (from.hour_weights(i) > kWeightMax) {
      return BadField("profile.hour_weights", "must be at most 1000000 each");
    }
    profile->hours[static_cast<size_t>(i)] = from.hour_weights(i);
  }
  return grpc::Status::OK;
}

// Work on a thread of its own, watched by the thread of a call.
class WatchedRun {
 public:
  using Work = std::function<absl::StatusOr<BacktestReport>(const BacktestWatcher&, DraftRefusal*)>;

  explicit WatchedRun(Work work) : work_(std::move(work)), thread_([this] { Run(); }) {}
  ~WatchedRun() {
    Cancel();
    thread_.join();
  }
  WatchedRun(const WatchedRun&) = delete;
  WatchedRun& operator=(const WatchedRun&) = delete;

  // Waits a little; true when it has ended.
  bool WaitBlocking(std::optional<BacktestProgress>* progress) {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait_for(lock, kProgressInterval, [this] { return done_; });
    *progress = progress_;
    return done_;
  }
  void Cancel() {
    const std::lock_guard<std::mutex> lock(mutex_);
    cancelled_ = true;
  }
  // REQUIRES: it has ended.
  absl::StatusOr<BacktestReport>& report() { return report_; }
  const DraftRefusal& refusal() const { return refusal_; }

 private:
  void Run() {
    // Of this thread alone, as Linux has it.  Whoever decides for a member goes first.
    ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kNiceness);
    absl::StatusOr<BacktestReport> report = work_(
        [this](const BacktestProgress& progress) {
          const std::lock_guard<std::mutex> lock(mutex_);
          progress_ = progress;
          return !cancelled_;
        },
        &refusal_);
    const std::lock_guard<std::mutex> lock(mutex_);
    report_ = std::move(report);
    done_ = true;
    changed_.notify_all();
  }

  const Work work_;
  absl::StatusOr<BacktestReport> report_ = absl::UnknownError("it has not ended");
  DraftRefusal refusal_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<BacktestProgress> progress_;  // guarded by mutex_, as all below
  bool cancelled_ = false;
  bool done_ = false;
  std::thread thread_;  // last: it uses all of the above
};

class BacktestService final : public v1::BacktestService::Service {
 public:
  explicit BacktestService(const OperatorContext& context)
      : engine_(context.engine), journal_(context.journal), rows_max_(context.rows_max) {}

  grpc::Status Backtest(grpc::ServerContext* context,
                        const v1::BacktestRequest* request,
                        grpc::ServerWriter<v1::BacktestResponse>* writer) override {
    std::optional<CompiledFile> file;
    bool answered = false;
    grpc::Status status = ReadFile(request->content(), writer, &file, &answered);
    if (!status.ok() || answered) {
      return status;
    }
    std::optional<CivilDay> first;
    std::optional<CivilDay> last;
    status = ReadDay(request->first_day(), "first_day", &first);
    if (status.ok()) {
      status = ReadDay(request->last_day(), "last_day", &last);
    }
    if (!status.ok()) {
      return status;
    }
    if (!first.has_value()) {
      return BadField("first_day", "must be told");
    }
    const CivilDay last_day = last.value_or(*first);
    if (last_day < *first || last_day - *first >= kPeriodDaysMax) {
      return BadField("last_day", "must be first_day or up to 3660 days from there");
    }
    BacktestOptions options;
    options.scratch = ScratchOf();
    options.from = StartOfBusinessDay(file->programme.calendar, *first);
    options.to = StartOfBusinessDay(file->programme.calendar, last_day + 1);
    options.widen_dates = !request->keep_dates();
    options.by_merchant_and_day = request->by_merchant_and_day();
    const Draft draft{file->segments, file->funds, file->image()};
    return RunBlocking(context, writer, *file, [&](const auto& watch, DraftRefusal* refusal) {
      return BacktestBlocking(*journal_, draft, options, watch, refusal);
    });
  }

  grpc::Status Simulate(grpc::ServerContext* context,
                        const v1::SimulateRequest* request,
                        grpc::ServerWriter<v1::SimulateResponse>* writer) override {
    std::optional<CompiledFile> file;
    bool answered = false;
    grpc::Status status = ReadFile(request->content(), writer, &file, &answered);
    if (!status.ok() || answered) {
      return status;
    }
    SimulationOptions options;
    status = ReadDay(request->first_day(), "first_day", &options.first_day);
    if (status.ok()) {
      status = ReadDay(request->like_day(), "like_day", &options.like);
    }
    if (status.ok()) {
      status = ReadProfile(request->profile(), &options.profile);
    }
    if (!status.ok()) {
      return status;
    }
    if (request->day_count() > kSimulatedDaysMax) {
      return BadField("day_count", "must be at most 366");
    }
    options.scratch = ScratchOf();
    options.days = std::max(request->day_count(), 1u);
    options.widen_dates = !request->keep_dates();
    options.by_merchant_and_day = request->by_merchant_and_day();
    const Draft draft{file->segments, file->funds, file->image()};
    return RunBlocking(context, writer, *file, [&](const auto& watch, DraftRefusal* refusal) {
      return SimulateBlocking(*journal_, draft, options, watch, refusal);
    });
  }

 private:
  [[nodiscard]] ScratchOptions ScratchOf() const {
    ScratchOptions options;
    options.shard = engine_->names().shard();
    options.rows_max = rows_max_;
    return options;
  }

  // *answered: the file is wrong, and the client knows.
  template <class Response>
  grpc::Status ReadFile(const std::string& content,
                        grpc::ServerWriter<Response>* writer,
                        std::optional<CompiledFile>* file,
                        bool* answered) {
    if (content.size() > kFileBytesMax) {
      return BadField("content", "must be at most 1 MiB");
    }
    CompileOutcome outcome = Compile(content);
    *answered = !outcome.ok();
    if (*answered) {
      Answer(outcome.diagnostics, writer);
    }
    *file = std::move(outcome.file);
    return grpc::Status::OK;
  }

  template <class Response>
  static void Answer(const std::vector<Diagnostic>& diagnostics,
                     grpc::ServerWriter<Response>* writer) {
    Response response;
    for (const Diagnostic& diagnostic : diagnostics) {
      ToProto(diagnostic, response.add_diagnostics());
    }
    writer->Write(response);
  }

  template <class Response>
  grpc::Status RunBlocking(grpc::ServerContext* context,
                           grpc::ServerWriter<Response>* writer,
                           const CompiledFile& file,
                           const WatchedRun::Work& work) {
    const std::unique_lock<std::mutex> turn(turn_, std::try_to_lock);
    if (!turn.owns_lock()) {
      return Refused(StatusCode::kResourceExhausted,
                     "BACKTEST_RUNNING",
                     "another backtest or simulation is running; one at a time");
    }
    WatchedRun run(work);
    std::optional<BacktestProgress> progress;
    while (!run.WaitBlocking(&progress)) {
      if (context->IsCancelled()) {
        run.Cancel();
        continue;
      }
      if (progress.has_value()) {
        Response response;
        ToProto(*progress, response.mutable_progress());
        if (!writer->Write(response)) {
          run.Cancel();
        }
      }
    }
    if (run.report().status().code() == absl::StatusCode::kFailedPrecondition) {
      Answer({DiagnosticOf(file, run.refusal())}, writer);
      return grpc::Status::OK;
    }
    if (!run.report().ok()) {
      return ToStatus(run.report().status());
    }
    std::vector<std::string> names;
    const grpc::Status named = NameMerchants(*run.report(), &names);
    if (!named.ok()) {
      return named;
    }
    const bool written =
        WriteReport(*run.report(), file.programme, names, [writer](const v1::BacktestReport& part) {
          Response response;
          *response.mutable_report() = part;
          return writer->Write(response);
        });
    return written ? grpc::Status::OK
                   : grpc::Status(grpc::StatusCode::CANCELLED, "the call was cancelled");
  }

  // As they are called today.  Some pages of the ledger thread's time.
  grpc::Status NameMerchants(const BacktestReport& report, std::vector<std::string>* names) {
    names->resize(report.merchants.size());
    for (size_t from = 0; from < names->size(); from += kNamesPerInspect) {
      const size_t to = std::min(names->size(), from + kNamesPerInspect);
      const grpc::Status status = Inspect(engine_, [&](const Ledger& ledger) {
        for (size_t i = from; i < to; ++i) {
          const MerchantRow row = ledger.FindMerchant(report.merchants[i].id);
          if (row != MerchantRow{}) {
            const DisplayName& name = ledger.merchant_names()[row];
            (*names)[i].assign(name.data(), name.size());
          }
        }
      });
      if (!status.ok()) {
        return status;
      }
    }
    return grpc::Status::OK;
  }

  Engine* const engine_;
  Journal* const journal_;
  const uint32_t rows_max_;
  std::mutex turn_;  // whoever runs has it
};

}  // namespace

std::unique_ptr<grpc::Service> MakeBacktestService(const OperatorContext& context) {
  return std::make_unique<BacktestService>(context);
}

}  // namespace gonghui
