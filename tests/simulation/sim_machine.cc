// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The engine's threads, and how the machine under them breaks down.

#include <algorithm>
#include <numeric>
#include <utility>

#include <absl/status/status.h>
#include <absl/strings/str_cat.h>

#include "tests/simulation/sim_run.h"
#include "tests/simulation/sim_trace.h"

namespace gonghui {
namespace {

constexpr int kStartsMax = 20;
constexpr int64_t kHourNs = 3600 * kNsPerSecond;

}  // namespace

// ---- Threads -------------------------------------------------------------------------

// One of them may get nothing done for a while.
void SimRun::DrawWorkers() {
  for (uint32_t& weight : worker_weights_) {
    weight = static_cast<uint32_t>(prng_.Between(1, 8));
  }
  if (prng_.Chance(1, 3)) {
    worker_weights_[prng_.Below(worker_weights_.size())] = 0;
  }
}

// What must be true after each turn of the ledger thread; an engine that has failed takes none.
void SimRun::Step(EngineWorker worker) {
  engine_->Step(worker);
  if (worker == EngineWorker::kLedger && failed_.empty() && !disk_.is_off()) {
    oracle_.CheckTurn(engine_->names());
  }
}

void SimRun::StepAll() {
  for (int worker = 1; worker <= kEngineWorkerCount; ++worker) {
    Step(static_cast<EngineWorker>(worker));
  }
}

void SimRun::StepSomeWorker() {
  if (prng_.Chance(1, 150)) {
    DrawWorkers();
  }
  uint64_t dice =
      prng_.Below(std::accumulate(worker_weights_.begin(), worker_weights_.end(), uint64_t{0}));
  int worker = 1;
  while (dice >= worker_weights_[static_cast<size_t>(worker - 1)]) {
    dice -= worker_weights_[static_cast<size_t>(worker - 1)];
    ++worker;
  }
  Step(static_cast<EngineWorker>(worker));
}

// ---- The machine -----------------------------------------------------------------------

void SimRun::MaybeBreakDown() {
  if (Strikes(SimFault::kPowerCut)) {
    Count(SimFault::kPowerCut);
    Trace(NameOf(SimFault::kPowerCut));
    return StartAgain(/*faults=*/true);
  }
  if (Strikes(SimFault::kCutInCall)) {
    disk_.CutPowerAfter(prng_.Below(30));
  }
  if (Strikes(SimFault::kFailedWrite)) {
    disk_.FailNextWrite();
  }
  if (Strikes(SimFault::kDiskFull)) {
    Trace("the disk is full");
    disk_.SetFull(true);
  }
  if (Strikes(SimFault::kClockJump)) {
    JumpClock();
  }
  if (!disk_.damage().empty()) {
    disk_.Repair();
  } else if (Strikes(SimFault::kArchiveRot) && disk_.Damage(SimFault::kArchiveRot)) {
    Trace(disk_.damage());
  }
  if (Strikes(SimFault::kOrderlyStop)) {
    Count(SimFault::kOrderlyStop);
    StopInOrder();
    if (ok()) {
      StartAgain(/*faults=*/true);
    }
  }
}

void SimRun::JumpClock() {
  Count(SimFault::kClockJump);
  const int64_t most_ns = prng_.Chance(1, 8) ? 50 * kHourNs : kHourNs / 10;
  const int64_t off_by_ns = prng_.Between(-most_ns, most_ns);
  Trace("the clock is off by ", off_by_ns / kNsPerSecond, " s");
  clock_.Set(off_by_ns);
  for (auto& [submission, call] : calls_) {
    call->not_before = std::min(call->not_before, TimestampNs{clock_.NowNs()});
  }
}

// A disk that has struck has stopped the engine, or the whole machine.
void SimRun::AfterDisk() {
  CheckFailStop("while it runs");
  if (failed_.empty() && !disk_.is_off()) {
    return;
  }
  if (!disk_.has_struck()) {
    oracle_.Report("the engine stopped itself, and nothing was wrong: " + failed_);
    return;
  }
  Trace(disk_.is_off() ? "the power goes in a call: " : "the engine stopped itself: ", failed_);
  StartAgain(/*faults=*/true);
}

// Where the power is gone nobody can tell what the engine would do.
void SimRun::CheckFailStop(const char* when) {
  if (disk_.write_has_failed() && !disk_.is_off() && failed_.empty()) {
    oracle_.Report(absl::StrCat("A WRITE FAILED ", when, ", and the engine goes on"));
  }
}

void SimRun::StopInOrder() {
  Trace("is stopped in order");
  engine_->Stop();
  CheckFailStop("while it stops");
  if (!failed_.empty()) {
    if (!disk_.has_struck()) {
      oracle_.Report("the engine failed to stop: " + failed_);
    }
    return;
  }
  if (!calls_.empty()) {
    oracle_.Report(absl::StrCat("stopped, and ", calls_.size(), " calls were never answered"));
  }
}

void SimRun::StartAgain(bool faults) {
  engine_.reset();
  calls_.clear();
  for (int i = 0; i < kStartsMax && ok(); ++i) {
    if (TryStart(faults && i < kStartsMax / 2)) {
      return;
    }
  }
  oracle_.Report("does not start any more");
}

// False: in vain, for a reason.
bool SimRun::TryStart(bool faults) {
  disk_.Repair();
  disk_.PowerOn();
  failed_.clear();
  oracle_.GoBackTo(disk_.durable_next_seq() - 1);
  clock_.ForgetHighest(oracle_.last_change_at());
  if (faults) {
    MaybeDamage();
    if (Strikes(SimFault::kCutInRecovery)) {
      disk_.CutPowerAfter(prng_.Below(60));
    } else if (Strikes(SimFault::kDiskFull)) {
      disk_.SetFull(true);
    }
  }
  ++outcome_.starts;
  auto started =
      Engine::Start(options_, clock_, disk_.journal(), &disk_.checkpoints(), &disk_.archive());
  if (!started.ok()) {
    Trace("does not start: ", started.status().message());
    if (disk_.has_struck()) {
      return false;
    }
    if (disk_.damage_was_read() && absl::IsDataLoss(started.status())) {
      return false;
    }
    oracle_.Report(absl::StrCat("does not start: ",
                                started.status().ToString(),
                                disk_.damage().empty() ? "" : " with " + disk_.damage()));
    return false;
  }
  engine_ = *std::move(started);
  disk_.Started();
  if (disk_.has_struck()) {
    oracle_.Report("starts, although a call of the disk failed");
  }
  Trace("starts with event ", engine_->names().applied_seq().value());
  // Where a stale page differs in nothing but rows that have left for the archive, it is as good
  // as the newest: the digest is of those that have not, and the comparison below sees to it.
  if (disk_.damage_was_read() && !disk_.is_stale()) {
    oracle_.Report("NOT NOTICED: " + disk_.damage());
  }
  disk_.Repair();
  oracle_.Compare(engine_->names(), "after a start");
  return true;
}

void SimRun::MaybeDamage() {
  for (const SimFault how : {SimFault::kBlockRot,
                             SimFault::kBlockMisplaced,
                             SimFault::kBlockLost,
                             SimFault::kPageRot,
                             SimFault::kPageStale}) {
    if (Strikes(how) && disk_.Damage(how)) {
      Count(how);
      Trace(disk_.damage());
      return;
    }
  }
}

}  // namespace gonghui
