// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// A journal of sales, decided again: under the programme that was live, which must find
// every decision the same, and under one that gives more.  One thread.  Measured is all of
// it from the period's beginning: blocks read and verified, records decoded, decisions made,
// applied and counted.  The journal is in memory; the ledger that made it lets old
// transactions leave, as a server does.

#include <array>
#include <memory>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "engine/backtest/backtest.h"
#include "engine/base/check.h"
#include "engine/base/clock.h"
#include "engine/durability/memory_journal.h"
#include "engine/ledger/archive_slice.h"
#include "engine/ledger/ledger.h"
#include "engine/pipeline/group_commit.h"
#include "tests/testing/city.h"

namespace gonghui {
namespace {

constexpr CityOptions kCity{.members = 100'000, .merchants = 2'000};
constexpr size_t kBlockBytes = 1 << 20;
constexpr uint32_t kRowsMax = 1'000'000;
constexpr int64_t kDecisionsPerDay = 1'000'000;

// A recorded history of so many sales, and the city's programme as it was applied.
class History {
 public:
  explicit History(int64_t sales);

  MemoryJournal& journal() { return journal_; }
  [[nodiscard]] const OwnedProgramme& programme() const { return programme_; }

 private:
  void Run(const Command& command, TimestampNs at);
  void Commit();
  void LetOldOnesLeave(TimestampNs at);

  MemoryJournal journal_;
  std::unique_ptr<Ledger> ledger_ = std::make_unique<Ledger>();
  uint64_t epoch_ = 0;
  Block block_;
  Committer committer_{journal_, BlockHash{}};
  OwnedProgramme programme_;
  Event event_;
  Result result_;
};

OwnedProgramme CopyOf(const ProgrammeImage& image) {
  OwnedProgramme copy;
  copy.spec = image.programme;
  copy.benefits.assign(image.benefits.begin(), image.benefits.end());
  copy.limits.assign(image.limits.begin(), image.limits.end());
  copy.segments.assign(image.segments.begin(), image.segments.end());
  copy.mccs.assign(image.mccs.begin(), image.mccs.end());
  copy.merchants.assign(image.merchants.begin(), image.merchants.end());
  copy.hours.assign(image.hours.begin(), image.hours.end());
  copy.limit_refs.assign(image.limit_refs.begin(), image.limit_refs.end());
  copy.funding.assign(image.funding.begin(), image.funding.end());
  return copy;
}

History::History(int64_t sales) {
  epoch_ = *journal_.Acquire(0);
  block_.Reset(1);
  BuildCity(kCity, [this](const Command& command) {
    if (command.kind == CommandKind::kApplyProgramme) {
      programme_ = CopyOf(*command.programme);
      programme_.spec.content_hash = 1;
      const ProgrammeImage image = programme_.Image();
      Command apply = command;
      apply.programme = &image;
      Run(apply, TimestampNs{kCityNoon.value() - kNsPerSecond});
      return;
    }
    Run(command, TimestampNs{kCityNoon.value() - kNsPerSecond});
  });
  Prng prng(42);
  const int64_t every_ns = kSecondsPerDay * kNsPerSecond / kDecisionsPerDay;
  for (int64_t i = 0; i < sales; ++i) {
    const TimestampNs at{kCityNoon.value() + i * every_ns};
    Run(RandomSale(kCity, prng), at);
    GH_CHECK(result_.transaction.outcome == Outcome::kApproved, "sale=", i);
    if (i % 4'096 == 0) {
      LetOldOnesLeave(at);
    }
  }
  Commit();
  ledger_.reset();
}

void History::Run(const Command& command, TimestampNs at) {
  ledger_->Decide(command, at, &event_, &result_);
  GH_CHECK(event_.kind != EventKind::kNone, "kind=", command.kind, " field=", result_.field);
  block_.Add(event_);
  ledger_->Evolve(event_);
  if (block_.size_bytes() > kBlockBytes) {
    Commit();
  }
}

void History::Commit() {
  if (!block_.has_events()) {
    return;
  }
  block_.Close(0, epoch_, ledger_->StateHash());
  std::string why;
  GH_CHECK(committer_.CommitBlocking(block_, &why), why);
  committer_.Chain(block_);
  block_.Reset(block_.next_seq());
}

void History::LetOldOnesLeave(TimestampNs at) {
  const uint32_t rows = ledger_->transactions().size() - ledger_->archived_rows();
  if (rows <= kRowsMax) {
    return;
  }
  ArchiveSlice slice;
  ledger_->CopyForArchive(rows - kRowsMax, &slice);
  for (const ArchiveMark& mark : slice.StepsOf(4'096)) {
    Command command;
    command.kind = CommandKind::kArchive;
    command.archive = &mark;
    Run(command, at);
  }
  std::array<MemoryRange, Ledger::kReleasedMax> released;
  const size_t count = ledger_->TakeReleasedMemory(released);
  for (size_t i = 0; i < count; ++i) {
    ReleaseMemory(released[i]);
  }
}

History& HistoryOf(int64_t sales) {
  static std::unique_ptr<History> history;
  static int64_t made = 0;
  if (history == nullptr || made != sales) {
    history.reset();
    history = std::make_unique<History>(sales);
    made = sales;
  }
  return *history;
}

void Backtests(benchmark::State& state, bool changed) {
  const int64_t sales = state.range(0);
  History& history = HistoryOf(sales);
  OwnedProgramme programme = history.programme();
  if (changed) {
    programme.spec.content_hash = 2;
    for (BenefitSpec& benefit : programme.benefits) {
      benefit.price.member_pays_min = Fen{1};
      benefit.price.discount_max = Fen{150};
    }
  }
  Draft draft;
  draft.programme = programme.Image();
  BacktestOptions options;
  options.from = kCityNoon;
  options.to = kTimestampMax;
  options.scratch.rows_max = kRowsMax;
  const Clock& clock = SystemClock::Instance();
  int64_t decide_ns = 0;
  for (auto _ : state) {
    int64_t began_ns = 0;
    DraftRefusal refusal;
    const absl::StatusOr<BacktestReport> report = BacktestBlocking(
        history.journal(),
        draft,
        options,
        [&](const BacktestProgress& progress) {
          if (began_ns == 0 && progress.step == BacktestProgress::Step::kDecide) {
            began_ns = clock.MonotonicNs();
          }
          return true;
        },
        &refusal);
    decide_ns += clock.MonotonicNs() - began_ns;
    GH_CHECK(report.ok(), report.status().ToString());
    GH_CHECK_EQ(report->all.decisions, static_cast<uint64_t>(sales));
    GH_CHECK(changed || report->all.same == report->all.decisions, "same=", report->all.same);
    GH_CHECK(!changed || report->all.same != report->all.decisions, "same=", report->all.same);
    GH_CHECK(changed || report->all.subsidy_before == report->all.subsidy_after);
  }
  state.counters["decisions_per_s"] = static_cast<double>(state.iterations()) *
                                      static_cast<double>(sales) * 1e9 /
                                      static_cast<double>(decide_ns);
}

void Unchanged(benchmark::State& state) {
  Backtests(state, /*changed=*/false);
}
void Changed(benchmark::State& state) {
  Backtests(state, /*changed=*/true);
}

BENCHMARK(Unchanged)->Arg(100'000)->Arg(10'000'000)->Unit(benchmark::kMillisecond)->Iterations(1);
BENCHMARK(Changed)->Arg(100'000)->Arg(10'000'000)->Unit(benchmark::kMillisecond)->Iterations(1);

}  // namespace
}  // namespace gonghui
