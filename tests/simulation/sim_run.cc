// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tests/simulation/sim_run.h"

#include <algorithm>
#include <utility>

#include <absl/strings/str_cat.h>

#include "engine/base/check.h"
#include "engine/domain/calendar.h"
#include "engine/ledger/archive_slice.h"
#include "tests/model/ledger_pair.h"
#include "tests/simulation/sim_trace.h"

namespace gonghui {
namespace {

constexpr uint16_t kShard = 7;  // the model's ids have it, too
// Turns until everybody must have been answered once nothing goes wrong any more.
constexpr int kTurnsOfRestMax = 200'000;

}  // namespace

SimRun::SimRun(const SimPlan& plan)
    : plan_(plan),
      prng_(plan.seed ^ 0x51),
      disk_(plan.seed ^ 0xd15c, &outcome_.faults),
      oracle_(kShard, clock_),
      random_(plan.seed) {
  MakeTemper();
  options_ = MakeOptions();
  DrawWorkers();
}

SimRun::~SimRun() = default;

SimOutcome SimRun::Run() {
  StartAgain(/*faults=*/false);
  if (ok()) {
    BuildWorld();
  }
  building_ = false;
  if (plan_.disk_lies) {
    disk_.Lie();
  }
  while (ok() && thought_of_ < plan_.commands) {
    TakeTurn();
  }
  if (ok()) {
    ComeToRest();
  }
  if (ok()) {
    Audit();
  }
  outcome_.problem = oracle_.problem();
  outcome_.commands = thought_of_;
  outcome_.operations = oracle_.decisions();
  return outcome_;
}

// Seeds differ in what goes wrong: of many faults at once each hides what another would show.
void SimRun::MakeTemper() {
  for (size_t i = 0; i < kSimFaultCount; ++i) {
    const bool may = plan_.faults.Has(static_cast<SimFault>(i));
    const bool does = prng_.Chance(3, 5);
    const auto once_in = static_cast<uint32_t>(uint64_t{1} << prng_.Between(1, 5));
    temper_.once_in[i] = may && does ? once_in : 0;
  }
  temper_.waiting_max = static_cast<uint64_t>(prng_.Between(1, 40));
  temper_.bundle_max = prng_.Chance(1, 2) ? 1 : static_cast<uint64_t>(prng_.Between(2, 12));
  temper_.looks_once_in = 400;
  temper_.tables_are_small =
      temper_.once_in[static_cast<size_t>(SimFault::kTablesFull)] != 0 && prng_.Chance(1, 3);
  // Drawn apart: the rest of a seed stays as it was when it found something.
  temper_.all_leaves_in_the_end =
      !temper_.tables_are_small && Prng(plan_.seed ^ 0x1ea5e).Chance(1, 2);
}

bool SimRun::Strikes(SimFault fault) {
  const uint32_t once_in = temper_.once_in[static_cast<size_t>(fault)];
  return !building_ && !resting_ && once_in != 0 && prng_.Chance(1, once_in);
}

EngineOptions SimRun::MakeOptions() {
  EngineOptions options;
  options.shard = kShard;
  options.threads = EngineThreads::kNone;
  options.observer = &oracle_;
  options.pipeline = static_cast<CommitPipeline>(prng_.Between(1, 3));
  options.ring_slots = 1u << prng_.Between(3, 7);
  options.in_flight_commands_max = static_cast<uint32_t>(prng_.Between(100, 400));
  options.block_bytes_max = 1u << prng_.Between(9, 16);
  options.checkpoint_journal_bytes = uint64_t{1} << prng_.Between(12, 17);
  options.checkpoint_interval_ns = int64_t{1} << prng_.Between(30, 45);
  options.checkpoint_at_stop = prng_.Chance(3, 4);
  options.archive_after_ns = int64_t{1} << prng_.Between(36, 50);
  options.archive_rows_max = 1u << prng_.Between(3, 12);
  options.archive_slice_rows = 1u << prng_.Between(2, 8);
  options.archive_begin_rows = 1u << prng_.Between(1, 6);
  options.limits = LedgerPair::SmallLimits();
  if (temper_.tables_are_small) {
    options.limits.transactions_max = 1u << prng_.Between(6, 10);
    options.limits.counters_max = 1u << prng_.Between(8, 12);
    options.limits.advices_max = 1u << prng_.Between(4, 8);
    options.limits.vouchers_max = 1u << prng_.Between(6, 12);
  }
  options.fail_stop = [this](const std::string& why) { failed_ = why; };
  options.archive_unreadable = [this](const std::string&) { told_unreadable_ = true; };
  return options;
}

// One after another: what a world is made of needs what comes before it.
void SimRun::BuildWorld() {
  for (const OwnedCommand& command : random_.Setup()) {
    const size_t wish = AddWish(command);
    SubmitTo({{wish}});
    for (int i = 0; i < 1'000 && ok() && !wishes_[wish].answered; ++i) {
      StepAll();
      AfterDisk();
      while (!replies_.empty()) {
        DeliverReply();
      }
    }
    if (!wishes_[wish].answered) {
      oracle_.Report("the world can not be built: " + failed_);
      return;
    }
  }
}

void SimRun::TakeTurn() {
  clock_.PassNs(prng_.Between(1, 200'000));
  const uint64_t dice = prng_.Below(100);
  if (dice < 18 && waiting_.size() < temper_.waiting_max) {
    ThinkOfSomething();
  } else if (dice < 40) {
    DeliverRequest();
  } else if (dice < 52) {
    DeliverReply();
  } else if (dice < 56) {
    GrowImpatient();
  } else if (dice < 57) {
    offline_.empty() ? GoOffline() : ComeOnline();
  } else if (dice < 58 && prng_.Chance(1, 4)) {
    MaybeBreakDown();
  } else {
    StepSomeWorker();
  }
  AfterDisk();
  if (ok() && engine_ != nullptr && prng_.Chance(1, temper_.looks_once_in)) {
    oracle_.Compare(engine_->names(), "on the way");
  }
}

void SimRun::ComeToRest() {
  Trace("nothing goes wrong any more");
  resting_ = true;
  disk_.Repair();
  disk_.Disarm();
  offline_.clear();
  if (!failed_.empty() || disk_.has_struck()) {
    StartAgain(/*faults=*/false);
  }
  for (int turn = 0; turn < kTurnsOfRestMax && ok(); ++turn) {
    clock_.PassNs(prng_.Between(1, 200'000));
    StepAll();
    AfterDisk();
    DeliverRequest();
    DeliverReply();
    if (requests_.empty() && replies_.empty() && calls_.empty()) {
      if (waiting_.empty()) {
        if (temper_.all_leaves_in_the_end) {
          LetOldOnesLeave();
        }
        return ComeToNothingDue();
      }
      for (const size_t wish : waiting_) {
        Send({wish});
      }
    }
  }
  oracle_.Report(absl::StrCat(waiting_.size(),
                              " wishes are never answered, of these ",
                              calls_.size(),
                              " calls never completed"));
}

// Nobody asks for anything, so nobody goes by what he found in the archive before: once all is old
// enough nothing stays in memory but open holds, and what came back and leaves with whatever is
// decided next.  Whoever has looked and not said that he is done would keep it there for ever.
void SimRun::LetOldOnesLeave() {
  constexpr int64_t kTurnNs = kNsPerSecond / 10;  // it pauses by the clock after holds that stayed
  constexpr int64_t kMinuteNs = 60 * kNsPerSecond;
  constexpr int kTurnsMax = 20'000;
  const Ledger& ledger = engine_->names();
  const auto something_stays = [&ledger] {
    const auto& transactions = ledger.transactions();
    for (uint32_t row = ledger.archived_rows() + 1; row <= transactions.size(); ++row) {
      const Transaction& transaction = transactions[TransactionRow{row}];
      if (!StaysInMemory(transaction) && !transaction.returned()) {
        return true;
      }
    }
    return false;
  };
  clock_.Set(0);
  clock_.PassTo(TimestampNs{std::max(clock_.highest(), ledger.applied_at()).value() +
                            options_.archive_after_ns + options_.archive_overdue_ns + kMinuteNs});
  for (int turn = 0; turn < kTurnsMax && ok() && something_stays(); ++turn) {
    clock_.PassTo(TimestampNs{clock_.NowNs() + kTurnNs});
    StepAll();
    AfterDisk();
  }
  if (ok() && something_stays()) {
    oracle_.Report(
        absl::StrCat("at rest, and transactions stay in memory that are old enough to leave: ",
                     ledger.transactions().size() - ledger.archived_rows()));
  }
}

// What is due by itself is done a few at a time.
void SimRun::ComeToNothingDue() {
  constexpr int kTurnsMax = 1'000;
  const TimestampNs now{clock_.NowNs()};
  for (int turn = 0; turn < kTurnsMax && engine_->names().next_expiry() <= now; ++turn) {
    Step(EngineWorker::kLedger);
    Step(EngineWorker::kJournal);
  }
  oracle_.CheckNothingDue(engine_->names());
}

}  // namespace gonghui
